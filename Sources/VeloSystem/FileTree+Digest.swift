import Glibc
package import SystemPackage

extension FileTree {
    /// The SHA-256 of a file's bytes; reading it is all that is asked of the file. Blocking.
    package static func digest(_ path: FilePath) throws(SystemError) -> SHA256Digest {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read", path, errno: Errno(rawValue: errno))
            }
            if count == 0 { return hasher.finish() }
            unsafe buffer.withUnsafeBytes { bytes in
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
        }
    }
}
