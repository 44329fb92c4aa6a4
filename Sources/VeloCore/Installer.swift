import SystemPackage
package import VeloFormula
import VeloSystem

/// Carries out installs and uninstalls. Orchestration only: each step is somebody else's.
///
/// plan → builds for missing bottles → download and pour, several at once, into staging → one transaction that moves
/// the kegs into the Cellar and links them. Up to the transaction nothing in the prefix changes.
package struct Installer: Sendable {
    /// Where what happens is told. Called from several tasks.
    package typealias Events = @Sendable (InstallEvent) -> Void

    let prefix: Prefix
    let client: MirrorClient
    let blobs: BlobCache
    /// Nil to unpack each time.
    let kegs: KegStore?
    let platform: Platform
    /// How many bottles are under way at once.
    let concurrency: Int
    let events: Events
    /// See `Transaction.Watch`; for tests.
    let watch: @Sendable (Change) throws -> Void

    package init(
        prefix: Prefix, client: MirrorClient, blobs: BlobCache, kegs: KegStore? = nil, platform: Platform,
        concurrency: Int = 4,
        events: @escaping Events = { _ in }, watch: @escaping @Sendable (Change) throws -> Void = { _ in }
    ) {
        self.prefix = prefix
        self.client = client
        self.blobs = blobs
        self.kegs = kegs
        self.platform = platform
        self.concurrency = max(1, concurrency)
        self.events = events
        self.watch = watch
    }

    /// Installs formulae and what they need.
    ///
    /// - Throws: any area's `Problem`; then the prefix is as it was.
    package func install(_ names: [String], _ intent: InstallIntent = .install) async throws -> InstallSummary {
        let started = ContinuousClock.now
        try prefix.check()
        try await recoverIfNeeded()
        let answer = try await client.catalog()
        events(.catalog(mirror: answer.mirror, answer.origin))
        return try await carryOut(names, intent, answer, since: started)
    }

    func carryOut(
        _ names: [String], _ intent: InstallIntent, _ answer: MirrorClient.CatalogAnswer,
        since started: ContinuousClock.Instant
    ) async throws -> InstallSummary {
        var answer = answer
        var plan = try await makePlan(names, intent, answer.catalog)
        events(.planned(plan))
        let missing = plan.missingBottles
        if !missing.isEmpty {
            try await build(plan, answer)
            answer = try await client.catalog()
            plan = try await makePlan(names, intent, answer.catalog)
            guard plan.missingBottles.isEmpty else {
                throw InstallError.stillMissing(plan.missingBottles, mirror: answer.mirror)
            }
        }
        var summary = InstallSummary(plan: plan)
        summary.built = Set(missing)
        if !plan.toPour.isEmpty || plan.steps.contains(where: { isNewlyRequested($0) }) {
            try await exclusively { scratch in
                // Another velo may have been here since.
                plan = try await makePlan(names, intent, answer.catalog)
                guard plan.missingBottles.isEmpty else {
                    throw InstallError.stillMissing(plan.missingBottles, mirror: answer.mirror)
                }
                summary.plan = plan
                summary.fromCache = try await bring(plan, answer, into: scratch)
                try Task.checkCancellation()
                try await commit(plan, scratch: scratch)
            }
        }
        summary.elapsed = started.duration(to: .now)
        events(.finished(summary))
        return summary
    }

    /// What an install would do.
    package func plan(_ names: [String], _ intent: InstallIntent = .install) async throws -> InstallPlan {
        try prefix.check()
        let answer = try await client.catalog()
        events(.catalog(mirror: answer.mirror, answer.origin))
        return try await makePlan(names, intent, answer.catalog)
    }

    private func makePlan(
        _ names: [String], _ intent: InstallIntent, _ catalog: Catalog
    ) async throws -> InstallPlan {
        try await planning(catalog) { planner, _ in try planner.plan(names, intent) }
    }

    /// What a function finds out about the prefix as it is, and a catalog.
    func planning<Result: Sendable>(
        _ catalog: Catalog, _ body: @escaping @Sendable (Planner, Inventory) throws -> Result
    ) async throws -> Result {
        let (prefix, platform) = (prefix, platform)
        return try await BlockingThread.run {
            let inventory = try Inventory(of: prefix)
            return try body(
                Planner(catalog: catalog, inventory: inventory, prefix: prefix, platform: platform), inventory)
        }
    }

    /// Holds the prefix while `body` works in a scratch folder; a failure leaves neither the folder nor an empty prefix.
    func exclusively(_ body: (FilePath) async throws -> Void) async throws {
        let missing = prefix.missingFolders([prefix.locks, prefix.staging])
        try FileTree.makeFolder(prefix.locks)
        guard let lock = try FileLock.attempt(prefix.lock) else { throw PrefixError.busy(prefix.location) }
        do {
            let prefix = prefix
            if let header = try await BlockingThread.run({ try Transaction.recover(prefix) }) {
                events(.recovered(title: header.title))
            }
            let scratch = try Transaction.makeScratch(in: prefix)
            do {
                try await body(scratch)
            } catch {
                // The first error is the one to tell; leftovers in staging are swept by the next run.
                if !FileTree.exists(prefix.journal) { try? FileTree.remove(scratch) }
                throw error
            }
        } catch {
            lock.release()
            for folder in missing.reversed() { _ = try? FileTree.removeEmptyFolder(folder) }
            throw error
        }
        lock.release()
    }

    /// Undoes what a run that died left behind, before anything is decided on what it left.
    func recoverIfNeeded() async throws {
        if FileTree.exists(prefix.journal) { try await exclusively { try FileTree.remove($0) } }
    }
}

extension Prefix {
    /// What has to be made for these folders to be there, the prefix and what is above it included; parents first.
    fileprivate func missingFolders(_ folders: [FilePath]) -> [FilePath] {
        var missing: [FilePath] = []
        for folder in folders {
            var ancestor = folder
            var chain: [FilePath] = []
            while !ancestor.isEmpty, !FileTree.exists(ancestor), !missing.contains(ancestor) {
                chain.append(ancestor)
                ancestor.removeLastComponent()
            }
            missing += chain.reversed()
        }
        return missing
    }
}
