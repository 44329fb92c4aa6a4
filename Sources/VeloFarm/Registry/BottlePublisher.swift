import GRDB
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
    let now: @Sendable () -> Double

    /// - Throws: `FarmError.leaseLost` when the job went to somebody else meanwhile: nothing is published then, and the
    ///   file in the store is only a blob that nobody names.
    func publish(
        _ built: BuiltBottle, _ claim: JobQueue.Claim, formula: CatalogFormula, tapCommit: String?
    ) async throws {
        let bottle = BottleRow(
            tap: claim.formula.tap, formula: claim.formula.name, pkgVersion: claim.pkgVersion, platform: claim.platform,
            rebuild: claim.rebuild, digest: built.digest, size: built.size, tarDigest: built.tarDigest,
            installedSize: built.installedSize, cellar: built.cellar, longestPrefix: built.longestPrefix,
            tab: built.tab,
            executables: built.executables, isTested: built.isTested, tapCommit: tapCommit, published: now())
        guard let name = bottle.name, BottleName.isImageTag(name.imageTag) else {
            throw FarmError.unusableBottleName("\(bottle.formula) \(bottle.pkgVersion)")
        }
        let blobs = blobs
        try await BlockingThread.run { try blobs.take(built.file, as: built.digest) }

        let documents = ImageDocuments(formula: formula)
        let now = now()
        try await database.pool.write { db in
            try queue.succeed(db, claim.lease)
            try db.execute(
                sql: "INSERT OR IGNORE INTO blobs (digest, size, added) VALUES (?, ?, ?)",
                arguments: [built.digest.hex, built.size, now])
            try bottle.insert(db, flatName: name.flatFilename)
            let image = try documents.image(bottle)
            try FarmDatabase.insert(db, image.config)
            try FarmDatabase.insert(db, image.manifest)
            let index = try documents.index(FarmDatabase.siblings(db, of: bottle))
            try FarmDatabase.insert(db, index)
            try FarmDatabase.setTag(db, tap: bottle.tap, image: name.imageName, tag: name.imageTag, to: index)
            try FarmDatabase.touchCatalog(db, now: now)
        }
    }
}
