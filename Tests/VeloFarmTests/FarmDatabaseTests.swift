import GRDB
import SystemPackage
import Testing
import VeloSystem

@testable import VeloFarm

@Suite("Database")
struct FarmDatabaseTests {
    private let scratch: Scratch
    private var path: FilePath { scratch.path.appending("farm.sqlite") }

    init() throws {
        scratch = try Scratch()
    }

    @Test("a new file gets every table, write-ahead logging and foreign keys")
    func creates() async throws {
        let database = try FarmDatabase(path)
        let names = try await database.pool.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        for table in ["taps", "formulae", "bottles", "blobs", "documents", "tags", "jobs", "builds"] {
            #expect(names.contains(table))
        }
        let mode = try await database.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == "wal")
        await #expect(throws: DatabaseError.self) {
            try await database.pool.write { db in
                try db.execute(sql: "INSERT INTO job_dependencies (job_id, needs_id) VALUES (1, 2)")
            }
        }
    }

    @Test("opening again changes nothing and keeps what is there")
    func opensAgain() async throws {
        let first = try FarmDatabase(path)
        try await first.replaceTap("a/b", .folder("/x"), commit: nil, formulae: [], problems: [], now: 5)
        try first.close()
        let second = try FarmDatabase(path)
        #expect(try await second.taps().map(\.name) == ["a/b"])
    }

    @Test("a file that a newer version wrote is refused by name")
    func refusesNewer() async throws {
        let first = try FarmDatabase(path)
        try await first.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999-from-the-future')")
        }
        try first.close()
        let error = #expect(throws: FarmError.self) { try FarmDatabase(path) }
        #expect(error?.summary == "`\(path)` was written by a newer velod")
    }

    @Test("two jobs for one bottle cannot be open at a time")
    func oneOpenJobForABottle() async throws {
        let database = try FarmDatabase(path)
        let insert = """
            INSERT INTO jobs (tap, formula, pkg_version, platform, state, deps_left, created)
            VALUES ('a/b', 'x', '1', 'x86_64_linux', 'ready', 0, 0)
            """
        try await database.pool.write { try $0.execute(sql: insert) }
        await #expect(throws: DatabaseError.self) { try await database.pool.write { try $0.execute(sql: insert) } }
        try await database.pool.write { try $0.execute(sql: "UPDATE jobs SET state = 'failed'") }
        try await database.pool.write { try $0.execute(sql: insert) }
    }
}
