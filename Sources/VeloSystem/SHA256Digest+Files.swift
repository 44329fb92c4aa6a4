import Glibc
package import SystemPackage

extension SHA256Digest {
    /// Of a whole file; flushed to disk besides, if wanted. Blocking.
    package static func ofFile(_ path: FilePath, flushes: Bool = false) throws(SystemError) -> SHA256Digest {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SystemError("read", path, errno: Errno(rawValue: errno))
            }
            unsafe buffer.withUnsafeBytes { unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        if flushes, fdatasync(descriptor) != 0 { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        return hasher.finish()
    }
}
