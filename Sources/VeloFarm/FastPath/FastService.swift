import Logging
import NIOCore
import Synchronization

/// What the byte-level path of all connections shares.
final class FastService: Sendable {
    let cache: AnswerCache
    let access: AccessControl
    let counters: RequestCounters
    let limits: ConnectionLimits
    /// What requests that came through here are marked with.
    let secret: String
    private let rates: RateLimiter?
    private let logger: Logger
    private let dates = Mutex<(seconds: Int, line: ByteBuffer)>((0, ByteBuffer()))
    private let now: @Sendable () -> Double

    /// The field that the mark is in, on the way to the server and back.
    static let mark = "X-Velod-Fast"

    init(
        cache: AnswerCache, secret: String, access: AccessControl, counters: RequestCounters, limits: ConnectionLimits,
        rates: RateLimiter?, logger: Logger, now: @escaping @Sendable () -> Double
    ) {
        self.cache = cache
        self.secret = secret
        self.access = access
        self.counters = counters
        self.limits = limits
        self.rates = rates
        self.logger = logger
        self.now = now
    }

    /// Nil for what the server has to look at: what is not cached, whoever has to prove who they are, who asks too often.
    func answer(_ request: PlainRequest, client: String) -> AnswerCache.Answer? {
        guard !request.hasDateCondition || request.ifNoneMatch != nil, let answer = cache.answer(request.target),
            answer.expires == .infinity || answer.expires > now(), access.mayReadAtOnce(request.authorization)
        else { return nil }
        if let rates, !rates.allows(client) { return nil }
        answer.lastUse.store(Int(now()), ordering: .relaxed)
        return answer
    }

    /// `Date: …` and the end of the line.
    func dateLine(_ loop: any EventLoop) -> ByteBuffer {
        let seconds = Int(now())
        return dates.withLock { known in
            if known.seconds != seconds {
                known = (seconds, ByteBuffer(string: "Date: \(HTTPDate.text(seconds))\r\n"))
            }
            return known.line
        }
    }

    /// A connection is ended for what its client did, or did not do.
    func refused(_ refusal: ConnectionRefusal, _ client: String, isAnswered: Bool) {
        if case .headTooLarge = refusal {} else { counters.closedSlow() }
        if isAnswered { counters.count("other", refusal.code) }
        logger.info(
            "connection ended",
            metadata: ["client": "\(client)", "reason": "\(refusal.words)", "status": "\(refusal.code)"])
    }
}

extension Farm {
    var fastService: FastService {
        let settings = configuration.mirror
        var limits = ConnectionLimits()
        limits.connections = settings.connections
        limits.connectionsPerClient = settings.connectionsPerClient
        limits.headerBytes = settings.headerBytes
        limits.idleTime = .seconds(Int64(settings.idleTime))
        limits.headTime = .seconds(Int64(settings.headTime))
        limits.bodySilence = .seconds(Int64(settings.bodyTime))
        limits.stallTime = .seconds(Int64(settings.stallTime))
        return FastService(
            cache: answers, secret: answers.secret, access: access, counters: counters, limits: limits, rates: rates,
            logger: logger, now: now)
    }
}
