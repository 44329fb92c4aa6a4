import Glibc

/// One connection of the loopback server. Blocking; the descriptor belongs to the caller.
final class LoopbackConnection {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Nil when the client has gone, or sends what is no request.
    func nextRequest(_ connection: Int) -> LoopbackServer.Request? {
        let blank = Array("\r\n\r\n".utf8)
        var end = pending.firstRange(of: blank)
        while end == nil {
            guard receive() else { return nil }
            end = pending.firstRange(of: blank)
        }
        guard let end else { return nil }
        let lines = String(decoding: pending[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        pending.removeSubrange(..<end.upperBound)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while pending.count < length { guard receive() else { return nil } }
        let body = Array(pending.prefix(length))
        pending.removeFirst(length)
        return LoopbackServer.Request(
            method: String(words[0]), target: String(words[1]), headers: headers, body: body, connection: connection)
    }

    /// False when the connection is over.
    func send(_ reply: LoopbackReply, to request: LoopbackServer.Request) -> Bool {
        for step in reply.steps {
            switch step {
            case .send(let bytes): guard send(bytes) else { return false }
            case .pause(let duration): if !waits(for: duration) { return false }
            case .hold:
                while receive() {}
                return false
            case .close: return false
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                return false
            }
        }
        return request.headers["connection"] != "close"
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        pending += chunk[..<count]
        return true
    }

    /// False when the client goes away meanwhile, or the server is stopped.
    private func waits(for duration: Duration) -> Bool {
        let parts = duration.components
        let milliseconds = Int32(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) > 0 else { return true }
        // It has hung up, or sent the next request already.
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, Int32(MSG_PEEK)) > 0 else { return false }
        return Glibc.poll(nil, 0, milliseconds) == 0
    }
}

extension [UInt8] {
    fileprivate func firstRange(of other: [UInt8]) -> Range<Int>? {
        guard count >= other.count else { return nil }
        for start in 0...(count - other.count) where self[start..<(start + other.count)].elementsEqual(other) {
            return start..<(start + other.count)
        }
        return nil
    }
}
