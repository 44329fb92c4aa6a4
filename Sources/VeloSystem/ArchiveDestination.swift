import CVeloShims
import Glibc
package import SystemPackage

/// A new folder that an archive is unpacked into, and that nothing done here can leave.
///
/// Every path is opened below the folder's own descriptor and never through a symbolic link: the kernel refuses with
/// `ELOOP`. Paths are relative, without `..` (`EntryPath` in VeloCore makes them so). Missing parents are created.
/// Blocking; used from one thread at a time.
package struct ArchiveDestination: ~Copyable {
    package let path: FilePath
    private let root: OpenFolder
    /// The parent of the last entry: archives go folder by folder.
    private var parent: (path: String, folder: OpenFolder)?

    /// Creates the folder, which must not exist yet.
    package init(creating path: FilePath) throws(SystemError) {
        guard unsafe mkdir(path.string, 0o755) == 0 else {
            throw SystemError("mkdir", path, errno: Errno(rawValue: errno))
        }
        let root = unsafe open(path.string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        self.path = path
        self.root = OpenFolder(root)
    }

    /// Creates a folder that only its owner can use until `finishFolder`. Not an error when it is there.
    package mutating func makeFolder(_ entry: String) throws(SystemError) {
        let (folder, name) = try openParent(of: entry)
        let parent = folder.descriptor
        guard unsafe mkdirat(parent, name, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", entry) }
        // What is there may be a file or a link: only a folder can be opened so.
        let descriptor = unsafe openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("mkdir", entry) }
        close(descriptor)
    }

    /// Gives a folder its final mode and time; after its contents, which both would get in the way of.
    package mutating func finishFolder(_ entry: String, mode: UInt32, modified: Int) throws(SystemError) {
        let folder = try openFolder(entry)
        try finish(folder.descriptor, entry, mode: mode, modified: modified)
    }

    /// Creates a file with these contents. An error when anything has that name already.
    package mutating func makeFile(
        _ entry: String, _ bytes: [UInt8], mode: UInt32, modified: Int
    ) throws(SystemError) {
        let descriptor = try create(entry)
        defer { close(descriptor) }
        try FileTree.writeAll(bytes, to: descriptor, path.appending(entry))
        try finish(descriptor, entry, mode: mode, modified: modified)
    }

    /// Creates a file with bytes that were already read from the archive's current entry, and the rest of that entry.
    /// Returns the file's size.
    package mutating func makeFile(
        _ entry: String, _ head: [UInt8], restOf reader: inout ArchiveReader, limit: Int, mode: UInt32, modified: Int
    ) throws -> Int {
        let descriptor = try create(entry)
        defer { close(descriptor) }
        try FileTree.writeAll(head, to: descriptor, path.appending(entry))
        let size = try reader.copyRest(to: descriptor, file: entry, limit: limit)
        // The content may end with a hole, which nothing was written for.
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("write", entry) }
        try finish(descriptor, entry, mode: mode, modified: modified)
        return size
    }

    package mutating func makeLink(_ entry: String, to target: String) throws(SystemError) {
        let (parent, name) = try openParent(of: entry)
        guard unsafe symlinkat(target, parent.descriptor, name) == 0 else { throw failure("symlink", entry) }
    }

    /// Gives another name to a file that was made before.
    package mutating func makeHardLink(_ entry: String, to existing: String) throws(SystemError) {
        let (folder, existingName) = Self.split(existing)
        let source = try openFolder(folder)
        let (parent, name) = try openParent(of: entry)
        guard unsafe linkat(source.descriptor, existingName, parent.descriptor, name, 0) == 0 else {
            throw failure("link", entry)
        }
    }

    /// Removes a file or link. Not an error when nothing is there.
    package mutating func removeFile(_ entry: String) throws(SystemError) {
        let (parent, name) = try openParent(of: entry)
        guard unsafe unlinkat(parent.descriptor, name, 0) == 0 || errno == ENOENT else {
            throw failure("unlink", entry)
        }
    }

    private mutating func create(_ entry: String) throws(SystemError) -> Int32 {
        let (parent, name) = try openParent(of: entry)
        let descriptor = unsafe openat(
            parent.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", entry) }
        return descriptor
    }

    private func finish(_ descriptor: Int32, _ entry: String, mode: UInt32, modified: Int) throws(SystemError) {
        guard fchmod(descriptor, mode) == 0 else { throw failure("chmod", entry) }
        let times = [timespec(tv_sec: modified, tv_nsec: 0), timespec(tv_sec: modified, tv_nsec: 0)]
        _ = unsafe futimens(descriptor, times)
    }

    /// The entry's parent, which is made if it is missing, and the entry's own name.
    mutating func openParent(of entry: String) throws(SystemError) -> (OpenFolder, String) {
        let (folder, name) = Self.split(entry)
        if folder == "." { return (root, name) }
        if let parent, parent.path == folder { return (parent.folder, name) }
        let opened = try openFolder(folder)
        parent = (folder, opened)
        return (opened, name)
    }

    private func openFolder(_ folder: String) throws(SystemError) -> OpenFolder {
        if folder == "." { return root }
        let descriptor = unsafe velo_open_beneath(root.descriptor, folder, O_RDONLY | O_DIRECTORY, 0)
        if descriptor >= 0 { return OpenFolder(descriptor) }
        let error = errno
        // Something is missing on the way; or the kernel, or the container's seccomp filter, is older than openat2.
        guard error == ENOENT || error == ENOSYS || error == EPERM else { throw failure("open", folder) }
        return OpenFolder(try walk(to: folder))
    }

    /// Opens a folder one name at a time, creating what is missing. As safe as openat2, and slower.
    private func walk(to folder: String) throws(SystemError) -> Int32 {
        var current = fcntl(root.descriptor, F_DUPFD_CLOEXEC, 0)
        for name in folder.split(separator: "/") where current >= 0 {
            let outer = current
            defer { close(outer) }
            guard unsafe mkdirat(outer, String(name), 0o755) == 0 || errno == EEXIST else {
                throw failure("mkdir", folder)
            }
            current = unsafe openat(outer, String(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard current >= 0 else { throw failure("open", folder) }
        return current
    }

    private static func split(_ entry: String) -> (parent: String, name: String) {
        guard let slash = entry.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", entry) }
        return (String(entry[..<slash]), String(entry[entry.utf8.index(after: slash)...]))
    }

    private func failure(_ call: String, _ entry: String) -> SystemError {
        let error = Errno(rawValue: errno)
        return SystemError(call, path.appending(entry), errno: error)
    }
}
