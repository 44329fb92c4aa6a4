import Glibc
package import SystemPackage

/// A folder that stays open until its last user is done: asking about many files in it costs less than asking for each
/// by its whole path, and files in it can be made by other threads than the one that opened it. Blocking.
package final class OpenFolder: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    package init(_ path: FilePath) throws(SystemError) {
        descriptor = unsafe open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
    }

    deinit { close(descriptor) }

    /// Of the file that a path within the folder stands for, behind links; nil where there is none, or none that can
    /// be asked about.
    package func status(_ path: String) -> FileStatus? {
        var buffer = stat()
        guard unsafe fstatat(descriptor, path, &buffer, 0) == 0 else { return nil }
        return FileStatus(buffer)
    }

    /// The first `limit` bytes of the file that a path within the folder stands for, behind links.
    package func read(_ path: String, limit: Int = .max) throws(SystemError) -> [UInt8] {
        let file = unsafe openat(descriptor, path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(file) }
        return try FileTree.contents(of: file, path, limit: limit)
    }
}

extension FileStatus {
    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = Int(status.st_size)
        mode = status.st_mode & 0o7777
        modified = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        linkCount = Int(status.st_nlink)
        owner = status.st_uid
    }
}
