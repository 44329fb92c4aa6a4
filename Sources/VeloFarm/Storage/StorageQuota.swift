import Logging
import Synchronization
import VeloSystem

/// What blobs and sources together may take, where the settings say so.
///
/// What somebody sends here is refused when it would go past that; what comes from upstream is handed on and not kept;
/// what was built is kept, since it cannot be had again. Each asks for a collection first.
final class StorageQuota: Sendable {
    /// Bytes; 0 is no limit.
    let limit: Int
    private let database: FarmDatabase
    private let sources: BlobStore

    private struct State {
        var lastCollection: ContinuousClock.Instant?
        var isWanted = false
    }
    private let state = Mutex(State())

    /// Between two collections for want of room: a store that is full of what must stay would do nothing else.
    private static let pause = Duration.seconds(60)

    init(limit: Int, database: FarmDatabase, sources: BlobStore) {
        self.limit = limit
        self.database = database
        self.sources = sources
    }

    /// Bytes in the store.
    func used() async throws -> Int {
        let sources = sources
        return try await database.blobTotals().bytes + BlockingThread.run { try sources.bytes() }
    }

    /// Bytes that may still come.
    func room() async throws -> Int {
        guard limit > 0 else { return .max }
        return try await limit - used()
    }

    /// - Throws: `RegistryProblem.overQuota`
    func check(adding count: Int) async throws {
        let room = try await room()
        guard room < count || room <= 0 else { return }
        want()
        throw RegistryProblem.overQuota(used: limit - room, adding: count, limit: limit)
    }

    /// Somebody had to be turned away: whoever minds the store shall collect.
    func want() { state.withLock { $0.isWanted = true } }

    /// Whether a collection is due because somebody was turned away; then it is the caller's to do.
    func takeWish() -> Bool {
        state.withLock { state in
            guard state.isWanted, Self.isPauseOver(&state) else { return false }
            state.isWanted = false
            return true
        }
    }

    /// Whether another collection may help.
    func mayCollect() -> Bool { state.withLock { Self.isPauseOver(&$0) } }

    private static func isPauseOver(_ state: inout State) -> Bool {
        let now = ContinuousClock.now
        if let last = state.lastCollection, now - last < pause { return false }
        state.lastCollection = now
        return true
    }
}

extension Farm {
    /// Collects when so many bytes more would go past the quota.
    ///
    /// - Throws: `RegistryProblem.overQuota` when that did not help.
    func makeRoom(for count: Int) async throws {
        guard quota.limit > 0, try await quota.room() < max(count, 1), quota.mayCollect() else {
            return try await quota.check(adding: count)
        }
        let report = try await collector(for: count).run(isDryRun: false)
        logger.info(
            "collected to make room",
            metadata: ["removed": "\(report.removals.count)", "bytes": "\(report.freedBytes)"])
        try await quota.check(adding: count)
    }
}
