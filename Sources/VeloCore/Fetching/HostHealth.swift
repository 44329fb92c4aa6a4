import VeloSystem

/// What is known of one host: whether it answers, how fast, and whether it is left alone for a while.
///
/// After several failures in a row the breaker opens: nobody asks for some time. Then one request may probe; its
/// success closes the breaker, its failure opens it for twice as long.
package struct HostHealth: Sendable, Equatable {
    package enum Breaker: String, Sendable { case closed, open, halfOpen }

    package private(set) var failuresInARow = 0
    package private(set) var successes = 0
    package private(set) var failures = 0
    /// Bytes a second of one stream, lately.
    package private(set) var rate: Double?
    /// From request to first byte, lately.
    package private(set) var firstByte: Duration?
    private var openUntil: Duration?
    private var openings = 0
    private var probeSince: Duration?

    package init() {}

    package func breaker(_ now: Duration) -> Breaker {
        guard let openUntil else { return .closed }
        return now < openUntil ? .open : .halfOpen
    }

    /// When it may be asked; nil when that is now.
    func opens(_ now: Duration, _ policy: TransferPolicy.Breaker) -> Duration? {
        guard let openUntil else { return nil }
        if now < openUntil { return openUntil }
        // A probe that was never heard of again does not close the host for ever.
        guard let probeSince, now - probeSince < policy.longestPause else { return nil }
        return now + policy.pause / 8
    }

    mutating func began(_ now: Duration) {
        if breaker(now) == .halfOpen { probeSince = now }
    }

    mutating func succeeded(bytes: Int, in time: Duration, firstByte: Duration?) {
        successes += 1
        failuresInARow = 0
        (openUntil, openings, probeSince) = (nil, 0, nil)
        let seconds = time / .seconds(1)
        // Small answers say little about speed.
        if bytes >= 64 << 10, seconds > 0 {
            let measured = Double(bytes) / seconds
            rate = rate.map { $0 * 0.7 + measured * 0.3 } ?? measured
        }
        if let firstByte { self.firstByte = self.firstByte.map { $0 * 0.7 + firstByte * 0.3 } ?? firstByte }
    }

    mutating func failed(_ now: Duration, _ policy: TransferPolicy.Breaker) {
        failures += 1
        failuresInARow += 1
        let wasProbe = probeSince != nil
        probeSince = nil
        guard wasProbe || failuresInARow >= policy.failures else { return }
        openings += 1
        openUntil = now + min(policy.longestPause, policy.pause * (1 << min(openings - 1, 16)))
    }

    /// The request was given up for another reason than the host.
    mutating func leftProbe() { probeSince = nil }

    /// Lower is better: whether it fails, then how slow it is, in powers of two. What is unknown counts as good, so
    /// that the order in which mirrors were named stands until something was measured.
    func rank(_ now: Duration, fastest: Double) -> (Int, Int) {
        let standing = breaker(now) == .open ? 2 : failuresInARow > 0 ? 1 : 0
        guard let rate, fastest > 0 else { return (standing, 0) }
        var steps = 0
        var slower = rate * 2
        while slower <= fastest && steps < 30 { (slower, steps) = (slower * 2, steps + 1) }
        return (standing, steps)
    }
}

/// The hosts that an engine has talked to, by origin.
package struct HostTable: Sendable, Equatable {
    package private(set) var hosts: [String: HostHealth] = [:]
    private let policy: TransferPolicy.Breaker

    package init(_ policy: TransferPolicy.Breaker = .init()) { self.policy = policy }

    package subscript(_ origin: String) -> HostHealth { hosts[origin] ?? HostHealth() }

    /// When the host may be asked; nil when that is now.
    func opens(_ origin: String, _ now: Duration) -> Duration? { hosts[origin]?.opens(now, policy) }

    mutating func began(_ origin: String, _ now: Duration) { hosts[origin]?.began(now) }

    mutating func succeeded(_ origin: String, bytes: Int, in time: Duration, firstByte: Duration?) {
        hosts[origin, default: HostHealth()].succeeded(bytes: bytes, in: time, firstByte: firstByte)
    }

    mutating func failed(_ origin: String, _ now: Duration) {
        hosts[origin, default: HostHealth()].failed(now, policy)
    }

    mutating func leftProbe(_ origin: String) { hosts[origin]?.leftProbe() }

    /// Indices of the origins, the best first; equals keep their order.
    func order(_ origins: [String], _ now: Duration) -> [Int] {
        let fastest = origins.compactMap { hosts[$0]?.rate }.max() ?? 0
        let ranks = origins.map { self[$0].rank(now, fastest: fastest) }
        return origins.indices.sorted { (ranks[$0].0, ranks[$0].1, $0) < (ranks[$1].0, ranks[$1].1, $1) }
    }
}
