import FoundationEssentials
import Synchronization
import SystemPackage
import VeloCore
import VeloSystem

/// Asks upstream registries and mirrors, over one libcurl thread; follows redirects and gets the tokens that they want.
actor UpstreamClient {
    nonisolated let multi = CurlMulti(threadName: "velod-upstream")
    nonisolated var unownedExecutor: UnownedSerialExecutor { multi.asUnownedSerialExecutor() }

    /// By registry and repository: what a token server gave.
    private var tokens: [String: String] = [:]
    private let stall: CurlStallWatch.Limit
    nonisolated let metrics: UpstreamMetrics

    private static let redirects = 5

    init(stall: Duration, metrics: UpstreamMetrics) {
        self.metrics = metrics
        self.stall = CurlStallWatch.Limit(window: stall, floor: 1 << 10)
    }

    deinit { multi.shutdownLater() }

    /// What came of one request, redirects and a token included.
    struct Answer: Sendable {
        var status: Int
        var headers: CurlHeaders
        var outcome: CurlOutcome
    }

    /// Fetches something small.
    ///
    /// - Throws: `UpstreamError`
    func document(
        _ upstream: Upstream, _ url: String, headers: CurlHeaders = [:], limit: Int = ManifestReading.sizeLimit
    ) async throws -> (answer: Answer, body: [UInt8]) {
        let receiver = DocumentReceiver(limit: limit)
        let answer = try await ask(upstream, url, headers, receiver)
        guard case .complete = answer.outcome else {
            if receiver.isTooLarge { throw UpstreamError.tooLarge(url, limit: limit) }
            throw UpstreamError.broken(url, answer.outcome)
        }
        return (answer, receiver.bytes)
    }

    /// Sends one request and hands what comes to a receiver; it sees heads of final answers only.
    func ask(
        _ upstream: Upstream, _ url: String, _ headers: CurlHeaders, _ receiver: any UpstreamReceiver
    ) async throws -> Answer {
        guard let first = CurlURL(url) else { throw UpstreamError.unusable(url) }
        var target = first
        var headers = headers
        let key = upstream.tokenKey(url)
        if headers["Authorization"] == nil, let credential = tokens[key] ?? upstream.authorization {
            headers["Authorization"] = credential
        }
        var hasToken = false
        for _ in 0...Self.redirects {
            let exchange = metrics.begin(target)
            let hop = Hop(receiver, exchange)
            var request = CurlRequest(target)
            request.headers = target.origin == first.origin ? headers : headers.without(["Authorization"])
            request.userAgent = "Velocity/0.1 (mirror)"
            request.stallLimit = stall
            let outcome = await multi.run(CurlTransfer(request, to: hop))
            exchange.end(outcome, status: hop.head?.status)
            guard let head = hop.head else { throw UpstreamError.broken(target.description, outcome) }
            switch head.status {
            case 301, 302, 303, 307, 308:
                guard let location = head.headers["Location"], let next = target.resolving(location),
                    ["http", "https"].contains(next.scheme)
                else { throw UpstreamError.unusable(url) }
                target = next
            case 401 where !hasToken:
                hasToken = true
                guard let challenge = head.headers["WWW-Authenticate"],
                    let token = await token(challenge, upstream)
                else { return Answer(status: 401, headers: head.headers, outcome: outcome) }
                tokens[key] = "Bearer \(token)"
                headers["Authorization"] = "Bearer \(token)"
                target = first
            default:
                return Answer(status: head.status, headers: head.headers, outcome: outcome)
            }
        }
        throw UpstreamError.unusable(url)
    }

    /// As `WWW-Authenticate: Bearer realm="…",service="…",scope="…"` asks.
    private func token(_ challenge: String, _ upstream: Upstream) async -> String? {
        let fields = Self.fields(challenge)
        guard challenge.lowercased().hasPrefix("bearer "), let realm = fields["realm"], let base = CurlURL(realm) else {
            return nil
        }
        let query = ["service", "scope"].compactMap { name in
            fields[name].map { "\(name)=\($0.replacing(" ", with: "%20"))" }
        }
        let url = base.text + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&")
        guard let target = CurlURL(url) else { return nil }
        let receiver = DocumentReceiver(limit: 64 << 10)
        let exchange = metrics.begin(target)
        let hop = Hop(receiver, exchange)
        var request = CurlRequest(target)
        if let credential = upstream.authorization { request.headers["Authorization"] = credential }
        request.stallLimit = stall
        let outcome = await multi.run(CurlTransfer(request, to: hop))
        exchange.end(outcome, status: hop.head?.status)
        guard case .complete = outcome, hop.head?.status == 200 else { return nil }
        struct Reply: Decodable {
            var token: String?
            var access_token: String?
        }
        let reply = try? JSONDecoder().decode(Reply.self, from: Data(receiver.bytes))
        return reply?.token ?? reply?.access_token
    }

    private static func fields(_ challenge: String) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = challenge.drop { $0 != " " }.dropFirst()
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].drop { $0 == " " || $0 == "," }
            rest = rest[rest.index(after: equals)...]
            guard rest.first == "\"" else { break }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: "\"") else { break }
            fields[name.lowercased()] = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
        }
        return fields
    }
}

