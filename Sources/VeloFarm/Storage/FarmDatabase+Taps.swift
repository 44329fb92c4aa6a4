import FoundationEssentials
import GRDB
import VeloCore
import VeloFormula

/// A tap as it is stored.
struct TapRow: Sendable, Equatable {
    var id: Int64
    var name: String
    var kind: String
    var location: String
    var commit: String?
    /// Seconds since 1970.
    var updated: Double

    init(_ row: Row) {
        id = row["id"]
        name = row["name"]
        kind = row["kind"]
        location = row["location"]
        commit = row["revision"]
        updated = row["updated"]
    }
}

extension FarmDatabase {
    func taps() async throws -> [TapRow] {
        try await pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM taps ORDER BY name").map(TapRow.init)
        }
    }

    func tap(_ name: String) async throws -> TapRow? {
        try await pool.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM taps WHERE name = ?", arguments: [name]).map(TapRow.init)
        }
    }

    /// Puts a tap in place of what was known of it, formulae and problems with it, in one transaction.
    func replaceTap(
        _ name: String, _ source: TapSource, commit: String?, formulae: [StoredFormula], problems: [FormulaProblem],
        now: Double
    ) async throws {
        let rows = try formulae.map { ($0, try StoredJSON.text($0.record)) }
        try await pool.write { db in
            try db.execute(sql: "DELETE FROM taps WHERE name = ?", arguments: [name])
            try db.execute(
                sql: "INSERT INTO taps (name, kind, location, revision, updated) VALUES (?, ?, ?, ?, ?)",
                arguments: [name, source.kind, source.location, commit, now])
            let id = db.lastInsertedRowID
            let formula = try db.makeStatement(
                sql: "INSERT INTO formulae (tap_id, name, path, source, record) VALUES (?, ?, ?, ?, ?)")
            for (stored, record) in rows {
                try formula.execute(
                    arguments: [id, stored.record.catalog.name, stored.path, Data(stored.source), record])
            }
            let problem = try db.makeStatement(
                sql: "INSERT INTO formula_problems (tap_id, path, message) VALUES (?, ?, ?)")
            for item in problems { try problem.execute(arguments: [id, item.path, item.message]) }
            try Self.touchCatalog(db, now: now)
        }
    }

    /// False when there was none.
    func removeTap(_ name: String, now: Double) async throws -> Bool {
        try await pool.write { db in
            try db.execute(sql: "DELETE FROM taps WHERE name = ?", arguments: [name])
            guard db.changesCount > 0 else { return false }
            try Self.touchCatalog(db, now: now)
            return true
        }
    }

    func problems(tap id: Int64) async throws -> [FormulaProblem] {
        try await pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT path, message FROM formula_problems WHERE tap_id = ? ORDER BY path", arguments: [id]
            ).map { FormulaProblem(path: $0["path"], message: $0["message"]) }
        }
    }

    func formulaCount(tap id: Int64) async throws -> Int {
        try await pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM formulae WHERE tap_id = ?", arguments: [id]) ?? 0
        }
    }

    /// The text of a formula and the commit it was read at.
    func formulaSource(tap: String, name: String) async throws -> (source: SourceText, commit: String?)? {
        try await pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT path, source, revision FROM formulae JOIN taps ON taps.id = tap_id
                    WHERE taps.name = ? AND formulae.name = ?
                    """, arguments: [tap, name])
            return row.map { (SourceText(name: $0["path"], bytes: [UInt8]($0["source"] as Data)), $0["revision"]) }
        }
    }

    /// All records, by tap and name.
    static func formulaRecords(_ db: Database) throws -> [FormulaRecord] {
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT record FROM formulae JOIN taps ON taps.id = tap_id ORDER BY taps.name, formulae.name")
        var records: [FormulaRecord] = []
        while let row = try cursor.next() {
            records.append(try StoredJSON.value(FormulaRecord.self, row[0]))
        }
        return records
    }
}
