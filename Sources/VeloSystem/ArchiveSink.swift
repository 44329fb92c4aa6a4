import Glibc
import SystemPackage

/// Where a new archive's bytes go: into a file, hashed on the way, with our own gzip header in place of libarchive's.
final class ArchiveSink {
    private let path: FilePath
    private let descriptor: Int32
    private var hasher: SHA256Hasher? = SHA256Hasher()
    private var size = 0
    private var isKept = false
    private(set) var failure: (any Error)?
    /// Our gzip header, and how many bytes of libarchive's are still to be dropped for it.
    private var header: [UInt8] = []
    private var dropped = 0

    init(_ path: FilePath) throws(SystemError) {
        descriptor = unsafe open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// RFC 1952, section 2.3: magic, method, flags, time, extra flags, system, then the name.
    func replacesGzipHeader(name: String?, modified: Int) {
        header = [0x1f, 0x8b, 8, name == nil ? 0 : 8]
        for shift in stride(from: 0, to: 32, by: 8) { header.append(UInt8(truncatingIfNeeded: modified >> shift)) }
        header += [0, 3]
        if let name { header += Array(name.utf8) + [0] }
        dropped = 10
    }

    /// False when the bytes could not be written; `failure` says why.
    func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            if !header.isEmpty {
                try write(header)
                header = []
            }
            let skipped = min(dropped, bytes.count)
            dropped -= skipped
            try write(unsafe Array(bytes[skipped...]))
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        try FileTree.writeAll(bytes, to: descriptor, path)
        hasher?.update(bytes)
        size += bytes.count
    }

    func keep() throws -> WrittenArchive {
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        guard let digest = hasher.take()?.finish() else { preconditionFailure("the archive `\(path)` ended twice") }
        isKept = true
        return WrittenArchive(size: size, digest: digest)
    }

    func discardUnlessKept() {
        if !isKept { _ = unsafe unlink(path.string) }
    }
}
