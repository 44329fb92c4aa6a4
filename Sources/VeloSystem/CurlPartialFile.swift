import Glibc
package import SystemPackage

/// A file that grows from the front while its digest is computed: what has arrived of a download so far.
///
/// Stays on disk when it is released: the next attempt goes on where this one stopped.
package struct CurlPartialFile: ~Copyable {
    package let path: FilePath
    /// Bytes in the file; all of them are in the digest.
    package private(set) var count = 0
    private let descriptor: Int32
    private var hasher = SHA256Hasher()

    /// Opens a file, or creates it. What it holds already counts only after `absorb` has read it.
    package init(opening path: FilePath) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes up to `limit` bytes that an earlier run has left; false when there are no more.
    package mutating func absorb(limit: Int = 1 << 22) throws(SystemError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: limit)
        let length = unsafe buffer.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, count)
        }
        guard length >= 0 else { throw SystemError("read", path, errno: Errno(rawValue: errno)) }
        unsafe buffer.withUnsafeBytes { unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
        count += length
        return length > 0
    }

    /// Begins again with nothing.
    package mutating func restart() throws(SystemError) {
        guard ftruncate(descriptor, 0) == 0 else { throw SystemError("write", path, errno: Errno(rawValue: errno)) }
        count = 0
        hasher = SHA256Hasher()
    }

    package mutating func append(_ bytes: RawSpan) throws(SystemError) {
        try unsafe bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws(SystemError) in
            var done = 0
            while done < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
                let length = unsafe pwrite(descriptor, rest.baseAddress, rest.count, count + done)
                if length < 0 {
                    if errno == EINTR { continue }
                    throw SystemError("write", path, errno: Errno(rawValue: errno))
                }
                done += length
            }
            unsafe hasher.update(bytes)
            count += done
        }
    }

    /// The digest of everything in the file. Begins a new one, so it is the last thing to ask for.
    package mutating func finishDigest() -> SHA256Digest {
        var finished = SHA256Hasher()
        swap(&finished, &hasher)
        return finished.finish()
    }

    /// Of a whole file, which is flushed to disk besides. Blocking.
    package static func digest(of path: FilePath) throws(SystemError) -> SHA256Digest {
        var file = try CurlPartialFile(opening: path)
        while try file.absorb() {}
        guard fdatasync(file.descriptor) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        return file.finishDigest()
    }

    /// Flushes the file's bytes to disk. That can take seconds: it is done on a thread of its own.
    package func flush() async throws {
        // The descriptor outlives the call: this value is borrowed until it is over.
        let (descriptor, path) = (descriptor, path)
        try await BlockingThread.run {
            guard fdatasync(descriptor) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        }
    }
}
