import GRDB
import SystemPackage
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

/// Makes a bottle that was built and proven available, all at once: file first, then one transaction for its row, its
/// registry documents and the state of its job.
struct BottlePublisher: Sendable {
    let database: FarmDatabase
    let blobs: BlobStore
    let queue: JobQueue
    let gate: StoreGate
    let answers: AnswerCache
    let now: @Sendable () -> Double
    /// Before so many bytes come: collects where the quota asks for it.
    let makeRoom: @Sendable (Int) async throws -> Void

    /// - Throws: `FarmError.leaseLost` when the job went to somebody else meanwhile: nothing is published then, and the
    ///   file in the store is only a blob that nobody names.
    func publish(
        _ built: BuiltBottle, _ claim: JobQueue.Claim, formula: CatalogFormula, tapCommit: String?, key: BuildKey?
    ) async throws {
        let bottle = BottleRow(
            tap: claim.formula.tap, formula: claim.formula.name, pkgVersion: claim.pkgVersion, platform: claim.platform,
            rebuild: claim.rebuild, digest: built.digest, size: built.size, tarDigest: built.tarDigest,
            installedSize: built.installedSize, cellar: built.cellar, longestPrefix: built.longestPrefix,
            tab: built.tab,
            executables: built.executables, isTested: built.isTested, tapCommit: tapCommit, published: now())
        let now = now()
        try await publish(bottle, file: built.file, formula: formula) { db in
            try queue.succeed(db, claim.lease)
            if let key { try FarmDatabase.record(db, key, of: bottle, now: now) }
        }
    }

    /// Makes a bottle that was built before with the same key the one of its formula, and ends the job.
    ///
    /// - Throws: as `publish`.
    func takeOver(
        _ bottle: BottleRow, _ key: BuildKey, _ claim: JobQueue.Claim, formula: CatalogFormula, _ tapCommit: String?
    ) async throws {
        var bottle = bottle
        bottle.tapCommit = tapCommit
        let (row, now) = (bottle, now())
        try await gate.share {
            try await database.pool.write { db in
                try queue.succeed(db, claim.lease, isTakenOver: true)
                try FarmDatabase.record(db, key, of: row, now: now)
                try Self.record(db, row, formula: formula, now: now)
            }
        }
        answers.forget()
    }

    /// Takes a bottle's file into the store and makes it known: flat, as an image, in the catalog.
    ///
    /// - Parameter first: what the same transaction does before, and whose error undoes all of it.
    func publish(
        _ bottle: BottleRow, file: FilePath, formula: CatalogFormula?,
        first: @Sendable @escaping (Database) throws -> Void = { _ in }
    ) async throws {
        let now = now()
        let blobs = blobs
        try await makeRoom(bottle.size)
        try await gate.share {
            try await BlockingThread.run { try blobs.take(file, as: bottle.digest) }
            try await database.pool.write { db in
                try first(db)
                try Self.record(db, bottle, formula: formula, now: now)
            }
        }
        answers.forget()
    }

    /// The rows of a bottle whose file is in the store.
    static func record(_ db: Database, _ bottle: BottleRow, formula: CatalogFormula?, now: Double) throws {
        guard let name = bottle.name, BottleName.isImageTag(name.imageTag),
            let repository = RepositoryName(tap: bottle.tap, image: name.imageName)
        else { throw FarmError.unusableBottleName("\(bottle.formula) \(bottle.pkgVersion)") }
        let documents = ImageDocuments(formula: formula)
        try FarmDatabase.addBlob(db, bottle.digest, size: bottle.size, now: now)
        try bottle.insert(db, flatName: name.flatFilename)
        let image = try documents.image(bottle)
        try FarmDatabase.insert(db, image.config)
        for digest in [bottle.digest, image.config.digest] {
            try FarmDatabase.mount(db, digest, in: repository, now: now)
        }
        let index = try documents.index(FarmDatabase.siblings(db, of: bottle))
        for document in [image.manifest, index] {
            let reading = try ManifestReading(document.bytes, declared: document.mediaType)
            try FarmDatabase.put(db, document, reading, in: repository, now: now)
        }
        try FarmDatabase.setTag(db, repository, name.imageTag, to: index.digest, origin: .own, now: now)
        try FarmDatabase.touchCatalog(db, now: now)
    }
}
