import HTTPTypes
import Hummingbird
import NIOCore
import VeloSystem

extension GrowingFile {
    private static let pieceSize = 256 << 10

    /// What has come of a blob and what will, as an answer: begins as soon as upstream does.
    ///
    /// - Throws: why nothing comes.
    func response(
        _ request: Request, _ context: FarmRequestContext, _ digest: SHA256Digest, filename: String? = nil,
        handOver cache: AnswerCache? = nil
    ) async throws -> Response {
        let total = try await begun()
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .contentDigest: digest.ociDigest,
            .eTag: "\"\(digest.ociDigest)\"", .registryVersion: "registry/2.0",
        ]
        if let filename { headers[.contentDisposition] = "attachment; filename=\"\(filename)\"" }
        if total != nil { headers[.acceptRanges] = "bytes" }
        if request.method == .head {
            if let total { headers[.contentLength] = String(total) }
            return Response(status: .ok, headers: headers)
        }
        let isRangeWanted = request.headers[.ifRange].map { $0 == "\"\(digest.ociDigest)\"" } ?? true
        guard let total else {
            return Response(status: .ok, headers: headers, body: body(0..<Int.max, length: nil))
        }
        switch ByteRange(isRangeWanted ? request.headers[.range] : nil, size: total) {
        case .whole:
            if let cache, request.headers[.fastMark] == cache.secret {
                let ticket = cache.handOver(GrowingAnswer(file: self, fields: headers, total: total))
                return Response(status: .ok, headers: [.fastMark: ticket])
            }
            return Response(status: .ok, headers: headers, body: body(0..<total, length: total))
        case .part(let part):
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound)/\(total)"
            let range = part.lowerBound..<(part.upperBound + 1)
            return Response(status: .partialContent, headers: headers, body: body(range, length: range.count))
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(total)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    /// A part as it comes. When the rest does not come, the connection ends without it.
    ///
    /// - Parameter ended: called when it is over, one way or another.
    func body(_ range: Range<Int>, length: Int?, ended: @escaping @Sendable () -> Void = {}) -> ResponseBody {
        ResponseBody(contentLength: length) { writer in
            defer { ended() }
            var position = range.lowerBound
            while position < range.upperBound, let count = try await self.bytes(beyond: position) {
                let end = min(count, range.upperBound)
                while position < end {
                    let piece = try self.read(at: position, count: min(Self.pieceSize, end - position))
                    position += piece.readableBytes
                    try await writer.write(piece)
                }
            }
            try await writer.finish(nil)
        }
    }
}

/// A file that still grows, handed to the byte-level path.
struct GrowingAnswer: Sendable {
    let file: GrowingFile
    let fields: HTTPFields
    let total: Int

    var head: ByteBuffer {
        let lines = fields.map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
        return ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(lines)Content-Length: \(total)\r\n")
    }
}
