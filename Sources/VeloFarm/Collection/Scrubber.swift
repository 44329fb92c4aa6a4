import GRDB
import Logging
import SystemPackage
import VeloSystem

/// Reads every blob again, a folder at a time, and takes away what is no longer what its name says.
///
/// A damaged file of upstream is fetched again when somebody asks for it; of another only the report remains.
struct Scrubber: Sendable {
    let database: FarmDatabase
    let blobs: BlobStore
    let gate: StoreGate
    let answers: AnswerCache
    let damaged: FilePath
    let logger: Logger
    let now: @Sendable () -> Double

    /// The folder that is next; the end of the round starts the next one.
    func step() async throws -> [SHA256Digest] {
        let folders = try blobs.folders()
        let position = try await database.pool.read { db in
            try String.fetchOne(db, sql: "SELECT position FROM upkeep WHERE task = 'scrub'")
        }
        guard let folder = folders.first(where: { $0 > position ?? "" }) ?? folders.first else { return [] }
        let found = try await check(folder)
        let (now, isLast) = (now(), folder == folders.last)
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO upkeep (task, position, finished) VALUES ('scrub', ?, NULL)
                    ON CONFLICT (task) DO UPDATE SET position = excluded.position
                    """, arguments: [isLast ? "" : folder])
            if isLast { try db.execute(sql: "UPDATE upkeep SET finished = ? WHERE task = 'scrub'", arguments: [now]) }
        }
        return found
    }

    /// All of it, now.
    func run() async throws -> [SHA256Digest] {
        var found: [SHA256Digest] = []
        for folder in try blobs.folders() {
            found += try await check(folder)
            try Task.checkCancellation()
        }
        let now = now()
        try await database.pool.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO upkeep (task, position, finished) VALUES ('scrub', '', ?)",
                arguments: [now])
        }
        return found
    }

    private func check(_ folder: String) async throws -> [SHA256Digest] {
        let blobs = blobs
        let bad = try await BlockingThread.run {
            // One that was collected meanwhile cannot be read, and need not be.
            try blobs.digests(inFolder: folder).filter { digest in
                guard let actual = try? BlobStore.digest(of: blobs.path(digest)) else { return false }
                return actual != digest
            }
        }
        for digest in bad { try await setAside(digest) }
        return bad
    }

    private func setAside(_ digest: SHA256Digest) async throws {
        let (blobs, damaged, now) = (blobs, damaged, now())
        try await gate.alone {
            try FileTree.makeFolder(damaged)
            let size = try blobs.size(digest) ?? 0
            try FileTree.rename(blobs.path(digest), to: damaged.appending(digest.hex))
            try await database.pool.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO damaged_blobs (digest, size, found) VALUES (?, ?, ?)",
                    arguments: [digest.hex, size, now])
            }
        }
        answers.forget(all: true)
        logger.error("a blob is damaged and was taken away", metadata: ["digest": "\(digest)", "kept": "\(damaged)"])
    }
}

extension FarmDatabase {
    func damagedBlobs() async throws -> Int {
        try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM damaged_blobs") ?? 0 }
    }
}
