import FoundationEssentials
import GRDB
import SystemPackage
import VeloSystem

/// A copy of what cannot be made again: the database, as of one moment, and the signing key. Blobs are copied by other
/// means: they never change.
struct Backup: Sendable {
    let farm: Farm

    func write(to folder: FilePath) async throws -> AdminReport {
        if FileTree.exists(folder), try !FileTree.names(in: folder).isEmpty { throw AdminError.notEmpty(folder.string) }
        try FileTree.makeFolder(folder, mode: 0o700)
        let database = folder.appending("farm.sqlite")
        let pool = farm.database.pool
        // Readers and the writer go on meanwhile.
        try await pool.writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [database.string])
        }
        let keys = folder.appending("keys")
        try FileTree.makeFolder(keys, mode: 0o700)
        let key = farm.folder.keys.appending("catalog.key")
        try FileTree.copyFile(key, to: keys.appending("catalog.key"))
        try FileTree.setMode(keys.appending("catalog.key"), 0o600)
        let size = try FileTree.status(database)?.size ?? 0
        return AdminReport(lines: ["wrote \(database), \(size) bytes, and the signing key"])
    }

    /// Puts a backup in the place of a data folder's database; the caller has the folder's lock.
    ///
    /// - Throws: `AdminError.notASet` when the folder is no backup.
    static func restore(_ folder: FilePath, to data: DataFolder) throws {
        let source = folder.appending("farm.sqlite")
        guard try FileTree.status(source)?.kind == .file else {
            throw AdminError.notASet(folder.string, reason: "it has no `farm.sqlite`")
        }
        try data.prepare()
        let copy = data.root.appending("farm.sqlite.restoring")
        try FileTree.copyFile(source, to: copy)
        // It has to open, and to be of this version or an older one, before anything is given up.
        try FarmDatabase(copy).close()
        for ending in ["-wal", "-shm"] { try FileTree.removeFile(FilePath(data.database.string + ending)) }
        for ending in ["-wal", "-shm"] { try FileTree.removeFile(FilePath(copy.string + ending)) }
        try FileTree.rename(copy, to: data.database)
        try FileTree.flushFolder(data.root)
        let key = folder.appending("keys").appending("catalog.key")
        if FileTree.exists(key) {
            try FileTree.makeFolder(data.keys, mode: 0o700)
            try FileTree.replace(data.keys.appending("catalog.key"), with: FileTree.read(key), mode: 0o600)
        }
    }
}
