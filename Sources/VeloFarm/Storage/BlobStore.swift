import Glibc
package import SystemPackage
package import VeloSystem

/// Files by the sha256 of their content: `sha256/ab/HEX` below one folder.
///
/// A file is there whole or not at all, and nothing enters unverified: it is hashed and flushed before it gets its
/// name. Blocking.
package struct BlobStore: Sendable {
    package let root: FilePath

    package init(_ root: FilePath) {
        self.root = root
    }

    package func path(_ digest: SHA256Digest) -> FilePath {
        root.appending("sha256").appending(String(digest.hex.prefix(2))).appending(digest.hex)
    }

    /// Bytes of a blob; nil when it is not there.
    package func size(_ digest: SHA256Digest) throws -> Int? {
        guard let status = try FileTree.status(path(digest)), status.kind == .file else { return nil }
        return status.size
    }

    /// Takes a file into the store, by moving it where that is possible; afterwards the source is gone.
    ///
    /// - Throws: `FarmError.wrongDigest`; the source then stays where it is.
    package func take(_ source: FilePath, as digest: SHA256Digest) throws {
        let actual = try Self.digest(of: source)
        guard actual == digest else {
            throw FarmError.wrongDigest(source.string, expected: digest, actual: actual)
        }
        try adopt(source, as: digest)
    }

    /// The same for a file that was hashed while it was written, and that nobody else can write to.
    package func adopt(_ source: FilePath, as digest: SHA256Digest) throws {
        if try size(digest) != nil { return try FileTree.removeFile(source) }
        let target = path(digest)
        let folder = target.removingLastComponent()
        try FileTree.makeFolder(folder)
        do {
            try Self.flush(source)
            try FileTree.rename(source, to: target)
        } catch let error as SystemError where error.errno == .improperLink {
            try copy(source, to: target, digest)
            try FileTree.removeFile(source)
        }
        try FileTree.setMode(target, 0o444)
        try FileTree.flushFolder(folder)
    }

    /// From another file system: the copy is hashed again, since it is what will be served.
    private func copy(_ source: FilePath, to target: FilePath, _ digest: SHA256Digest) throws {
        let scratch = try FileTree.makeScratch(in: root, prefix: "incoming-")
        defer { try? FileTree.remove(scratch) }
        let copy = scratch.appending("blob")
        try FileTree.copyFile(source, to: copy)
        let actual = try Self.digest(of: copy)
        guard actual == digest else { throw FarmError.wrongDigest(copy.string, expected: digest, actual: actual) }
        try Self.flush(copy)
        try FileTree.rename(copy, to: target)
    }

    /// Not an error when it is not there.
    package func remove(_ digest: SHA256Digest) throws { try FileTree.removeFile(path(digest)) }

    /// All digests that have a file, by folder, in order. What has another name is left out.
    package func digests(inFolder prefix: String) throws -> [SHA256Digest] {
        let folder = root.appending("sha256").appending(prefix)
        guard FileTree.exists(folder) else { return [] }
        return try FileTree.names(in: folder).compactMap { SHA256Digest(hex: $0) }
    }

    /// The folders that blobs are in: `00` to `ff`, those that are there.
    package func folders() throws -> [String] {
        let root = root.appending("sha256")
        return FileTree.exists(root) ? try FileTree.names(in: root).filter { $0.utf8.count == 2 } : []
    }

    /// Of all files together. Blocking, and a look at each.
    package func bytes() throws -> Int {
        var total = 0
        for folder in try folders() {
            for digest in try digests(inFolder: folder) { total += try size(digest) ?? 0 }
        }
        return total
    }

    package static func digest(of path: FilePath) throws -> SHA256Digest {
        let file = try open(path)
        defer { try? file.close() }
        var hasher = SHA256Hasher()
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        do {
            while case let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                chunk.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
        } catch let error as Errno {
            throw SystemError("read", path, errno: error)
        }
        return hasher.finish()
    }

    private static func flush(_ path: FilePath) throws {
        let file = try open(path)
        defer { try? file.close() }
        guard fsync(file.rawValue) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
    }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch let error as Errno {
            throw SystemError("open", path, errno: error)
        }
    }
}
