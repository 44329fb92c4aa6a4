import SystemPackage
import VeloSystem

/// One step of a transaction: small enough to have happened or not, and to be undone in either case.
///
/// Paths are relative to the prefix. Undoing is idempotent: it looks at what is there, so it can itself be interrupted.
package enum Change: Codable, Sendable, Equatable {
    case makeFolder(String)
    /// Removes a folder if it is empty.
    case removeFolder(String)
    case makeLink(String, target: String)
    case removeLink(String, target: String)
    /// By rename, within the prefix.
    case move(String, to: String)

    func apply(in prefix: Prefix) throws(SystemError) {
        switch self {
        case .makeFolder(let path): try FileTree.makeFolder(prefix.absolute(path))
        case .removeFolder(let path): try FileTree.removeEmptyFolder(prefix.absolute(path))
        case .makeLink(let path, let target): try FileTree.makeLink(prefix.absolute(path), to: target)
        case .removeLink(let path, _): try FileTree.removeFile(prefix.absolute(path))
        case .move(let source, let target):
            try FileTree.rename(prefix.absolute(source), to: prefix.absolute(target))
        }
    }

    func undo(in prefix: Prefix) throws(SystemError) {
        switch self {
        case .makeFolder(let path):
            try FileTree.removeEmptyFolder(prefix.absolute(path))
        case .removeFolder(let path):
            if try FileTree.status(prefix.absolute(path)) == nil { try FileTree.makeFolder(prefix.absolute(path)) }
        case .makeLink(let path, let target):
            let link = prefix.absolute(path)
            guard try FileTree.status(link)?.kind == .link, try FileTree.readLink(link) == target else { return }
            try FileTree.removeFile(link)
        case .removeLink(let path, let target):
            let link = prefix.absolute(path)
            if try FileTree.status(link) == nil { try FileTree.makeLink(link, to: target) }
        case .move(let source, let target):
            guard try FileTree.status(prefix.absolute(source)) == nil,
                try FileTree.status(prefix.absolute(target)) != nil
            else { return }
            try FileTree.rename(prefix.absolute(target), to: prefix.absolute(source))
        }
    }
}

extension Prefix {
    /// The changes that make the missing folders above a path.
    func makingFolders(for path: String) -> [Change] {
        var changes: [Change] = []
        for (index, byte) in zip(path.utf8.indices, path.utf8) where byte == UInt8(ascii: "/") {
            let folder = String(path[..<index])
            if !FileTree.exists(absolute(folder)) { changes.append(.makeFolder(folder)) }
        }
        return changes
    }
}
