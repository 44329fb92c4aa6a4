import Glibc
package import SystemPackage

extension FileTree {
    /// Whether this process may create files in a folder: its mode, its owner and its file system considered.
    package static func isWritable(_ folder: FilePath) -> Bool { unsafe access(folder.string, W_OK | X_OK) == 0 }

    package static func isExecutable(_ file: FilePath) -> Bool { unsafe access(file.string, X_OK) == 0 }

    /// Whether a file, or what a link leads to, can be read.
    package static func isReadable(_ path: FilePath) -> Bool { unsafe access(path.string, R_OK) == 0 }
}
