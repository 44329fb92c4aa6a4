import Glibc
package import SystemPackage

extension FileTree {
    package static func makeHardLink(_ path: FilePath, to target: FilePath) throws(SystemError) {
        guard unsafe link(target.string, path.string) == 0 else {
            throw SystemError("link", path, errno: Errno(rawValue: errno))
        }
    }

    /// The path without links; every component must exist.
    package static func realPath(_ path: FilePath) throws(SystemError) -> FilePath {
        guard let resolved = unsafe realpath(path.string, nil) else {
            throw SystemError("stat", path, errno: Errno(rawValue: errno))
        }
        defer { unsafe free(resolved) }
        return unsafe FilePath(String(cString: resolved))
    }

    package static func setModifiedNow(_ path: FilePath) {
        _ = unsafe utimensat(AT_FDCWD, path.string, nil, 0)
    }
}
