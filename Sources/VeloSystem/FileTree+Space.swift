import Glibc
package import SystemPackage

extension FileTree {
    /// Bytes that this process may still write to the file system that a path is on; nil when it cannot be told.
    package static func freeBytes(_ path: FilePath) -> Int? {
        var space = statvfs()
        guard unsafe statvfs(path.string, &space) == 0 else { return nil }
        return Int(space.f_bavail) * Int(space.f_frsize)
    }
}
