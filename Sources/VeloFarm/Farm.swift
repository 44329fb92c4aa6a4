import FoundationEssentials
import Logging
import SystemPackage
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
    }

    /// - Parameter searchPath: where commands that stand in for build dependencies are looked for.
    func worker(_ name: String, builder: any BottleBuilder, searchPath: [FilePath]) -> Worker {
        let assembly = RequestAssembly(
            database: database, blobs: blobs, catalog: catalog, reading: reading, externals: configuration.externals,
            searchPath: searchPath)
        let publisher = BottlePublisher(database: database, blobs: blobs, queue: queue, now: now)
        return Worker(
            name: name, queue: queue, assembly: assembly, publisher: publisher, builder: builder, feed: feed,
            folder: folder, logger: logger)
    }
}

/// The time of day, as everything stored and sent has it.
package enum WallClock {
    /// Seconds since 1970.
    @Sendable package static func seconds() -> Double { Date().timeIntervalSince1970 }
}
