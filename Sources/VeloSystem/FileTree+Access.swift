import CVeloShims
import Glibc
package import SystemPackage

extension FileTree {
    /// Whether this process may create files in a folder: its mode, its owner and its file system considered.
    package static func isWritable(_ folder: FilePath) -> Bool { unsafe access(folder.string, W_OK | X_OK) == 0 }

    package static func isExecutable(_ file: FilePath) -> Bool { unsafe access(file.string, X_OK) == 0 }

    /// Whether a file, or what a link leads to, can be read.
    package static func isReadable(_ path: FilePath) -> Bool { unsafe access(path.string, R_OK) == 0 }

    /// Waits until everything on a folder's file system is on the disk: one flush for thousands of files.
    package static func flushFileSystem(of folder: FilePath) throws(SystemError) {
        let descriptor = unsafe open(folder.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", folder, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        guard velo_flush_file_system(descriptor) == 0 else {
            throw SystemError("fsync", folder, errno: Errno(rawValue: errno))
        }
    }
}
