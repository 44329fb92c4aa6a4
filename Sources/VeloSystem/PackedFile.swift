import CLibDeflate
import CLibZstd
import Glibc
package import SystemPackage

/// Compresses a finished file into another, in one call each: both are mapped, so neither is held in memory by us.
/// The same bytes for the same input and version of the library. Blocking.
package enum PackedFile {
    /// gzip by libdeflate: smaller than zlib at the same level, and more than twice as fast.
    ///
    /// - Parameters:
    ///   - name: The name in the header, which is part of the digest.
    ///   - modified: Seconds since 1970, in the header.
    package static func gzip(
        _ source: FilePath, to target: FilePath, level: Int = 6, name: String, modified: Int
    ) throws -> WrittenArchive {
        let input = try MappedFile(reading: source)
        guard let compressor = unsafe libdeflate_alloc_compressor(Int32(level)) else {
            throw ArchiveError.unwritable(target, reason: "out of memory")
        }
        defer { unsafe libdeflate_free_compressor(compressor) }
        // RFC 1952, section 2.3: magic, method, flags, time, extra flags, system, then the name.
        var header: [UInt8] = [0x1f, 0x8b, 8, 8]
        for shift in stride(from: 0, to: 32, by: 8) { header.append(UInt8(truncatingIfNeeded: modified >> shift)) }
        header += [0, 3] + Array(name.utf8) + [0]
        let bytes = unsafe input.bytes
        let bound = unsafe header.count + libdeflate_deflate_compress_bound(compressor, bytes.count) + 8
        return try unsafe write(target, bound: bound) { output in
            unsafe output.copyBytes(from: header)
            let made = unsafe libdeflate_deflate_compress(
                compressor, bytes.baseAddress, bytes.count, output.baseAddress.map { unsafe $0 + header.count },
                output.count - header.count - 8)
            guard made > 0 else { throw ArchiveError.unwritable(target, reason: "it could not be compressed") }
            let checksum = unsafe libdeflate_crc32(0, bytes.baseAddress, bytes.count)
            var end = header.count + made
            for number in [checksum, UInt32(truncatingIfNeeded: bytes.count)] {
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    unsafe output[end] = UInt8(truncatingIfNeeded: number >> shift)
                    end += 1
                }
            }
            return end
        }
    }

    /// Zstandard with a window of 8 MB, which is the most that unpacking then takes.
    package static func zstd(_ source: FilePath, to target: FilePath, level: Int = 9) throws -> WrittenArchive {
        let input = try MappedFile(reading: source)
        guard let context = unsafe ZSTD_createCCtx() else {
            throw ArchiveError.unwritable(target, reason: "out of memory")
        }
        defer { unsafe ZSTD_freeCCtx(context) }
        let settings: [(ZSTD_cParameter, Int32)] = [
            (ZSTD_c_compressionLevel, Int32(level)), (ZSTD_c_windowLog, 23), (ZSTD_c_checksumFlag, 1),
            // With one worker or more the result is the same for any number of them.
            (ZSTD_c_nbWorkers, 2),
        ]
        for (parameter, value) in settings { _ = unsafe ZSTD_CCtx_setParameter(context, parameter, value) }
        let bytes = unsafe input.bytes
        return try unsafe write(target, bound: ZSTD_compressBound(bytes.count)) { output in
            let made = unsafe ZSTD_compress2(
                context, output.baseAddress, output.count, bytes.baseAddress, bytes.count)
            guard ZSTD_isError(made) == 0 else {
                throw ArchiveError.unwritable(target, reason: unsafe String(cString: ZSTD_getErrorName(made)))
            }
            return made
        }
    }

    /// Writes a file of at most `bound` bytes, hashes and flushes it. Nothing is left of it when this throws.
    private static func write(
        _ path: FilePath, bound: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> WrittenArchive {
        do {
            let output = try MappedFile(creating: path, size: bound)
            let size = try unsafe body(output.writable)
            var hasher = SHA256Hasher()
            unsafe hasher.update(UnsafeRawBufferPointer(rebasing: output.bytes[0..<size]))
            try output.truncate(to: size)
            return WrittenArchive(size: size, digest: hasher.finish())
        } catch {
            _ = unsafe unlink(path.string)
            throw error
        }
    }
}

/// A file in the address space. Its owner sees to it that nobody shortens it meanwhile.
@safe private final class MappedFile {
    private let path: FilePath
    private let descriptor: Int32
    private let pointer: UnsafeMutableRawPointer?
    private let count: Int

    convenience init(reading path: FilePath) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        var status = stat()
        _ = unsafe fstat(descriptor, &status)
        try self.init(path, descriptor, Int(status.st_size), PROT_READ)
    }

    /// All of its blocks are reserved, so that a full disk is an error here and not a signal later.
    convenience init(creating path: FilePath, size: Int) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        let code = posix_fallocate(descriptor, 0, off_t(size))
        guard code == 0 else {
            close(descriptor)
            throw SystemError("write", path, errno: Errno(rawValue: code))
        }
        try self.init(path, descriptor, size, PROT_READ | PROT_WRITE)
    }

    private init(_ path: FilePath, _ descriptor: Int32, _ count: Int, _ protection: Int32) throws(SystemError) {
        self.path = path
        self.descriptor = descriptor
        self.count = count
        guard count > 0 else {
            unsafe pointer = nil
            return
        }
        let mapped = unsafe mmap(nil, count, protection, MAP_SHARED, descriptor, 0)
        guard unsafe mapped != MAP_FAILED else {
            let error = errno
            unsafe pointer = nil
            throw SystemError("read", path, errno: Errno(rawValue: error))
        }
        unsafe pointer = mapped
    }

    deinit {
        if let pointer = unsafe pointer { unsafe munmap(pointer, count) }
        close(descriptor)
    }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: pointer, count: count) }
    var writable: UnsafeMutableRawBufferPointer { unsafe UnsafeMutableRawBufferPointer(start: pointer, count: count) }

    func truncate(to size: Int) throws(SystemError) {
        guard ftruncate(descriptor, off_t(size)) == 0, fsync(descriptor) == 0 else {
            throw SystemError("fsync", path, errno: Errno(rawValue: errno))
        }
    }
}
