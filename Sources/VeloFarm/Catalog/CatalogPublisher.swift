import GRDB
import Synchronization
import VeloCore
import VeloFormula
import VeloSystem

/// The catalog as it is served, made anew when a tap or a bottle changed, and the index of formulae that goes with it.
final class CatalogPublisher: Sendable {
    struct Edition: Sendable {
        var revision: Int
        /// `CatalogDocument` as JSON.
        var bytes: [UInt8]
        /// Strong: the digest of the bytes, in quotes.
        var entityTag: String
        /// Seconds since 1970 of the last change.
        var changed: Int
        var index: FormulaIndex
        var shards: CatalogShards
    }

    private let database: FarmDatabase
    private let latest = Mutex<Edition?>(nil)

    init(database: FarmDatabase) {
        self.database = database
    }

    func current() async throws -> Edition {
        let revision = try await database.pool.read { try FarmDatabase.catalogRevision($0) }
        if let edition = latest.withLock({ $0 }), edition.revision == revision { return edition }
        let edition = try await database.pool.read { try Self.make($0) }
        latest.withLock { known in
            if known.map({ $0.revision < edition.revision }) ?? true { known = edition }
        }
        return edition
    }

    private static func make(_ db: Database) throws -> Edition {
        let records = try FarmDatabase.formulaRecords(db)
        let state = try Row.fetchOne(db, sql: "SELECT revision, changed FROM catalog_state")
        let changed = Int(state?["changed"] as Double? ?? 0)
        var bottles: [FormulaReference: [BottleRow]] = [:]
        for bottle in try FarmDatabase.bottles(db) {
            bottles[FormulaReference(tap: bottle.tap, name: bottle.formula), default: []].append(bottle)
        }
        let taps = try Row.fetchAll(db, sql: "SELECT name, revision FROM taps ORDER BY name")
            .map { CatalogTap(name: $0["name"], commit: $0["revision"]) }
        let formulae = records.map { record in
            var formula = record.catalog
            formula.bottles = entries(bottles[record.reference] ?? [], version: formula.pkgVersion)
            return formula
        }
        let document = CatalogDocument(generated: changed, taps: taps, formulae: formulae)
        let bytes = try WireCoding.encode(document)
        let revision: Int = state?["revision"] ?? 0
        return Edition(
            revision: revision, bytes: bytes, entityTag: "\"\(SHA256Digest.of(bytes).hex)\"",
            changed: changed, index: FormulaIndex(records),
            shards: try CatalogShards(document, revision: revision))
    }

    /// The newest rebuild for each platform. Bottles come sorted that way.
    private static func entries(_ bottles: [BottleRow], version: String) -> [CatalogBottle] {
        var seen: Set<String> = []
        return bottles.filter { $0.pkgVersion == version && seen.insert($0.platform).inserted }.map { bottle in
            var entry = CatalogBottle(
                platform: bottle.platform, sha256: bottle.digest.hex, size: bottle.size,
                installedSize: bottle.installedSize, cellar: bottle.cellar, path: path(bottle))
            entry.rebuild = bottle.rebuild
            entry.longestPrefix = bottle.longestPrefix
            return entry
        }
    }

    /// By digest, so that what is there can never be another one: `v2/velo/recipes/hello/blobs/sha256:…`.
    private static func path(_ bottle: BottleRow) -> String {
        "v2/\(bottle.tap)/\(bottle.name?.imageName ?? bottle.formula)/blobs/\(bottle.digest.ociDigest)"
    }
}
