package import VeloSystem

/// How patient, how greedy and how trusting the engine is.
package struct TransferPolicy: Sendable {
    /// Tries for each mirror; they begin anew when one brought `worthwhileGain` bytes more than there ever were.
    package var attempts = 4
    package var worthwhileGain = 1 << 20
    /// The wait before the n-th retry is drawn from zero to `firstDelay` × 2ⁿ⁻¹, at most `longestDelay`.
    package var firstDelay = Duration.seconds(1)
    package var longestDelay = Duration.seconds(30)
    /// A server that asks for a longer wait than this is given up.
    package var longestRetryAfter = Duration.seconds(120)
    package var redirects = 10

    package var connectTimeout = Duration.seconds(15)
    package var stallLimit = CurlStallWatch.Limit(window: .seconds(30), floor: 30 << 10)
    /// For answers that come piece by piece over hours; servers of ours send a sign of life more often.
    package var streamStallLimit = CurlStallWatch.Limit(window: .seconds(90))

    package var connections = 16
    package var connectionsPerHost = 6
    /// The largest document that `get` and `post` keep in memory.
    package var documentLimit = 64 << 20

    package var userAgent = "Velocity/0.1 (Linux)"
    package var proxy = CurlRequest.Proxy.environment
    package var allowsFiles = false

    package init() {}
}

/// Clock and dice, so that tests neither wait nor guess.
package struct TransferTiming: Sendable {
    /// Since some fixed moment.
    package var now: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws -> Void
    /// From 0 to 1.
    package var jitter: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void,
        jitter: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.jitter = jitter
    }

    package static var system: TransferTiming {
        let start = ContinuousClock.now
        return TransferTiming(
            now: { start.duration(to: .now) },
            sleep: { try await Task.sleep(for: $0) },
            jitter: { .random(in: 0...1) })
    }
}
