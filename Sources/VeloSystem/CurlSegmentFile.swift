import CVeloShims
import Glibc
package import SystemPackage

/// A file that several streams write at once, each in its own place.
///
/// Stays on disk when it is released: a later run goes on with what its journal says is there.
// Used on the engine's thread; the hasher reads through a descriptor of its own.
@safe package final class CurlSegmentFile {
    package let path: FilePath
    let descriptor: Int32

    /// Opens it, or makes it, for nobody else to write at the same time: it is locked until it is released.
    ///
    /// - Throws: `SystemError`, with `flock` and `.wouldBlock` when somebody has it.
    package init(opening path: FilePath) throws(SystemError) {
        while true {
            let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = Errno(rawValue: errno)
                close(descriptor)
                throw SystemError("flock", path, errno: error)
            }
            // Whoever had it may have moved it to its name meanwhile.
            if Self.isCurrent(descriptor, path) {
                self.path = path
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    /// Whether somebody has it open just now.
    package static func isTaken(_ path: FilePath) -> Bool {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private static func isCurrent(_ descriptor: Int32, _ path: FilePath) -> Bool {
        var locked = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &locked) == 0, unsafe stat(path.string, &named) == 0 else { return false }
        return locked.st_ino == named.st_ino && locked.st_dev == named.st_dev
    }

    /// In bytes, with what was reserved.
    package func size() throws(SystemError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw SystemError("stat", path, errno: Errno(rawValue: errno))
        }
        return Int(status.st_size)
    }

    /// Makes it `size` bytes long, with room for all of them on disk: a disk that is too small says so now.
    ///
    /// Larger files are reserved, small ones only grow: for them the call costs more than it brings.
    package func reserve(_ size: Int) throws(SystemError) {
        let worthwhile = 1 << 20
        if size >= worthwhile {
            let code = velo_reserve(descriptor, size)
            if code == ENOSPC || code == EFBIG || code == EDQUOT {
                throw SystemError("write", path, errno: Errno(rawValue: code))
            }
        }
        // What an earlier, longer version has left goes; where reserving is not supported, the length is set.
        try truncate(to: size)
    }

    package func truncate(to size: Int) throws(SystemError) {
        guard ftruncate(descriptor, size) == 0 else {
            throw SystemError("write", path, errno: Errno(rawValue: errno))
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let length = unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
            if length < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", path, errno: Errno(rawValue: errno))
            }
            done += length
        }
    }

    /// Flushes the file's bytes to disk. That can take seconds: it is done on a thread of its own.
    package func flush() async throws {
        let (duplicate, path) = (fcntl(descriptor, F_DUPFD_CLOEXEC, 0), path)
        guard duplicate >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        try await BlockingThread.run {
            defer { close(duplicate) }
            guard fdatasync(duplicate) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        }
    }
}

/// Collects what one stream brings and writes it in larger pieces: libcurl hands over 16 KiB at a time.
@safe package final class CurlSegmentWriter {
    private let file: CurlSegmentFile
    private let buffer: UnsafeMutableRawBufferPointer
    private var fill = 0
    /// Where the next byte goes that is not written yet.
    package private(set) var written: Int
    /// Where the next byte goes that has not come yet.
    package var position: Int { written + fill }

    package init(_ file: CurlSegmentFile, at offset: Int, capacity: Int = 256 << 10) {
        self.file = file
        written = offset
        unsafe buffer = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { unsafe buffer.deallocate() }

    /// Takes bytes; true when some were written through to the file.
    package func append(_ bytes: RawSpan) throws(SystemError) -> Bool {
        try unsafe bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws(SystemError) -> Bool in
            var rest = unsafe bytes[...]
            var hasWritten = false
            while unsafe !rest.isEmpty {
                let part = unsafe rest.prefix(buffer.count - fill)
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[fill...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: part))
                unsafe fill += part.count
                unsafe rest = rest.dropFirst(part.count)
                if unsafe fill == buffer.count { hasWritten = try flush() || hasWritten }
            }
            return hasWritten
        }
    }

    /// Writes what is collected; false when there was nothing.
    @discardableResult
    package func flush() throws(SystemError) -> Bool {
        guard fill > 0 else { return false }
        try unsafe file.write(UnsafeRawBufferPointer(rebasing: buffer[..<fill]), at: written)
        written += fill
        fill = 0
        return true
    }
}
