/// What the loopback server does for one request: bytes, pauses and faults, in order.
package struct LoopbackReply: Sendable {
    package enum Step: Sendable {
        case send([UInt8])
        case pause(Duration)
        /// Keeps quiet until the client goes away or the server is stopped.
        case hold
        /// Closes as a program does that has ended.
        case close
        /// Closes with a reset, as a host does that has crashed.
        case reset
    }

    package var steps: [Step]

    package init(_ steps: [Step]) { self.steps = steps }

    /// A head, with the blank line that ends it.
    package static func head(_ status: Int, _ headers: [(String, String)]) -> [UInt8] {
        let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
        return Array("HTTP/1.1 \(status) \(status < 400 ? "Fine" : "Refused")\r\n\(fields)\r\n".utf8)
    }

    /// An answer as it should be.
    package static func body(_ bytes: [UInt8], status: Int = 200, _ headers: [(String, String)] = []) -> LoopbackReply {
        LoopbackReply([.send(head(status, headers + [("Content-Length", "\(bytes.count)")]) + bytes)])
    }

    package static func text(_ text: String, status: Int = 200, _ headers: [(String, String)] = []) -> LoopbackReply {
        body(Array(text.utf8), status: status, headers)
    }

    package static func redirect(to location: String, status: Int = 302) -> LoopbackReply {
        text("moved", status: status, [("Location", location)])
    }

    /// Promises all bytes and does `fault` after `count` of them.
    package static func broken(
        _ bytes: [UInt8], after count: Int, _ fault: Step, _ headers: [(String, String)] = []
    ) -> LoopbackReply {
        LoopbackReply([
            .send(head(200, headers + [("Content-Length", "\(bytes.count)")]) + bytes.prefix(count)), fault,
        ])
    }

    /// Sends a few bytes at a time.
    package static func drip(_ bytes: [UInt8], by count: Int, every pause: Duration) -> LoopbackReply {
        var steps: [Step] = [.send(head(200, [("Content-Length", "\(bytes.count)")]))]
        for start in stride(from: 0, to: bytes.count, by: count) {
            steps += [.send(Array(bytes[start..<min(start + count, bytes.count)])), .pause(pause)]
        }
        return LoopbackReply(steps)
    }

    /// An answer whose end is the end of the connection.
    package static func unmeasured(_ bytes: [UInt8]) -> LoopbackReply {
        LoopbackReply([.send(head(200, [("Connection", "close")]) + bytes), .close])
    }

    /// An answer in chunks with pauses between them; without `isEnded` it breaks off after the last.
    package static func chunks(
        _ chunks: [[UInt8]], every pause: Duration = .zero, isEnded: Bool = true, _ headers: [(String, String)] = []
    ) -> LoopbackReply {
        var steps: [Step] = [.send(head(200, headers + [("Transfer-Encoding", "chunked")]))]
        for chunk in chunks {
            let size = Array("\(String(chunk.count, radix: 16))\r\n".utf8)
            steps += [.send(size + chunk + Array("\r\n".utf8)), .pause(pause)]
        }
        steps.append(isEnded ? .send(Array("0\r\n\r\n".utf8)) : .close)
        return LoopbackReply(steps)
    }

    /// What a good server answers: 206 for a range of the current version, 416 for one behind the end, else all of it.
    package static func ranged(
        _ bytes: [UInt8], _ request: LoopbackServer.Request, etag: String? = nil
    ) -> LoopbackReply {
        var headers = [("Accept-Ranges", "bytes")]
        if let etag { headers.append(("ETag", etag)) }
        let isCurrent = request.headers["if-range"].map { $0 == etag } ?? true
        guard let first = request.firstByte, isCurrent else { return body(bytes, headers) }
        guard first < bytes.count else {
            return text("", status: 416, headers + [("Content-Range", "bytes */\(bytes.count)")])
        }
        let last = min(request.lastByte ?? bytes.count - 1, bytes.count - 1)
        headers.append(("Content-Range", "bytes \(first)-\(last)/\(bytes.count)"))
        return body(Array(bytes[first...last]), status: 206, headers)
    }
}

extension LoopbackServer.Request {
    /// Of a `Range` such as `bytes=5-`.
    package var firstByte: Int? {
        guard let range = headers["range"], range.hasPrefix("bytes=") else { return nil }
        return Int(range.dropFirst(6).prefix { $0 != "-" })
    }

    /// Of a `Range` such as `bytes=5-9`; nil when its end is open.
    package var lastByte: Int? {
        headers["range"]?.split(separator: "-", omittingEmptySubsequences: false).last.flatMap { Int($0) }
    }
}
