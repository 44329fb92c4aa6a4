import Synchronization
import SystemPackage
import VeloCore
import VeloSystem

/// Blobs on their way here from upstream: one transfer for each digest, however many wait for it.
///
/// ```
/// first request ─▶ fill ─▶ upstream ─▶ fills/HEX.partial ─▶ verified ─▶ the store
///                   ▲
/// later requests ───┘ read what is there, and wait for more
/// ```
///
/// A transfer that breaks off goes on where it stopped, from the next upstream if need be. What turns out to be
/// something else is thrown away, and those who read it are cut off before its last byte.
final class BlobFills: Sendable {
    /// What went on, for the metrics.
    struct Counts: Sendable {
        var begun = 0
        var joined = 0
        var failed = 0
        /// Handed on and not kept, since the quota is used up.
        var unkept = 0
        var bytes = 0
        var seconds = 0.0
    }

    private let client: UpstreamClient
    private let folder: FilePath
    private let blobs: BlobStore
    private let database: FarmDatabase
    private let gate: StoreGate
    private let limits: StorageLimits
    private let quota: StorageQuota
    private let now: @Sendable () -> Double
    /// Sources are files by digest alone: no repository has them.
    private let isForSources: Bool
    private let running = Mutex<[SHA256Digest: GrowingFile]>([:])
    private let tally = Mutex(Counts())

    /// Tries for each upstream, as long as none brings anything new.
    private static let attempts = 4

    init(
        client: UpstreamClient, folder: FilePath, blobs: BlobStore, database: FarmDatabase, gate: StoreGate,
        limits: StorageLimits, quota: StorageQuota, isForSources: Bool = false, now: @escaping @Sendable () -> Double
    ) {
        self.isForSources = isForSources
        self.client = client
        self.folder = folder
        self.blobs = blobs
        self.database = database
        self.gate = gate
        self.limits = limits
        self.quota = quota
        self.now = now
    }

    var counts: Counts { tally.withLock { $0 } }
    var runningCount: Int { running.withLock { $0.count } }
    var digests: Set<SHA256Digest> { Set(running.withLock { $0.keys }) }

    /// The fill of a digest: the one under way, or a new one.
    ///
    /// - Parameter sources: where it may be had, in order.
    func fill(
        _ digest: SHA256Digest, for name: RepositoryName?, from sources: [(upstream: Upstream, url: String)]
    ) throws -> GrowingFile {
        try limits.check(adding: 0)
        let file = try GrowingFile(folder.appending("\(digest.hex).\(UInt32.random(in: .min ... .max)).partial"))
        let known = running.withLock { running -> GrowingFile? in
            if let known = running[digest] { return known }
            running[digest] = file
            return nil
        }
        if let known {
            try FileTree.removeFile(file.path)
            tally.withLock { $0.joined += 1 }
            return known
        }
        tally.withLock { $0.begun += 1 }
        // It belongs to all who read it, and ends by itself: nobody's going away may end it for the others.
        Task { await run(digest, name, sources, file) }
        return file
    }

    private func run(
        _ digest: SHA256Digest, _ name: RepositoryName?, _ sources: [(upstream: Upstream, url: String)],
        _ file: GrowingFile
    ) async {
        let began = ContinuousClock.now
        do {
            if let size = try await present(digest, name) {
                try file.become(blobs.path(digest), size: size)
                try FileTree.removeFile(file.path)
                tally.withLock { ($0.begun, $0.joined) = ($0.begun - 1, $0.joined + 1) }
                running.withLock { _ = $0.removeValue(forKey: digest) }
                return
            }
            try await bring(digest, sources, file)
            file.finish(.success(()))
            try await keep(digest, name, file)
            let elapsed = ContinuousClock.now - began
            tally.withLock { tally in
                tally.bytes += file.count
                tally.seconds += Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
            }
        } catch {
            file.finish(.failure(error))
            try? FileTree.removeFile(file.path)
            tally.withLock { $0.failed += 1 }
        }
        running.withLock { _ = $0.removeValue(forKey: digest) }
    }

    /// Whoever looked for it just before a former transfer had brought it comes here just after.
    private func present(_ digest: SHA256Digest, _ name: RepositoryName?) async throws -> Int? {
        let size = try blobs.size(digest)
        guard let name else { return isForSources ? size : nil }
        return try await database.blobSize(digest, in: name) == size ? size : nil
    }

    /// - Throws: `UpstreamError`, `RegistryProblem.insufficientStorage`
    private func bring(
        _ digest: SHA256Digest, _ sources: [(upstream: Upstream, url: String)], _ file: GrowingFile
    ) async throws {
        let receiver = FillReceiver(file, limits)
        var errors: [any Error] = []
        for source in sources {
            var attempt = 0
            while attempt < Self.attempts {
                let before = file.count
                do {
                    try await exchange(source, receiver, file)
                    let actual = receiver.finishDigest()
                    guard actual == digest else {
                        // Readers have seen some of it: they are cut off, and whoever comes next begins anew.
                        throw UpstreamError.wrongDigest(source.url, expected: digest, actual: actual)
                    }
                    return
                } catch let error as UpstreamError {
                    if case .wrongDigest = error { throw error }
                    errors.append(error)
                    if case .status(_, let status) = error, status != 429, status < 500 { break }
                    attempt = file.count > before ? 1 : attempt + 1
                    guard attempt < Self.attempts else { break }
                    client.metrics.retried(source.url)
                    let wait = receiver.retryAfter ?? .milliseconds(200 << attempt)
                    try await Task.sleep(for: min(wait, .seconds(20)))
                }
            }
        }
        throw errors.count == 1 ? errors[0] : UpstreamError.everyOne(errors)
    }

    private func exchange(
        _ source: (upstream: Upstream, url: String), _ receiver: FillReceiver, _ file: GrowingFile
    ) async throws {
        var headers: CurlHeaders = ["Accept": "*/*"]
        if file.count > 0 { headers["Range"] = "bytes=\(file.count)-" }
        receiver.prepare()
        let answer = try await client.ask(source.upstream, source.url, headers, receiver)
        if let fault = receiver.fault { throw fault }
        guard answer.status == 200 || answer.status == 206 else {
            throw UpstreamError.status(source.url, answer.status)
        }
        guard case .complete = answer.outcome, receiver.isWhole else {
            throw UpstreamError.broken(source.url, answer.outcome)
        }
    }

    private func keep(_ digest: SHA256Digest, _ name: RepositoryName?, _ file: GrowingFile) async throws {
        guard try await quota.room() >= file.count else {
            quota.want()
            tally.withLock { $0.unkept += 1 }
            // Those who read it have it open.
            return try FileTree.removeFile(file.path)
        }
        if isForSources {
            let blobs = blobs
            return try await BlockingThread.run { try blobs.adopt(file.path, as: digest) }
        }
        let (blobs, database, size, now) = (blobs, database, file.count, now())
        try await gate.share {
            try await BlockingThread.run { try blobs.adopt(file.path, as: digest) }
            try await database.addBlob(digest, size: size, to: name, now: now)
        }
    }
}
