import FoundationEssentials
import Logging
import SystemPackage
import VeloBuild
import VeloCore
import VeloFormula
import VeloGit
import VeloSystem

/// The parts of a running farm, put together once and handed to whoever needs some of them.
struct Farm: Sendable {
    let configuration: FarmConfiguration
    let database: FarmDatabase
    let blobs: BlobStore
    let sources: BlobStore
    let taps: TapStore
    let catalog: CatalogPublisher
    let queue: JobQueue
    let feed: BuildFeed
    let reading: FormulaReading
    let gate = StoreGate()
    let answers: AnswerCache
    let counters = RequestCounters()
    let leases: Leases
    let quota: StorageQuota
    let uploads: UploadStore
    let upstreamMetrics = UpstreamMetrics()
    let mirror: Mirror
    let sourceFills: BlobFills
    let api: ApiStore
    let access: AccessControl
    let audit: AuditLog
    let rates: RateLimiter?
    let signer: CatalogSigner
    let logger: Logger
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    var folder: DataFolder { configuration.folder }

    /// Opens the data folder, which the caller has locked. Blocking.
    init(
        _ configuration: FarmConfiguration, reading: FormulaReading, logger: Logger,
        now: @escaping @Sendable () -> Double
    ) throws {
        let folder = configuration.folder
        try folder.prepare()
        self.configuration = configuration
        self.reading = reading
        self.logger = logger
        self.now = now
        database = try FarmDatabase(folder.database)
        blobs = BlobStore(folder.blobs)
        sources = BlobStore(folder.sources)
        taps = TapStore(database: database, clones: folder.taps, reading: reading, now: now)
        catalog = CatalogPublisher(database: database)
        queue = JobQueue(database: database, now: now)
        feed = BuildFeed()

        let settings = configuration.mirror
        let limits = StorageLimits(folder: folder.root, blobBytes: settings.blobBytes, reserve: settings.reserve)
        leases = Leases(length: settings.lease, now: now)
        answers = AnswerCache(leases: leases)
        quota = StorageQuota(limit: settings.quota, database: database, sources: sources)
        uploads = UploadStore(
            folder: folder.uploads, database: database, blobs: blobs, gate: gate, limits: limits, quota: quota, now: now
        )
        let client = UpstreamClient(stall: settings.stall, metrics: upstreamMetrics)
        let flatDigests = FlatDigests()
        mirror = Mirror(
            upstreams: settings.upstreams, policy: settings.policy, client: client,
            fills: BlobFills(
                client: client, folder: folder.fills, blobs: blobs, database: database, gate: gate, limits: limits,
                quota: quota, now: now),
            database: database, answers: answers, absent: AbsentNames(), asking: AskOnce(), flatDigests: flatDigests,
            settings: settings, logger: logger, now: now)
        sourceFills = BlobFills(
            client: client, folder: folder.fills, blobs: sources, database: database, gate: gate, limits: limits,
            quota: quota, isForSources: true, now: now)
        api = ApiStore(
            upstream: settings.apiUpstream, lifetime: settings.apiLifetime, client: client, database: database,
            blobs: blobs, gate: gate, scratch: folder.fills, flatDigests: flatDigests, logger: logger, now: now)
        access = AccessControl(
            tokens: TokenStore(database: database, now: now), anonymous: settings.anonymous, now: now)
        audit = AuditLog(folder.audit)
        rates = settings.requestsPerSecond > 0 ? RateLimiter(perSecond: settings.requestsPerSecond, now: now) : nil
        signer = try CatalogSigner(folder.keys)
    }

    var publisher: BottlePublisher {
        BottlePublisher(
            database: database, blobs: blobs, queue: queue, gate: gate, answers: answers, now: now,
            makeRoom: { count in
                do {
                    try await makeRoom(for: count)
                } catch let problem as RegistryProblem {
                    logger.warning("a bottle was kept past the quota", metadata: ["reason": "\(problem.summary)"])
                }
            })
    }

    var keys: FarmKeys {
        let sources = folder.sources
        return FarmKeys(database: database, reading: reading) { formula in
            // Only head versions ask for anything.
            guard formula.stable == nil else { return [:] }
            let fetcher = SourceFetcher(
                cache: BlobCache(root: sources), engine: TransferEngine(),
                repositories: GitSources(root: sources.appending("git"), folders: []))
            return try await fetcher.commits(of: formula)
        }
    }

    /// - Parameter searchPath: where commands that stand in for build dependencies are looked for.
    func worker(_ name: String, builder: any BottleBuilder, searchPath: [FilePath]) -> Worker {
        let assembly = RequestAssembly(
            database: database, blobs: blobs, catalog: catalog, reading: reading, externals: configuration.externals,
            searchPath: searchPath, keys: keys)
        return Worker(
            name: name, queue: queue, database: database, blobs: blobs, assembly: assembly, publisher: publisher,
            builder: builder, feed: feed, folder: folder, transfers: upstreamMetrics, logger: logger)
    }
}

/// The time of day, as everything stored and sent has it.
package enum WallClock {
    /// Seconds since 1970.
    @Sendable package static func seconds() -> Double { Date().timeIntervalSince1970 }
}
