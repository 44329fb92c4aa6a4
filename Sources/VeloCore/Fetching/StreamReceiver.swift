import VeloSystem

/// Takes the answer of one stream: puts what is the file where it belongs, keeps a little of what is not.
final class StreamReceiver: CurlReceiver {
    let id: DownloadMachine.StreamID
    /// Nil after the stream was closed: what still comes is not wanted.
    weak var download: FileDownload?
    var transfer: CurlTransfer?
    var writer: CurlSegmentWriter?
    private(set) var head: CurlResponseHead?
    private var explanation = Explanation()
    /// Nothing is taken until then: the bandwidth is used up.
    private var isPaused = false

    init(_ id: DownloadMachine.StreamID, for download: FileDownload) {
        self.id = id
        self.download = download
    }

    func receive(_ head: CurlResponseHead) -> Bool {
        self.head = head
        return download?.answered(self, head) ?? false
    }

    func receive(_ bytes: RawSpan) -> CurlReception {
        guard let download else { return .stop }
        guard let writer else { return explanation.take(bytes) ? .taken : .stop }
        if isPaused { return .later }
        return download.took(self, writer, bytes)
    }

    var message: String? { head.flatMap { writer == nil ? explanation.text($0) : nil } }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        transfer?.resume()
    }
}

/// What came with an answer that is not the file, as far as a person would want to read it.
struct Explanation {
    private var bytes: [UInt8] = []
    private static let limit = 4096

    /// False when it has enough.
    mutating func take(_ more: RawSpan) -> Bool {
        bytes.append(more)
        return bytes.count < Self.limit
    }

    /// Nil unless it is text or JSON, and not a page.
    func text(_ head: CurlResponseHead) -> String? {
        guard !bytes.isEmpty, head.headers["Content-Type"]?.lowercased().contains("html") != true else { return nil }
        let text = String(decoding: bytes.prefix(Self.limit), as: UTF8.self)
        let isText = text.unicodeScalars.allSatisfy {
            $0.value >= 32 && $0.value != 127 && $0 != "\u{FFFD}" || ["\n", "\r", "\t"].contains($0)
        }
        return isText ? text : nil
    }
}
