package import SystemPackage

/// A call to the operating system that failed, with what it was asked to do and on which path.
package struct SystemError: Problem, Equatable {
    package var call: String
    package var path: String?
    package var errno: Errno

    package init(_ call: String, _ path: String? = nil, errno: Errno) {
        self.call = call
        self.path = path
        self.errno = errno
    }

    package init(_ call: String, _ path: FilePath, errno: Errno) {
        self.init(call, path.string, errno: errno)
    }

    package var summary: String {
        let verb = Self.verbs[call] ?? "`\(call)` failed"
        return path.map { "\(verb) `\($0)`: \(errno.description)" } ?? "\(verb): \(errno.description)"
    }

    package var hints: [String] {
        switch errno {
        case .permissionDenied, .notPermitted: ["check who owns it and its mode, or choose another folder"]
        case .readOnlyFileSystem: ["it is on a read-only file system; choose another folder"]
        case .noSpace: ["the disk is full; free some space and run the command again"]
        case .tooManyOpenFiles: ["raise the limit with `ulimit -n`"]
        default: []
        }
    }

    /// What each call was for, as a person would say it.
    private static let verbs: [String: String] = [
        "open": "could not open", "read": "could not read", "write": "could not write",
        "mkdir": "could not create the folder", "rename": "could not move into place", "unlink": "could not remove",
        "rmdir": "could not remove the folder", "symlink": "could not create the link",
        "readlink": "could not read the link",
        "link": "could not create the hard link", "opendir": "could not list the folder", "stat": "could not look at",
        "chmod": "could not change the mode of", "flock": "could not lock", "fsync": "could not flush to disk",
        "spawn": "could not start", "pipe": "could not create a pipe",
    ]
}
