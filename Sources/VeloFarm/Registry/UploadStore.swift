import GRDB
import Hummingbird
import NIOCore
import Synchronization
import SystemPackage
import VeloSystem

/// Blobs that are being sent: a file each, and a row, so that a sender may go on after the server was started again.
final class UploadStore: Sendable {
    private let folder: FilePath
    private let database: FarmDatabase
    private let blobs: BlobStore
    private let gate: StoreGate
    private let limits: StorageLimits
    private let quota: StorageQuota
    private let now: @Sendable () -> Double
    /// Those that a request is sending to just now.
    private let busy = Mutex<Set<String>>([])

    /// Written to disk in pieces of this size.
    private static let pieceSize = 1 << 20
    /// Seconds after which one that nobody goes on with is removed.
    static let lifetime = 86_400.0

    init(
        folder: FilePath, database: FarmDatabase, blobs: BlobStore, gate: StoreGate, limits: StorageLimits,
        quota: StorageQuota, now: @escaping @Sendable () -> Double
    ) {
        self.folder = folder
        self.database = database
        self.blobs = blobs
        self.gate = gate
        self.limits = limits
        self.quota = quota
        self.now = now
    }

    func begin(_ name: RepositoryName) async throws -> String {
        try limits.check(adding: 0)
        let high = String(UInt64.random(in: .min ... .max), radix: 36)
        let id = high + String(UInt64.random(in: .min ... .max), radix: 36)
        let now = now()
        try FileTree.write([], to: file(id))
        try await database.pool.write { db in
            try db.execute(
                sql: "INSERT INTO uploads (id, repository, started, touched) VALUES (?, ?, ?, ?)",
                arguments: [id, name.description, now, now])
        }
        return id
    }

    /// Bytes that have arrived.
    ///
    /// - Throws: `RegistryProblem.uploadUnknown`
    func position(_ id: String, _ name: RepositoryName) async throws -> Int {
        try await require(id, name)
        return try FileTree.status(file(id))?.size ?? 0
    }

    /// Appends a request's body; returns the new position. What has arrived stays when the sender breaks off.
    ///
    /// - Parameters:
    ///   - start: where the sender believes to be; nil for at the end.
    ///   - declared: bytes that the sender says will come; 0 when it does not say.
    func append(
        _ id: String, _ name: RepositoryName, start: Int?, body: RequestBody, declared: Int = 0
    ) async throws -> Int {
        try await require(id, name)
        guard busy.withLock({ $0.insert(id).inserted }) else {
            throw RegistryProblem.uploadInvalid("another request is sending to this upload")
        }
        defer { busy.withLock { _ = $0.remove(id) } }
        var position = try FileTree.status(file(id))?.size ?? 0
        if let start, start != position { throw RegistryProblem.rangeInvalid(expected: position) }
        // What will be too much is not taken in first.
        guard declared <= limits.blobBytes - position else {
            throw RegistryProblem.sizeInvalid(limit: limits.blobBytes)
        }
        let room = try await quota.room()
        var pending = ByteBuffer()
        do {
            for try await var piece in body {
                pending.writeBuffer(&piece)
                guard position + pending.readableBytes <= limits.blobBytes else {
                    throw RegistryProblem.sizeInvalid(limit: limits.blobBytes)
                }
                guard position + pending.readableBytes <= room else {
                    throw RegistryProblem.overQuota(
                        used: quota.limit - room, adding: position + pending.readableBytes, limit: quota.limit)
                }
                if pending.readableBytes >= Self.pieceSize {
                    position = try await write(pending, id, position)
                    pending.clear()
                }
            }
        } catch {
            // The sender may ask how far it came and go on; but not with what is too much.
            if !(error is RegistryProblem), pending.readableBytes > 0 { _ = try? await write(pending, id, position) }
            throw error
        }
        if pending.readableBytes > 0 { position = try await write(pending, id, position) }
        let now = now()
        try await database.pool.write { db in
            try db.execute(sql: "UPDATE uploads SET touched = ? WHERE id = ?", arguments: [now, id])
        }
        return position
    }

    private func write(_ buffer: ByteBuffer, _ id: String, _ position: Int) async throws -> Int {
        try limits.check(adding: buffer.readableBytes)
        let path = file(id)
        return try await BlockingThread.run {
            do {
                let file = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
                defer { try? file.close() }
                let count = try buffer.withUnsafeReadableBytes {
                    try file.writeAll(toAbsoluteOffset: Int64(position), $0)
                }
                return position + count
            } catch let error as Errno {
                let error = SystemError("write", path, errno: error)
                throw RegistryProblem(diskFull: error) ?? error
            }
        }
    }

    /// Takes what has arrived into the store and the repository, when it is what the sender says.
    ///
    /// - Throws: `RegistryProblem.digestInvalid`; the upload is gone then, as the protocol wants.
    func finish(_ id: String, _ name: RepositoryName, _ digest: SHA256Digest) async throws {
        let path = file(id)
        let size = try FileTree.status(path)?.size ?? 0
        let (blobs, database, now) = (blobs, database, now())
        // Others may have sent meanwhile; what is here already takes no room.
        if try blobs.size(digest) == nil { try await quota.check(adding: size) }
        do {
            try await gate.share {
                try await BlockingThread.run { try blobs.take(path, as: digest) }
                try await database.addBlob(digest, size: size, to: name, now: now)
            }
        } catch FarmError.wrongDigest(_, _, let actual) {
            try await cancel(id, name)
            throw RegistryProblem.digestInvalid(
                "what was sent has the digest \(actual.ociDigest), not \(digest.ociDigest)")
        }
        try await forget(id)
    }

    func cancel(_ id: String, _ name: RepositoryName) async throws {
        try await require(id, name)
        try await forget(id)
    }

    private func forget(_ id: String) async throws {
        try FileTree.removeFile(file(id))
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM uploads WHERE id = ?", arguments: [id])
        }
    }

    /// Removes what nobody goes on with, and files that no row names.
    func removeStale() async throws -> Int {
        let oldest = now() - Self.lifetime
        let known = try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM uploads WHERE touched < ?", arguments: [oldest])
            return Set(try String.fetchAll(db, sql: "SELECT id FROM uploads"))
        }
        var removed = 0
        for name in try FileTree.names(in: folder) where !known.contains(name) {
            // One that has just begun has its file first.
            guard let status = try FileTree.status(folder.appending(name)), Double(status.modified) < now() - 60 else {
                continue
            }
            try FileTree.remove(folder.appending(name))
            removed += 1
        }
        return removed
    }

    private func require(_ id: String, _ name: RepositoryName) async throws {
        let isKnown = try await database.pool.read { db in
            try Bool.fetchOne(
                db, sql: "SELECT 1 FROM uploads WHERE id = ? AND repository = ?", arguments: [id, name.description])
        }
        guard isKnown == true else { throw RegistryProblem.uploadUnknown("there is no such upload") }
    }

    /// An id is only looked up as a path when a row has it.
    private func file(_ id: String) -> FilePath { folder.appending(id) }
}

/// How much may be stored.
struct StorageLimits: Sendable {
    let folder: FilePath
    /// Of one blob.
    var blobBytes: Int
    /// What stays free on the file system: the database and logs need some when blobs have taken the rest.
    var reserve: Int

    /// - Throws: `RegistryProblem.insufficientStorage`
    func check(adding count: Int) throws {
        guard let free = FileTree.freeBytes(folder), free - count < reserve else { return }
        throw RegistryProblem.insufficientStorage(
            "the server has \(free) bytes free and keeps \(reserve) of them; nothing is taken until there is more room")
    }
}
