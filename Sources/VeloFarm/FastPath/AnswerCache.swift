import Glibc
import NIOCore
import Synchronization
import SystemPackage
import VeloSystem

/// Answers that were given before and will be the same: what the byte-level path serves without asking anybody.
///
/// An answer gets here by being given once, by the routes, after all their checks. Blobs stay for as long as they are
/// in the store; what a tag or the catalog says is forgotten with every change of either.
final class AnswerCache: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        case file(FilePath)
    }

    final class Answer: Sendable {
        /// Status line and fields of a 200, up to where `Date` and the blank line follow.
        let head: ByteBuffer
        /// The same of a 304.
        let unchangedHead: ByteBuffer
        /// Fields without a status line, for parts.
        let fields: String
        let entityTag: String
        let body: Body
        let size: Int
        let isLasting: Bool
        /// Seconds since 1970: from then on it has to be asked for again.
        let expires: Double
        /// Of what is served, where collection has to know that somebody asked for it.
        let digest: SHA256Digest?
        /// Seconds since 1970 of the last answer from here; 0 before the first.
        let lastUse = Atomic<Int>(0)

        init(
            fields: [(String, String)], entityTag: String, body: Body, size: Int, isLasting: Bool,
            expires: Double = .infinity, digest: SHA256Digest? = nil
        ) {
            self.expires = expires
            self.digest = digest
            let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined() + "ETag: \(entityTag)\r\n"
            self.fields = lines
            self.entityTag = entityTag
            self.body = body
            self.size = size
            self.isLasting = isLasting
            head = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(lines)Content-Length: \(size)\r\n")
            unchangedHead = ByteBuffer(string: "HTTP/1.1 304 Not Modified\r\n\(lines)")
        }
    }

    /// Files up to this size are kept in memory; of larger ones only the path is.
    static let inlineLimit = 64 << 10

    private struct State {
        var answers: [String: Answer] = [:]
        var bytes = 0
        /// Grows whenever something is forgotten: an answer that was made before is not taken after.
        var generation = 0
    }

    private let state = Mutex(State())
    /// Known to this process alone: marks requests that came through the byte-level path.
    let secret = TokenSecret().text
    /// Bytes of bodies kept in memory.
    private let limit: Int
    private let leases: Leases

    init(leases: Leases, limit: Int = 64 << 20) {
        self.leases = leases
        self.limit = limit
    }

    /// Hands on to the leases what was answered from here, since nobody else knows of it.
    func settle() {
        for answer in state.withLock({ Array($0.answers.values) }) {
            let seconds = answer.lastUse.exchange(0, ordering: .relaxed)
            if seconds > 0, let digest = answer.digest { leases.touch(digest, at: Double(seconds)) }
        }
    }

    private let handedOver = Mutex<[String: GrowingAnswer]>([:])

    /// Keeps an answer for the connection that asked; the ticket goes to it through the server.
    func handOver(_ answer: GrowingAnswer) -> String {
        let ticket = "\(secret).\(UInt64.random(in: .min ... .max))"
        handedOver.withLock { $0[ticket] = answer }
        return ticket
    }

    func take(_ ticket: String) -> GrowingAnswer? { handedOver.withLock { $0.removeValue(forKey: ticket) } }

    var generation: Int { state.withLock { $0.generation } }

    func answer(_ target: String) -> Answer? { state.withLock { $0.answers[target] } }

    /// - Parameter generation: as it was before the answer was looked up.
    func remember(_ target: String, _ answer: Answer, generation: Int) {
        let cost = target.utf8.count + 1024 + (answer.memory)
        state.withLock { state in
            guard state.generation == generation else { return }
            if let former = state.answers[target] {
                guard former.expires < answer.expires else { return }
                state.bytes -= target.utf8.count + 1024 + former.memory
            }
            if state.bytes + cost > limit {
                // What is asked for often comes back at once.
                state.answers.removeAll(keepingCapacity: true)
                state.bytes = 0
            }
            state.answers[target] = answer
            state.bytes += cost
        }
    }

    /// Forgets what may have changed. Blobs stay, as their names say what they are; `all` is for when some were removed.
    func forget(all: Bool = false) {
        settle()
        state.withLock { state in
            state.generation += 1
            state.answers = all ? [:] : state.answers.filter { $0.value.isLasting }
            state.bytes = state.answers.reduce(0) { $0 + $1.key.utf8.count + 1024 + $1.value.memory }
        }
    }
}

extension AnswerCache.Answer {
    fileprivate var memory: Int { if case .bytes(let buffer) = body { buffer.readableBytes } else { 0 } }
}
