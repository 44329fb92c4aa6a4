import VeloCore
import VeloSystem
import VeloTestSupport

/// One way in which a server goes wrong, and what has to come of it.
struct Misbehaviour: Sendable, CustomStringConvertible {
    enum Outcome: Sendable {
        /// The right file.
        case file
        /// An error of this kind.
        case error(String)
        /// Over one stream the one, over several the other.
        case differs(one: String, several: String)
    }

    typealias Script = @Sendable (_ request: LoopbackServer.Request, _ earlier: Int) -> LoopbackReply

    var name: String
    var outcome: Outcome
    var script: Script

    init(_ name: String, _ outcome: Outcome = .file, _ script: @escaping Script) {
        self.name = name
        self.outcome = outcome
        self.script = script
    }

    var description: String { name }

    static let bytes = sampleBytes(300_000)
    static let other = sampleBytes(300_000, seed: 99)

    /// What a good server would say.
    static func good(_ request: LoopbackServer.Request) -> LoopbackReply { .ranged(bytes, request, etag: "\"v1\"") }

    /// A good answer with other header fields, or another status.
    static func bent(
        _ request: LoopbackServer.Request, status: Int = 206, _ headers: [(String, String)], extra: Int = 0
    ) -> LoopbackReply {
        let first = request.firstByte ?? 0
        let last = min(request.lastByte ?? bytes.count - 1, bytes.count - 1)
        let part = Array(bytes[first...last]) + [UInt8](repeating: 0, count: extra)
        return LoopbackReply([.send(LoopbackReply.head(status, headers) + part), .close])
    }

    static func range(_ request: LoopbackServer.Request, total: String = "300000") -> (String, String) {
        let last = min(request.lastByte ?? bytes.count - 1, bytes.count - 1)
        return ("Content-Range", "bytes \(request.firstByte ?? 0)-\(last)/\(total)")
    }

    /// The good answer up to `count` bytes of its body, and then the fault.
    static func cut(
        _ request: LoopbackServer.Request, after count: Int, _ fault: LoopbackReply.Step
    ) -> LoopbackReply {
        guard case .send(let all)? = good(request).steps.first else { return good(request) }
        let head = all.count - (min(request.lastByte ?? 299_999, 299_999) - (request.firstByte ?? 0) + 1)
        return LoopbackReply([.send(Array(all.prefix(max(0, head + count)))), fault])
    }

    static let all = ranges + changes + bodies + refusals + connections

