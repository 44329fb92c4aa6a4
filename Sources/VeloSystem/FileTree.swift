import Glibc
package import SystemPackage

/// What a path is, without following a link at its end.
package struct FileStatus: Sendable {
    package enum Kind: Sendable { case file, folder, link, other }
    package var kind: Kind
    package var size: Int
    /// Permission bits, with setuid, setgid and sticky.
    package var mode: UInt32
    /// Seconds since 1970.
    package var modified: Int
    /// The part of the time below a second.
    package var modifiedNanoseconds: Int
    package var device: UInt64
    package var inode: UInt64
    package var linkCount: Int
    package var owner: UInt32
}

/// Files and folders, each failure naming its path. Blocking.
package enum FileTree {
    /// Nil when nothing is there.
    package static func status(_ path: FilePath, followLinks: Bool = false) throws(SystemError) -> FileStatus? {
        var buffer = stat()
        let code = unsafe followLinks ? stat(path.string, &buffer) : lstat(path.string, &buffer)
        guard code == 0 else {
            let error = Errno(rawValue: errno)
            if error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
            throw SystemError("stat", path, errno: error)
        }
        return FileStatus(buffer)
    }

    package static func exists(_ path: FilePath) -> Bool { unsafe access(path.string, F_OK) == 0 }

    /// Creates a folder and whatever is missing above it.
    package static func makeFolder(_ path: FilePath, mode: UInt32 = 0o755) throws(SystemError) {
        if unsafe mkdir(path.string, mode) == 0 { return }
        let error = Errno(rawValue: errno)
        switch error {
        case .fileExists:
            guard try status(path, followLinks: true)?.kind == .folder else {
                throw SystemError("mkdir", path, errno: .notDirectory)
            }
        case .noSuchFileOrDirectory:
            let parent = path.removingLastComponent()
            guard !parent.isEmpty, parent != path else { throw SystemError("mkdir", path, errno: error) }
            try makeFolder(parent, mode: mode)
            if unsafe mkdir(path.string, mode) != 0 && errno != EEXIST {
                throw SystemError("mkdir", path, errno: Errno(rawValue: errno))
            }
        default:
            throw SystemError("mkdir", path, errno: error)
        }
    }

    /// A new, empty folder of our own in `parent`, mode 0700.
    package static func makeScratch(in parent: FilePath, prefix: String) throws(SystemError) -> FilePath {
        try makeFolder(parent)
        var template = Array(parent.appending("\(prefix)XXXXXX").string.utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SystemError("mkdir", parent, errno: Errno(rawValue: errno))
        }
        return FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// The first `limit` bytes of a file.
    package static func read(_ path: FilePath, limit: Int = .max) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        return try contents(of: descriptor, path.string, limit: limit)
    }

    /// What is left to read of an open file, `limit` bytes at most.
    static func contents(of descriptor: Int32, _ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        var buffer = stat()
        _ = unsafe fstat(descriptor, &buffer)
        // Files that have no size of their own, as in `/proc`, grow as they are read.
        let size = buffer.st_mode & S_IFMT == S_IFREG ? Int(buffer.st_size) : 0
        var capacity = min(size > 0 ? size : 1 << 12, limit)
        var bytes: [UInt8] = []
        while true {
            let known = bytes
            var failure: Errno?
            bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { memory, filled in
                for index in known.indices { unsafe memory[index] = known[index] }
                filled = known.count
                while filled < capacity {
                    let count = unsafe Glibc.read(
                        descriptor, memory.baseAddress.map { unsafe $0 + filled }, capacity - filled)
                    if count > 0 {
                        filled += count
                    } else if count == 0 {
                        return
                    } else if errno != EINTR {
                        failure = Errno(rawValue: errno)
                        return
                    }
                }
            }
            if let failure { throw SystemError("read", path, errno: failure) }
            if bytes.count < capacity || capacity == limit || bytes.count == size { return bytes }
            capacity = min(capacity * 2, limit)
        }
    }

    package static func readText(_ path: FilePath) throws(SystemError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Writes a file in place. Use `replace` where a reader could see it half written.
    package static func write(_ bytes: [UInt8], to path: FilePath, mode: UInt32 = 0o644) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path)
    }

    /// Writes over a file without emptying it first: who is killed leaves the old bytes or the new ones, and perhaps the
    /// end of a longer old version behind the new one.
    package static func overwrite(_ bytes: [UInt8], to path: FilePath, mode: UInt32 = 0o644) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path)
        ftruncate(descriptor, bytes.count)
    }

    /// Writes a file beside the old one, flushes it, and moves it into place: readers see all of it or none.
    package static func replace(_ path: FilePath, with bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        let parent = path.removingLastComponent()
        var template = Array(parent.appending(".\(path.lastComponent?.string ?? "file").XXXXXX").string.utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        let temporary = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        do throws(SystemError) {
            defer { close(descriptor) }
            guard fchmod(descriptor, mode) == 0 else { throw SystemError("chmod", path, errno: Errno(rawValue: errno)) }
            try writeAll(bytes, to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
            try rename(temporary, to: path)
        } catch {
            _ = unsafe unlink(temporary.string)
            throw error
        }
    }

    package static func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: FilePath) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", path, errno: Errno(rawValue: errno))
            }
            done += count
        }
    }

    package static func rename(_ source: FilePath, to target: FilePath) throws(SystemError) {
        guard unsafe Glibc.rename(source.string, target.string) == 0 else {
            throw SystemError("rename", target, errno: Errno(rawValue: errno))
        }
    }

    package static func makeLink(_ path: FilePath, to target: String) throws(SystemError) {
        guard unsafe symlink(target, path.string) == 0 else {
            throw SystemError("symlink", path, errno: Errno(rawValue: errno))
        }
    }

    package static func readLink(_ path: FilePath) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe $0.bindMemory(to: CChar.self).baseAddress.map { unsafe readlink(path.string, $0, 4096) } ?? -1
        }
        guard count >= 0 else { throw SystemError("readlink", path, errno: Errno(rawValue: errno)) }
        return String(decoding: buffer[0..<count], as: UTF8.self)
    }

    /// Removes a file or link. Not an error when nothing is there.
    package static func removeFile(_ path: FilePath) throws(SystemError) {
        guard unsafe unlink(path.string) == 0 || errno == ENOENT else {
            throw SystemError("unlink", path, errno: Errno(rawValue: errno))
        }
    }

    /// Removes a folder if it is empty and its owner lets us; says whether it did.
    @discardableResult
    package static func removeEmptyFolder(_ path: FilePath) throws(SystemError) -> Bool {
        if unsafe rmdir(path.string) == 0 { return true }
        let error = Errno(rawValue: errno)
        let staying: [Errno] = [
            .directoryNotEmpty, .fileExists, .noSuchFileOrDirectory, .notDirectory, .resourceBusy, .permissionDenied,
            .notPermitted, .readOnlyFileSystem, .invalidArgument,
        ]
        guard staying.contains(error) else { throw SystemError("rmdir", path, errno: error) }
        return false
    }

    package static func setMode(_ path: FilePath, _ mode: UInt32) throws(SystemError) {
        guard unsafe chmod(path.string, mode) == 0 else {
            throw SystemError("chmod", path, errno: Errno(rawValue: errno))
        }
    }

    /// Flushes a folder, so that the names in it survive a power cut.
    package static func flushFolder(_ path: FilePath) throws(SystemError) {
        let descriptor = unsafe open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
    }
}
