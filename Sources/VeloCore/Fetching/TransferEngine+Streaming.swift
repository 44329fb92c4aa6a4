package import VeloSystem

/// A stream that somebody reads, and the task that fills it. Closing is cancelling the task.
struct OpenStream {
    var body: StreamBody
    var task: Task<Void, Never>
}

extension TransferEngine {
    /// An answer piece by piece, for as long as the server keeps sending. One reader.
    ///
    /// Begins with the first read. A reader that does not keep up makes the server wait; one that goes away, or whose
    /// task is cancelled, ends the exchange. Throws `FetchError`; nothing is retried, since what was read is gone.
    package nonisolated func stream(
        _ url: String, headers: CurlHeaders = [:]
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        let lease = StreamLease(engine: self, url: url, headers: headers)
        return AsyncThrowingStream { try await lease.next() }
    }

    /// The events of a `text/event-stream`. To go on after a break, ask again with the last event's `id` in
    /// `Last-Event-ID`.
    package nonisolated func serverSentEvents(
        _ url: String, headers: CurlHeaders = [:]
    ) -> AsyncThrowingStream<ServerSentEvent, any Error> {
        var headers = headers
        headers["Accept"] = "text/event-stream"
        headers["Cache-Control"] = "no-store"
        let reader = EventReader(StreamLease(engine: self, url: url, headers: headers))
        return AsyncThrowingStream { try await reader.next() }
    }

    fileprivate func next(of lease: StreamLease) async throws -> [UInt8]? {
        let stream = streams[ObjectIdentifier(lease.key)] ?? open(lease)
        let task = stream.task
        return try await withTaskCancellationHandler {
            // By name: a closure would not hand on the actor (see `CurlMulti.run`).
            try await stream.body.next(on: self)
        } onCancel: {
            task.cancel()
        }
    }

    private func open(_ lease: StreamLease) -> OpenStream {
        let body = StreamBody()
        let request = TransferRequest(urls: [lease.url], headers: lease.headers)
        var policy = policy
        policy.attempts = 1
        policy.stallLimit = policy.streamStallLimit
        let machine = TransferMachine(request, policy: policy, purpose: .document)
        let stream = OpenStream(body: body, task: Task { await fill(body, machine) })
        streams[ObjectIdentifier(lease.key)] = stream
        return stream
    }

    private func fill(_ body: StreamBody, _ machine: TransferMachine) async {
        var machine = machine
        do {
            // Streams last for hours: they take no turn from downloads.
            _ = try await run(&machine, into: body, isCounted: false, events: { _ in })
            body.finish(nil)
        } catch {
            body.finish(error)
        }
    }

    fileprivate func close(_ key: StreamLease.Key) {
        streams.removeValue(forKey: ObjectIdentifier(key))?.task.cancel()
    }
}

/// Stands for the reader: when the reader's closure is gone, so is this, and the exchange ends.
private final class StreamLease: Sendable {
    /// What the engine knows the stream by: it outlives the lease until the engine has closed it.
    final class Key: Sendable {}

    let key = Key()
    let engine: TransferEngine
    let url: String
    let headers: CurlHeaders

    init(engine: TransferEngine, url: String, headers: CurlHeaders) {
        self.engine = engine
        self.url = url
        self.headers = headers
    }

    deinit {
        Task { [engine, key] in await engine.close(key) }
    }

    func next() async throws -> [UInt8]? { try await engine.next(of: self) }
}

/// Turns pieces into events. Belongs to the one reader of a stream.
private actor EventReader {
    private let lease: StreamLease
    private var parser = EventStreamParser()
    private var ready: [ServerSentEvent] = []

    init(_ lease: StreamLease) { self.lease = lease }

    func next() async throws -> ServerSentEvent? {
        while ready.isEmpty {
            guard let piece = try await lease.next() else { return nil }
            ready = parser.feed(piece)
        }
        return ready.removeFirst()
    }
}

/// The pieces that have arrived and were not read yet. Lives on the engine's thread.
final class StreamBody: TransferBody {
    private var pieces: [[UInt8]] = []
    private var transfer: CurlTransfer?
    private var reader: CheckedContinuation<Void, Never>?
    private var end: Result<Void, any Error>?
    /// All that came, read or not.
    private(set) var count = 0
    private var unread = 0

    /// The transfer pauses when this many bytes wait, and goes on when all of them were read.
    private static let limit = 256 << 10

    func begin(_ transfer: CurlTransfer) { self.transfer = transfer }

    func restart() { (pieces, count, unread) = ([], 0, 0) }

    func append(_ bytes: RawSpan) -> CurlReception {
        guard unread < Self.limit else { return .later }
        var piece: [UInt8] = []
        piece.append(bytes)
        pieces.append(piece)
        count += piece.count
        unread += piece.count
        wakeReader()
        return .taken
    }

    func finish(_ error: (any Error)?) {
        transfer = nil
        end = error.map { .failure($0) } ?? .success(())
        wakeReader()
    }

    /// The next pieces as one; nil at the end.
    func next(on engine: isolated TransferEngine) async throws -> [UInt8]? {
        while pieces.isEmpty {
            if let end {
                try end.get()
                return nil
            }
            await withCheckedContinuation { reader = $0 }
        }
        let joined = Array(pieces.joined())
        (pieces, unread) = ([], 0)
        transfer?.resume()
        return joined
    }

    private func wakeReader() {
        reader?.resume()
        reader = nil
    }
}
