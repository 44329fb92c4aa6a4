import CVeloShims
import Glibc
package import SystemPackage

extension FileTree {
    /// A name in a folder, and what it is.
    package struct Entry: Sendable {
        package var name: String
        package var kind: FileStatus.Kind
    }

    /// What is in a folder, as the file system gives it, without `.` and `..`.
    package static func entries(in path: FilePath) throws(SystemError) -> [Entry] {
        guard let stream = unsafe opendir(path.string) else {
            throw SystemError("opendir", path, errno: Errno(rawValue: errno))
        }
        defer { unsafe closedir(stream) }
        var entries: [Entry] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard name != "." && name != ".." else { continue }
            let kind: FileStatus.Kind
            switch Int32(unsafe entry.pointee.d_type) {
            case Int32(DT_REG): kind = .file
            case Int32(DT_DIR): kind = .folder
            case Int32(DT_LNK): kind = .link
            // Some file systems do not say.
            case Int32(DT_UNKNOWN): kind = try status(path.appending(name))?.kind ?? .other
            default: kind = .other
            }
            entries.append(Entry(name: name, kind: kind))
        }
        return entries
    }

    /// Names in a folder, sorted by bytes, without `.` and `..`.
    package static func names(in path: FilePath) throws(SystemError) -> [String] {
        try entries(in: path).map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Visits everything below `root`, parents first, in byte order of the names; links are visited, not followed.
    /// The visitor gets the path relative to `root`, and returns false to stay out of a folder.
    package static func walk(
        _ root: FilePath, _ visit: (_ relative: String, FilePath, FileStatus) throws -> Bool
    ) throws {
        func descend(_ folder: FilePath, _ prefix: String) throws {
            for name in try names(in: folder) {
                let path = folder.appending(name)
                guard let status = try status(path) else { continue }
                let relative = prefix.isEmpty ? name : "\(prefix)/\(name)"
                if try visit(relative, path, status), status.kind == .folder { try descend(path, relative) }
            }
        }
        try descend(root, "")
    }

    /// Removes a path and everything below it, whatever the modes. Not an error when nothing is there.
    package static func remove(_ path: FilePath) throws(SystemError) {
        guard let status = try status(path) else { return }
        guard status.kind == .folder else { return try removeFile(path) }
        if status.mode & 0o700 != 0o700 { _ = unsafe chmod(path.string, status.mode | 0o700) }
        for name in try names(in: path) { try remove(path.appending(name)) }
        guard unsafe rmdir(path.string) == 0 || errno == ENOENT else {
            throw SystemError("rmdir", path, errno: Errno(rawValue: errno))
        }
    }

    /// Copies a file's bytes and mode; a clone where the file system can.
    package static func copyFile(_ source: FilePath, to target: FilePath) throws(SystemError) {
        guard let status = try status(source, followLinks: true) else {
            throw SystemError("open", source, errno: .noSuchFileOrDirectory)
        }
        let input = unsafe open(source.string, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw SystemError("open", source, errno: Errno(rawValue: errno)) }
        defer { close(input) }
        let output = unsafe open(target.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, status.mode & 0o777 | 0o200)
        guard output >= 0 else { throw SystemError("open", target, errno: Errno(rawValue: errno)) }
        defer { close(output) }
        if velo_copy_contents(input, output) != 0 {
            let error = Errno(rawValue: errno)
            // Across file systems, or one that does not offer it: plain bytes.
            guard error != .noSpace else { throw SystemError("write", target, errno: error) }
            ftruncate(output, 0)
            lseek(output, 0, SEEK_SET)
            try writeAll(try read(source), to: output, target)
        }
        guard fchmod(output, status.mode & 0o777) == 0 else {
            throw SystemError("chmod", target, errno: Errno(rawValue: errno))
        }
    }

    /// Copies a file, a link or a whole folder; modification times are kept.
    package static func copyTree(_ source: FilePath, to target: FilePath) throws(SystemError) {
        guard let status = try status(source) else { throw SystemError("open", source, errno: .noSuchFileOrDirectory) }
        switch status.kind {
        case .link:
            try makeLink(target, to: try readLink(source))
        case .folder:
            try makeFolder(target)
            for name in try names(in: source) { try copyTree(source.appending(name), to: target.appending(name)) }
            try setMode(target, status.mode)
            setModified(target, status.modified)
        case .file:
            try copyFile(source, to: target)
            setModified(target, status.modified)
        case .other:
            throw SystemError("open", source, errno: .notSupported)
        }
    }

    /// Sets the modification time, in seconds since 1970, without following a link.
    package static func setModified(_ path: FilePath, _ seconds: Int) {
        let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        _ = unsafe utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW)
    }
}
