import GRDB
import VeloBuild
import VeloCore
import VeloSystem

extension FarmDatabase {
    /// Remembers what a bottle was built from, in the transaction that publishes it.
    static func record(_ db: Database, _ key: BuildKey, of bottle: BottleRow, now: Double) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO build_keys (key, digest, base, dependencies, inputs, bottle, made)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.digest.hex, bottle.digest.hex, key.base.hex, StoredJSON.text(key.dependencies),
                key.lines.joined(separator: "\n"), StoredJSON.text(bottle), now,
            ])
    }

    /// The bottle that was built with a key; its file may be gone.
    func bottle(key: BuildKey) async throws -> BottleRow? {
        try await pool.read { db in
            try String.fetchOne(
                db, sql: "SELECT bottle FROM build_keys WHERE key = ?", arguments: [key.digest.hex]
            ).map { try StoredJSON.value(BottleRow.self, $0) }
        }
    }

    /// Digests of bottles of which is known what they were built from.
    func keyedBottles() async throws -> Set<FormulaReference> {
        try await pool.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT DISTINCT tap, formula FROM bottles WHERE digest IN (SELECT digest FROM build_keys)")
            return Set(rows.map { FormulaReference(tap: $0["tap"], name: $0["formula"]) })
        }
    }

    /// Whether the newest bottle of a formula's present version would be built as it is.
    ///
    /// What it was built on counts as far as there are bottles of it: a build tool that has gone since, or has a new
    /// version that nobody has built, is no reason.
    ///
    /// - Parameter base: what its key is now, without dependencies.
    static func standing(
        _ db: Database, _ record: FormulaRecord, platform: String, base: String, _ index: FormulaIndex
    ) throws -> BuildPlanner.Standing {
        guard let digest = try digest(db, record, platform: platform) else { return .unknown }
        let rows = try Row.fetchAll(
            db, sql: "SELECT base, dependencies FROM build_keys WHERE digest = ?", arguments: [digest])
        if rows.isEmpty { return .unknown }
        // The same bytes may have come of several keys.
        let isCurrent = try rows.contains { row in
            guard row["base"] == base else { return false }
            let needed = try StoredJSON.value([String: String].self, row["dependencies"])
            return try needed.allSatisfy { name, digest in
                guard let other = try index.find(name) else { return true }
                return try self.digest(db, other, platform: platform).map { $0 == digest } ?? true
            }
        }
        return isCurrent ? .current : .stale
    }

    private static func digest(_ db: Database, _ record: FormulaRecord, platform: String) throws -> String? {
        try String.fetchOne(
            db,
            sql: """
                SELECT digest FROM bottles WHERE tap = ? AND formula = ? AND pkg_version = ? AND platform IN (?, 'all')
                ORDER BY rebuild DESC, platform = 'all' LIMIT 1
                """,
            arguments: [record.catalog.tap, record.catalog.name, record.catalog.pkgVersion, platform])
    }
}
