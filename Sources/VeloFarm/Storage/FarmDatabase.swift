import GRDB
package import SystemPackage
import VeloSystem

/// The farm's metadata: one SQLite file in WAL mode, one writer and several readers at a time.
///
/// What it holds is cut by subject into extensions and into `JobQueue`; the tables are in `Migrations`.
package struct FarmDatabase: Sendable {
    let pool: DatabasePool

    /// Opens or creates it, and brings it to the newest form. Blocking.
    package init(_ path: FilePath) throws {
        var configuration = Configuration()
        configuration.label = "farm"
        // `velod tap` and backups may look in while the server writes.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // A power cut may lose the last transactions, never the file: a bottle whose row is lost is built again.
            // Six times the transactions per second of FULL.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            // Formula sources make rows of some kilobytes; the default of 2 MB holds a fifth of a big tap.
            try db.execute(sql: "PRAGMA cache_size = -16000")
        }
        do {
            pool = try DatabasePool(path: path.string, configuration: configuration)
            let migrator = Migrations.all()
            guard try pool.read({ try !migrator.hasBeenSuperseded($0) }) else {
                throw FarmError.databaseTooNew(path.string)
            }
            try migrator.migrate(pool)
        } catch let error as DatabaseError {
            throw FarmError.database(path.string, cause: error)
        }
    }

    /// Waits for readers and closes the file.
    package func close() throws {
        try pool.close()
    }

    /// Grows with every change of what the catalog shows.
    static func catalogRevision(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT revision FROM catalog_state") ?? 0
    }

    static func touchCatalog(_ db: Database, now: Double) throws {
        try db.execute(sql: "UPDATE catalog_state SET revision = revision + 1, changed = ?", arguments: [now])
    }
}

extension DatabaseError: Problem {
    package var summary: String { "SQLite: \(message ?? "error") (code \(extendedResultCode.rawValue))" }
}