/// Takes an answer of an upstream; called on the client's thread.
protocol UpstreamReceiver: AnyObject, Sendable {
    /// False ends the transfer.
    func receive(_ head: CurlResponseHead) -> Bool
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}

/// One request: keeps the bodies of redirects and challenges from the receiver.
private final class Hop: CurlReceiver {
    private let receiver: any UpstreamReceiver
    private let exchange: UpstreamMetrics.Exchange
    private(set) var head: CurlResponseHead?

    init(_ receiver: any UpstreamReceiver, _ exchange: UpstreamMetrics.Exchange) {
        self.receiver = receiver
        self.exchange = exchange
    }

    private var isFinal: Bool {
        guard let head else { return false }
        return !(300..<400).contains(head.status) && head.status != 401 || head.status == 304
    }

    func receive(_ head: CurlResponseHead) -> Bool {
        self.head = head
        exchange.sawHead()
        return isFinal ? receiver.receive(head) : true
    }

    func receive(_ bytes: RawSpan) -> CurlReception {
        exchange.received(bytes.byteCount)
        guard isFinal else { return .taken }
        return bytes.withUnsafeBytes { receiver.receive($0) } ? .taken : .stop
    }
}

/// Keeps a small body.
final class DocumentReceiver: UpstreamReceiver {
    private let limit: Int
    private let state = Mutex<(bytes: [UInt8], isTooLarge: Bool)>(([], false))

    init(limit: Int) {
        self.limit = limit
    }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isTooLarge: Bool { state.withLock { $0.isTooLarge } }

    func receive(_ head: CurlResponseHead) -> Bool { true }

    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            guard state.bytes.count + piece.count <= limit else {
                state.isTooLarge = true
                return false
            }
            state.bytes.append(contentsOf: piece)
            return true
        }
    }
}

/// Why upstream did not give what was asked for.
enum UpstreamError: Problem {
    case unusable(String)
    case broken(String, CurlOutcome)
    case tooLarge(String, limit: Int)
    case status(String, Int)
    case wrongDigest(String, expected: SHA256Digest, actual: SHA256Digest)
    case everyOne([any Error])
    case refused(String)

    var summary: String {
        switch self {
        case .unusable(let url): "upstream leads to an address that cannot be used: `\(url)`"
        case .broken(let url, let outcome): "the transfer of `\(url)` broke off: \(Self.words(outcome))"
        case .tooLarge(let url, let limit): "`\(url)` is larger than the \(limit) bytes allowed"
        case .status(let url, let status): "`\(url)` answered \(status)"
        case .wrongDigest(let url, let expected, let actual):
            "what came from `\(url)` has the digest \(actual.ociDigest), not \(expected.ociDigest)"
        case .everyOne(let errors): errors.map { ProblemReport($0).oneLine }.joined(separator: "; ")
        case .refused(let reason): reason
        }
    }

    var severity: ProblemSeverity { if case .refused = self { .refused } else { .temporary } }

    private static func words(_ outcome: CurlOutcome) -> String {
        switch outcome {
        case .complete: "it ended early"
        case .stopped: "it was stopped"
        case .cancelled: "it was cancelled"
        case .failed(let failure): String(describing: failure)
        }
    }
}
