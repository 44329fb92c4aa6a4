import Synchronization
import VeloBuild

/// Carries the phases of a build, which are told on any thread, to the queue in order.
final class PhaseReports: Sendable {
    private let queue: JobQueue
    private let lease: JobQueue.Lease
    private let feed: BuildFeed
    private let latest = Mutex(BuildPhase.fetch)
    private let stream: AsyncStream<BuildPhase>
    private let continuation: AsyncStream<BuildPhase>.Continuation

    init(queue: JobQueue, lease: JobQueue.Lease, feed: BuildFeed) {
        self.queue = queue
        self.lease = lease
        self.feed = feed
        (stream, continuation) = AsyncStream.makeStream(of: BuildPhase.self)
    }

    /// The phase the build is in, or was in when it ended.
    var current: BuildPhase { latest.withLock { $0 } }

    func enter(_ phase: BuildPhase) {
        latest.withLock { $0 = phase }
        continuation.yield(phase)
    }

    /// No phase follows: `run` ends when all were written.
    func finish() { continuation.finish() }

    func run() async {
        for await phase in stream {
            // A phase is news, not state that counts: if the lease is lost, publishing finds out.
            try? await queue.setPhase(phase.rawValue, lease)
            feed.jobChanged()
        }
    }
}
