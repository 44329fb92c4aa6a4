import SystemPackage
import VeloSystem

/// A prefix that bottles are built for where Homebrew's will not do: programs that hold its path work nowhere else.
package struct BuildPrefix: Sendable, Equatable {
    package let path: String

    /// Folders that a build sees something else in.
    private static let taken = [
        "/bin", "/build", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/rebuild", "/run", "/sbin", "/sys",
        "/tmp",
        "/usr", "/velo",
    ]

    /// - Throws: for what is no absolute path, and for one inside of what a build sees of the host.
    package init(_ path: String) throws {
        let normal = FilePath(path).lexicallyNormalized()
        guard normal.isAbsolute, !normal.components.isEmpty else { throw BuildPrefixError.relative(path) }
        if let folder = Self.taken.first(where: { normal.starts(with: FilePath($0)) }) {
            throw BuildPrefixError.taken(normal.string, folder: folder)
        }
        guard normal.string.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }) else {
            throw BuildPrefixError.characters(normal.string)
        }
        self.path = normal.string
    }

    /// Where a bottle is poured to be proven: a prefix as unlike the one it was built for as can be, and no longer.
    static func proof(for path: String) -> String {
        BuildLayout.Inside.proof.utf8.count <= path.utf8.count ? BuildLayout.Inside.proof : "/p"
    }
}

/// Why nothing is built for a prefix.
package enum BuildPrefixError: Problem {
    case relative(String)
    case taken(String, folder: String)
    case characters(String)

    package var summary: String {
        switch self {
        case .relative(let path): "the prefix `\(path)` is not an absolute path"
        case .taken(let path, let folder):
            "nothing can be built for the prefix `\(path)`: builds see the host's `\(folder)`"
        case .characters(let path):
            "nothing can be built for the prefix `\(path)`: "
                + "compilers and search paths need one of printable ASCII without spaces and colons"
        }
    }

    package var hints: [String] { ["name a folder such as `/opt/tools` or `/home/you/.velo`"] }
}
