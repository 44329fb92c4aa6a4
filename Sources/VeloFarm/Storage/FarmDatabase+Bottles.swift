import FoundationEssentials
import GRDB
import VeloCore
import VeloFormula
import VeloSystem

/// A published bottle. As JSON, a member of an exported set: other names would be another format.
struct BottleRow: Codable, Sendable, Equatable {
    var tap: String
    var formula: String
    var pkgVersion: String
    var platform: String
    var rebuild: Int
    var digest: SHA256Digest
    var size: Int
    /// Of the archive without its compression.
    var tarDigest: SHA256Digest
    var installedSize: Int
    var cellar: String
    var longestPrefix: Int?
    var tab: Tab
    var executables: [String]
    var isTested: Bool
    var tapCommit: String?
    /// Seconds since 1970.
    var published: Double

    /// Nil when a part of it cannot be in a bottle's name.
    var name: BottleName? {
        PlatformTag(platform).flatMap {
            BottleName(name: formula, packageVersion: pkgVersion, tag: $0, rebuild: rebuild)
        }
    }
}

extension BottleRow {
    init(_ row: Row) throws {
        let digest: String = row["digest"]
        let tarDigest: String = row["tar_digest"]
        guard let digest = SHA256Digest(hex: digest), let tarDigest = SHA256Digest(hex: tarDigest) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a bottle's digest is not a sha256")
        }
        self.digest = digest
        self.tarDigest = tarDigest
        tap = row["tap"]
        formula = row["formula"]
        pkgVersion = row["pkg_version"]
        platform = row["platform"]
        rebuild = row["rebuild"]
        size = row["size"]
        installedSize = row["installed_size"]
        cellar = row["cellar"]
        longestPrefix = row["longest_prefix"]
        tab = try StoredJSON.value(Tab.self, row["tab"])
        let lines: String = row["executables"]
        executables = lines.split(separator: "\n").map(String.init)
        isTested = row["is_tested"]
        tapCommit = row["tap_commit"]
        published = row["published"]
    }

    func insert(_ db: Database, flatName: String) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO bottles (tap, formula, pkg_version, platform, rebuild, digest, size, tar_digest,
                    installed_size, cellar, longest_prefix, tab, executables, is_tested, flat_name, tap_commit, published)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                tap, formula, pkgVersion, platform, rebuild, digest.hex, size, tarDigest.hex, installedSize, cellar,
                longestPrefix, StoredJSON.text(tab), executables.joined(separator: "\n"), isTested, flatName, tapCommit,
                published,
            ])
    }
}

extension FarmDatabase {
    /// Whether a bottle that can be poured on a platform is there for a formula's present version.
    static func hasBottle(_ db: Database, _ record: FormulaRecord, platform: String) throws -> Bool {
        let count = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM bottles
                WHERE tap = ? AND formula = ? AND pkg_version = ? AND platform IN (?, 'all')
                """,
            arguments: [record.catalog.tap, record.catalog.name, record.catalog.pkgVersion, platform])
        return count ?? 0 > 0
    }

    /// The bottle to pour for a version of a formula: the newest rebuild.
    func bottle(_ formula: FormulaReference, pkgVersion: String, platform: String) async throws -> BottleRow? {
        try await pool.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM bottles WHERE tap = ? AND formula = ? AND pkg_version = ? AND platform IN (?, 'all')
                    ORDER BY rebuild DESC, platform = 'all' LIMIT 1
                    """, arguments: [formula.tap, formula.name, pkgVersion, platform]
            ).map(BottleRow.init)
        }
    }

    /// All platforms of one version: what one image index lists.
    static func siblings(_ db: Database, of bottle: BottleRow) throws -> [BottleRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM bottles WHERE tap = ? AND formula = ? AND pkg_version = ? AND rebuild = ? ORDER BY platform
                """, arguments: [bottle.tap, bottle.formula, bottle.pkgVersion, bottle.rebuild]
        ).map(BottleRow.init)
    }

    static func bottles(_ db: Database) throws -> [BottleRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM bottles ORDER BY formula, tap, platform, rebuild DESC").map(
            BottleRow.init)
    }

    func bottles() async throws -> [BottleRow] {
        try await pool.read { try Self.bottles($0) }
    }

    /// Bottles with this name in its percent-encoded form. More than one when two taps have such a formula.
    func bottles(flatName: String) async throws -> [BottleRow] {
        try await pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM bottles WHERE flat_name = ? ORDER BY tap", arguments: [flatName])
                .map(BottleRow.init)
        }
    }

    /// A bottle that has this content; several may, and then any serves.
    func bottle(digest: SHA256Digest) async throws -> BottleRow? {
        try await pool.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM bottles WHERE digest = ? LIMIT 1", arguments: [digest.hex])
                .map(BottleRow.init)
        }
    }

    func blobTotals() async throws -> (count: Int, bytes: Int) {
        try await pool.read { db in
            let row = try Row.fetchOne(db, sql: "SELECT count(*) AS blobs, total(size) AS bytes FROM blobs")
            return row.map { ($0["blobs"], Int($0["bytes"] as Double)) } ?? (0, 0)
        }
    }
}
