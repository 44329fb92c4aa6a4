import Glibc
package import SystemPackage

/// The bytes of a file, mapped into memory: only the pages that are looked at are read. Or bytes that are in memory
/// already.
///
/// A mapped file must be replaced by renaming, never written in place. Every access is checked against the bounds.
package final class FileImage: Sendable {
    @safe
    private enum Storage: @unchecked Sendable {
        /// Nobody writes to the mapping, and it is given up with the image.
        case mapped(UnsafeRawBufferPointer)
        case bytes([UInt8])
    }

    private let storage: Storage
    package let count: Int

    package init(_ bytes: [UInt8]) {
        storage = .bytes(bytes)
        count = bytes.count
    }

    /// Nil when there is no such file.
    package init?(mapping path: FilePath) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = Errno(rawValue: errno)
            if error == .noSuchFileOrDirectory { return nil }
            throw SystemError("open", path, errno: error)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw SystemError("stat", path, errno: Errno(rawValue: errno))
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            storage = .bytes([])
            count = 0
            return
        }
        guard let start = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe start != MAP_FAILED
        else { throw SystemError("mmap", path, errno: Errno(rawValue: errno)) }
        unsafe storage = .mapped(UnsafeRawBufferPointer(start: start, count: size))
        count = size
    }

    deinit {
        if case .mapped(let buffer) = storage {
            _ = unsafe munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
        }
    }

    private func with<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        switch storage {
        case .mapped(let buffer): return unsafe body(UnsafeRawBufferPointer(rebasing: buffer[range]))
        case .bytes(let bytes):
            return unsafe bytes.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
    }

    /// A number of four bytes, lowest first; nil outside the bounds.
    package func number32(at offset: Int) -> Int? {
        guard offset >= 0, offset <= count - 4 else { return nil }
        return unsafe with(offset..<offset + 4) { Int(UInt32(littleEndian: unsafe $0.loadUnaligned(as: UInt32.self))) }
    }

    /// A number of eight bytes, lowest first.
    package func number64(at offset: Int) -> Int? {
        guard offset >= 0, offset <= count - 8 else { return nil }
        return unsafe with(offset..<offset + 8) { Int(truncatingIfNeeded: unsafe $0.loadUnaligned(as: Int64.self)) }
    }

    package func bytes(_ range: Range<Int>) -> [UInt8]? { unsafe with(range) { unsafe Array($0) } }

    package func text(_ range: Range<Int>) -> String? {
        unsafe with(range) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// How the bytes of a range stand to others: -1 before, 0 equal, 1 behind; nil outside the bounds.
    package func order(_ range: Range<Int>, _ other: [UInt8]) -> Int? {
        unsafe with(range) { own in
            let shared = min(own.count, other.count)
            for index in 0..<shared where unsafe own[index] != other[index] {
                return unsafe own[index] < other[index] ? -1 : 1
            }
            return own.count == other.count ? 0 : own.count < other.count ? -1 : 1
        }
    }

    /// The digest of a range; nil outside the bounds.
    package func digest(_ range: Range<Int>) -> SHA256Digest? {
        unsafe with(range) { bytes in
            var hasher = SHA256Hasher()
            unsafe hasher.update(bytes)
            return hasher.finish()
        }
    }
}
