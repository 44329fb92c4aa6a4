import CLibGit2

/// An entry of a tree, at a commit.
package struct GitFile {
    package enum Kind {
        case file
        /// A file that can be run.
        case program
        case link
        case folder
        /// A commit of another repository, whose files belong here.
        case submodule
    }

    /// From the top of the repository.
    package var path: String
    package var kind: Kind
    let id: git_oid

    package var isLink: Bool { kind == .link }
    /// Of a submodule: its commit, in hexadecimal.
    package var commit: String { withUnsafePointer(to: id) { GitRepository.hex($0) } }
}
