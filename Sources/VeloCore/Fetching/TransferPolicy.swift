package import VeloSystem

/// How patient, how greedy and how trusting the engine is.
package struct TransferPolicy: Sendable {
    /// How many streams bring one file.
    package struct Streams: Sendable, Equatable {
        package var most: Int
        /// To begin with; more follow while they make it faster.
        package var first: Int
        /// `most` of them from the start, whatever they bring.
        package var isFixed: Bool

        package init(most: Int, first: Int = 4, isFixed: Bool = false) {
            self.most = most
            self.first = first
            self.isFixed = isFixed
        }

        package static let one = Streams(most: 1)
    }

    /// When a host that fails is left alone, and for how long.
    package struct Breaker: Sendable, Equatable {
        /// In a row.
        package var failures = 8
        package var pause = Duration.seconds(15)
        package var longestPause = Duration.seconds(240)

        package init() {}
    }

    package var streams = Streams(most: 16)
    /// The most that one request asks for. Nil: by the size of the file, from 2 to 16 MiB.
    package var pieceSize: Int?
    /// A stream with less than twice this left is not divided.
    package var smallestShare = 512 << 10
    /// A stream that brings nothing for so long gets a second one beside it; the first of the two to answer wins.
    package var hedgeAfter = Duration.seconds(3)
    package var breaker = Breaker()
    /// For the whole of a download; nil is no limit.
    package var totalTimeout: Duration?
    /// Bytes a second for all files together; nil is no limit.
    package var bandwidth: Int?
    package var credentials: [TransferCredential] = []
    package var netrc = CurlRequest.Netrc.none
    /// Certificates to trust instead of the system's: a file in PEM.
    package var authorities: String?
    package var isOffline = false

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

    package var connections = 32
    package var connectionsPerHost = 16
    /// The largest document that `get` and `post` keep in memory.
    package var documentLimit = 64 << 20

    package var userAgent = "Velocity/0.1 (Linux)"
    package var proxy = CurlRequest.Proxy.environment
    package var allowsFiles = false

    package init() {}

    /// Full jitter: anything from nothing to the doubled bound, so that many clients do not come back as one.
    func delay(after failures: Int, jitter: Double) -> Duration {
        min(longestDelay, firstDelay * (1 << min(max(0, failures - 1), 16))) * jitter
    }
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