    static let ranges = [
        Misbehaviour("it ignores ranges") { _, _ in .body(bytes) },
        Misbehaviour("it ignores all ranges but the first") { request, earlier in
            earlier == 0 ? good(request) : .body(bytes, [("ETag", "\"v1\"")])
        },
        Misbehaviour("it sends another range than was asked for") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [("Content-Range", "bytes 1-299999/300000")])
        },
        Misbehaviour("it sends a range without saying which") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [])
        },
        Misbehaviour("it sends a range with a nonsensical place") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [("Content-Range", "items a-b")])
        },
        Misbehaviour("it sends ranges of a file of unknown size") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [range(request, total: "*")])
        },
        Misbehaviour("it gives at most 20,000 bytes of what is asked for") { request, _ in
            guard let first = request.firstByte else { return .body(bytes) }
            let last = min(first + 19_999, request.lastByte ?? 299_999, 299_999)
            return .body(
                Array(bytes[first...last]), status: 206, [("Content-Range", "bytes \(first)-\(last)/300000")])
        },
        Misbehaviour("it sends more than the range that it names") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [range(request)], extra: 5000)
        },
        Misbehaviour("its length contradicts its range") { request, _ in
            request.firstByte == nil ? .body(bytes) : bent(request, [range(request), ("Content-Length", "5")])
        },
        Misbehaviour("it answers ranges in several parts") { request, _ in
            request.firstByte == nil
                ? .body(bytes) : bent(request, [("Content-Type", "multipart/byteranges; boundary=x")])
        },
        Misbehaviour("it finds no range satisfiable") { request, _ in
            request.firstByte == nil ? .body(bytes) : .text("", status: 416, [("Content-Range", "bytes */300000")])
        },
        Misbehaviour("it finds no range satisfiable, and does not say why") { request, _ in
            request.firstByte == nil ? .body(bytes) : .text("no", status: 416)
        },
        Misbehaviour(
            "it sends a range to whom asks for all", .differs(one: "confused", several: "file")
        ) { request, _ in request.firstByte == nil ? bent(request, [range(request)]) : good(request) },
        Misbehaviour("it refuses more than one connection") { request, _ in
            request.isOldest ? good(request) : .text("too many", status: 503)
        },
    ]

    static let changes = [
        Misbehaviour("the file changes after the first answer, and it says so") { request, earlier in
            earlier == 0 ? .ranged(other, request, etag: "\"v0\"").cut(to: 90_000) : good(request)
        },
        Misbehaviour("the file changes, and it takes no notice of If-Range") { request, earlier in
            var plain = request
            plain.headers["if-range"] = nil
            return earlier == 0 ? .ranged(other, request, etag: "\"v0\"").cut(to: 90_000) : good(plain)
        },
        Misbehaviour("the file changes without any sign") { request, earlier in
            .ranged(earlier == 0 ? other : bytes, request).cut(to: earlier == 0 ? 90_000 : .max)
        },
        Misbehaviour("the size changes between two ranges") { request, earlier in
            earlier == 0 ? .ranged(Array(other[..<200_000]), request).cut(to: 50_000) : .ranged(bytes, request)
        },
        Misbehaviour("the date changes between two ranges") { request, earlier in
            let date = earlier == 0 ? "Sun, 06 Nov 1994 08:49:37 GMT" : "Mon, 07 Nov 1994 08:49:37 GMT"
            guard request.firstByte != nil, request.headers["if-range"].map({ $0 == date }) ?? true else {
                return .body(bytes, [("Last-Modified", date)])
            }
            return bent(request, [range(request), ("Last-Modified", date)]).cut(to: earlier == 0 ? 5000 : .max)
        },
        Misbehaviour("its tag is a weak one") { request, _ in .ranged(bytes, request, etag: "W/\"v1\"") },
        Misbehaviour("one range has wrong bytes, once") { request, earlier in
            .ranged(earlier == 1 || request.firstByte == nil && earlier == 0 ? other : bytes, request)
        }.with(.differs(one: "digestMismatch", several: "file")),
        Misbehaviour("all bytes are wrong", .error("digestMismatch")) { request, _ in .ranged(other, request) },
        Misbehaviour("the file is longer than it should be", .error("sizeMismatch")) { _, _ in
            .body(bytes + [1])
        },
        Misbehaviour("the file is shorter than it should be", .error("sizeMismatch")) { _, _ in
            .body(Array(bytes.dropLast()))
        },
        Misbehaviour("it sends more than it should, and does not say how much", .error("sizeMismatch")) { _, _ in
            .unmeasured(bytes + [1])
        },
    ]

    static let bodies = [
        Misbehaviour("it does not say how long the body is") { _, _ in .unmeasured(bytes) },
        Misbehaviour("it sends chunks") { _, _ in .chunks([Array(bytes[..<70_000]), Array(bytes[70_000...])]) },
        Misbehaviour("its chunks break off once") { request, earlier in
            earlier == 0 ? .chunks([Array(bytes[..<70_000])], isEnded: false) : good(request)
        },
        Misbehaviour("it closes early again and again, with something new each time") { request, _ in
            cut(request, after: 30_000, .close)
        }.with(attempts: 20),
        Misbehaviour("it always stops at the same byte", .error("truncated")) { _, _ in
            .broken(bytes, after: 100_000, .close)
        },
        Misbehaviour("it resets the connection in the middle") { request, earlier in
            earlier == 0 ? cut(request, after: 10_000, .reset) : good(request)
        },
        Misbehaviour("it stands still in the middle") { request, earlier in
            earlier == 0 ? cut(request, after: 10_000, .hold) : good(request)
        },
        Misbehaviour("it stands still after its head") { request, earlier in
            earlier == 0 ? cut(request, after: 0, .hold) : good(request)
        },
        Misbehaviour("it drips") { request, earlier in
            earlier == 0 ? .drip(bytes, by: 10, every: .milliseconds(20)) : good(request)
        },
        Misbehaviour("it sends more than its length says") { request, earlier in
            var reply = good(request)
            if earlier == 0 { reply.steps.append(.send([1, 2, 3, 4])) }
            return reply
        },
        Misbehaviour("it calls the bytes compressed, which they are not") { request, _ in
            .body(bytes, [("Content-Encoding", "gzip")])
        },
        Misbehaviour("it sends its head byte by byte") { request, _ in
            guard case .send(let all)? = good(request).steps.first else { return good(request) }
            return LoopbackReply(all.prefix(40).map { .send([$0]) } + [.send(Array(all.dropFirst(40)))])
        },
        Misbehaviour("it says wait a little before it answers") { request, _ in
            var reply = good(request)
            reply.steps.insert(.send(Array("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n".utf8)), at: 0)
            return reply
        },
        Misbehaviour("it ends its lines with a line feed alone") { _, _ in
            LoopbackReply([.send(Array("HTTP/1.1 200 OK\nContent-Length: 300000\n\n".utf8) + bytes)])
        },
        Misbehaviour("it speaks HTTP/1.0") { _, _ in
            LoopbackReply([.send(Array("HTTP/1.0 200 OK\r\n\r\n".utf8) + bytes), .close])
        },
    ]

    static let refusals = [
        Misbehaviour("it is busy, and says for how long") { request, earlier in
            earlier == 0 ? .text("busy", status: 503, [("Retry-After", "3")]) : good(request)
        },
        Misbehaviour("it gets too many requests") { request, earlier in
            earlier < 2 ? .text("slow down", status: 429) : good(request)
        },
        Misbehaviour("it fails three times") { request, earlier in
            earlier < 3 ? .text("oops", status: 500) : good(request)
        },
        Misbehaviour("it always fails", .error("status")) { _, _ in .text("oops", status: 500) },
        Misbehaviour("it does not have it", .error("status")) { _, _ in .text("no", status: 404) },
        Misbehaviour("it wants to know who we are", .error("status")) { _, _ in
            .text("who?", status: 401, [("WWW-Authenticate", "Basic realm=\"x\"")])
        },
        Misbehaviour("it says that nothing has changed, without having been asked", .error("status")) { _, _ in
            LoopbackReply([.send(LoopbackReply.head(304, []))])
        },
        Misbehaviour("it has no content", .error("status")) { _, _ in
            LoopbackReply([.send(LoopbackReply.head(204, []))])
        },
        Misbehaviour("it asks to wait for an hour", .error("status")) { _, _ in
            .text("later", status: 503, [("Retry-After", "3600")])
        },
        Misbehaviour("it leads somewhere else on the same host") { request, _ in
            request.target == "/f" ? .redirect(to: "/g") : good(request)
        },
        Misbehaviour("it leads in a circle", .error("badRedirect")) { _, _ in .redirect(to: "/f") },
        Misbehaviour("it leads nowhere", .error("status")) { _, _ in .text("go", status: 302) },
        Misbehaviour("it leads to a local file", .error("badRedirect")) { _, _ in .redirect(to: "file:///etc/hosts") },
    ]

    static let connections = [
        Misbehaviour("it closes without an answer, once") { request, earlier in
            earlier == 0 ? LoopbackReply([.close]) : good(request)
        },
        Misbehaviour("it resets without an answer, once") { request, earlier in
            earlier == 0 ? LoopbackReply([.reset]) : good(request)
        },
        Misbehaviour("it never answers the first request") { request, earlier in
            earlier == 0 ? LoopbackReply([.hold]) : good(request)
        },
        Misbehaviour("it closes in the middle of its head") { request, earlier in
            earlier == 0 ? LoopbackReply([.send(Array("HTTP/1.1 200 OK\r\nConte".utf8)), .close]) : good(request)
        },
        Misbehaviour("it says something that is no HTTP, once") { request, earlier in
            earlier == 0 ? LoopbackReply([.send(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .close]) : good(request)
        },
        Misbehaviour("it never says anything that is HTTP", .error("interrupted")) { _, _ in
            LoopbackReply([.send(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .close])
        },
        Misbehaviour("its head has no end", .error("interrupted")) { _, _ in
            let line = Array("X-More: \(String(repeating: "x", count: 1000))\r\n".utf8)
            return LoopbackReply(
                [.send(Array("HTTP/1.1 200 OK\r\n".utf8))] + Array(repeating: .send(line), count: 400) + [.close])
        },
        Misbehaviour("its length is no number", .error("interrupted")) { _, _ in
            LoopbackReply([.send(Array("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".utf8) + bytes), .close])
        },
    ]

    /// Tries that the client has.
    private(set) var attempts = 4

    func with(attempts: Int) -> Misbehaviour {
        var copy = self
        copy.attempts = attempts
        return copy
    }

    func with(_ outcome: Outcome) -> Misbehaviour {
        var copy = self
        copy.outcome = outcome
        return copy
    }
}

extension LoopbackReply {
    /// Only the first bytes of all that it would send, and then the end of the connection.
    func cut(to count: Int) -> LoopbackReply {
        guard count < .max, case .send(let all)? = steps.first else { return self }
        return LoopbackReply([.send(Array(all.prefix(count))), .close])
    }
}
