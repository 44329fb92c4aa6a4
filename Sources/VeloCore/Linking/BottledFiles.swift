import SystemPackage
import VeloSystem

/// Files that a bottle brings for the prefix's own `etc` and `var`, below `.bottle` in the keg: copied, not linked,
/// because their owner edits them.
struct BottledFiles {
    let prefix: Prefix
    let keg: Keg

    /// The changes that put the files in place. The copies are made in `scratch` at once.
    ///
    /// A file that somebody changed stays, and ours goes beside it as `NAME.default`; one that is as another version
    /// left it is replaced.
    func changes(scratch: FilePath) throws -> [Change] {
        var changes: [Change] = []
        var count = 0
        // A name in the scratch folder, relative to the prefix.
        func spare() throws -> String {
            count += 1
            let path = scratch.appending("\(keg.name)-\(count)")
            guard let relative = prefix.relative(path) else { throw TransactionError.foreignScratch(scratch) }
            return relative
        }
        func place(_ source: FilePath, at path: String) throws {
            if try FileTree.status(prefix.absolute(path)) != nil { changes.append(.move(path, to: try spare())) }
            let copy = try spare()
            try FileTree.copyFile(source, to: prefix.absolute(copy))
            changes += prefix.makingFolders(for: path) + [.move(copy, to: path)]
        }
        for tree in ["etc", "var"] {
            let root = keg.location.appending(".bottle").appending(tree)
            guard try FileTree.status(root)?.kind == .folder else { continue }
            try FileTree.walk(root) { rest, source, status in
                let path = "\(tree)/\(rest)"
                let target = prefix.absolute(path)
                if status.kind == .folder {
                    if !FileTree.exists(target) { changes += prefix.makingFolders(for: path) + [.makeFolder(path)] }
                    return true
                }
                guard status.kind == .file else { return false }
                guard let present = try FileTree.status(target, followLinks: true) else {
                    try place(source, at: path)
                    return false
                }
                guard present.kind == .file, try FileTree.read(target) != FileTree.read(source) else { return false }
                let beside = "\(path).default"
                if try isUntouched(target, path) {
                    try place(source, at: path)
                } else if try FileTree.status(prefix.absolute(beside))?.kind != .folder {
                    try place(source, at: beside)
                }
                return false
            }
        }
        return changes
    }

    /// Whether a file is as another version of the formula brought it.
    private func isUntouched(_ target: FilePath, _ path: String) throws -> Bool {
        for other in try prefix.kegs(keg.name) where other != keg {
            let original = other.location.appending(".bottle").pushing(FilePath(path))
            if FileTree.exists(original), try FileTree.read(original) == FileTree.read(target) { return true }
        }
        return false
    }
}
