import SystemPackage
import VeloSystem

/// Puts a keg's files into the prefix as links, and takes them out again.
///
/// Claims come first: a keg that cannot have a path gets none. Blocking.
package struct Linker: Sendable {
    private let prefix: Prefix

    package init(prefix: Prefix) { self.prefix = prefix }

    /// Links a keg, or for a keg-only one makes its `opt` link alone, and copies what it brings for `etc` and `var`.
    ///
    /// For a prefix that nobody else sees, such as a sandbox's: a failure undoes its own links, but a process that dies
    /// leaves them. The `Installer` uses a transaction instead.
    ///
    /// - Throws: `LinkError` for a conflict; then nothing has changed.
    package func link(_ keg: Keg, kegOnly: Bool, overwrite: [String] = [], aliases: [String] = []) throws {
        let scratch = try Transaction.makeScratch(in: prefix)
        // Only left-over copies can be in it.
        defer { try? FileTree.remove(scratch) }
        let links = try linkChanges(keg, kegOnly: kegOnly, overwrite: overwrite, aliases: aliases)
        try carryOut(links)
        do {
            try carryOut(
                try BottledFiles(prefix: prefix, keg: keg).changes(scratch: scratch) + LoaderLink.changes(in: prefix))
        } catch {
            for change in links.reversed() { try change.undo(in: prefix) }
            throw error
        }
    }

    /// Removes every link of a keg, and the folders that are empty then.
    package func unlink(_ keg: Keg) throws { try carryOut(try unlinkChanges(keg)) }

    private func carryOut(_ changes: [Change]) throws {
        var done: [Change] = []
        do {
            for change in changes {
                done.append(change)
                try change.apply(in: prefix)
            }
        } catch {
            for change in done.reversed() { try change.undo(in: prefix) }
            throw error
        }
    }

    /// What linking would change.
    func linkChanges(_ keg: Keg, kegOnly: Bool, overwrite: [String], aliases: [String]) throws -> [Change] {
        var changes: [Change] = []
        if !kegOnly {
            if let other = prefix.keg(linkedBy: prefix.linkedRecord(keg.name), of: keg.name), other != keg {
                throw LinkError.alreadyLinked(keg: keg.label, by: other.label)
            }
            let claims = try LinkClaims(
                of: keg, in: prefix, overwrite: overwrite, backup: "var/velo/backups/\(keg.name)-\(keg.pkgVersion)")
            guard claims.conflicts.isEmpty else {
                throw LinkError.conflicts(keg: keg.label, claims.conflicts, prefix: prefix.path)
            }
            changes = claims.changes
        }
        for name in [keg.name] + aliases.filter({ !FileTree.exists(prefix.rack($0)) }) {
            changes += try record("opt/\(name)", keg)
        }
        if !kegOnly { changes += try record("var/homebrew/linked/\(keg.name)", keg) }
        return changes
    }

    /// The changes that make a record lead to a keg.
    private func record(_ path: String, _ keg: Keg) throws -> [Change] {
        let target = LinkClaims.target(from: path, to: keg.path)
        let location = prefix.absolute(path)
        switch try FileTree.status(location)?.kind {
        case nil:
            return prefix.makingFolders(for: path) + [.makeLink(path, target: target)]
        case .link:
            let present = try FileTree.readLink(location)
            return present == target ? [] : [.removeLink(path, target: present), .makeLink(path, target: target)]
        default:
            throw LinkError.conflicts(keg: keg.label, [LinkConflict(path: path, owner: nil)], prefix: prefix.path)
        }
    }

    /// What unlinking would change. The keg's `opt` link goes too.
    func unlinkChanges(_ keg: Keg) throws -> [Change] {
        var changes: [Change] = []
        for tree in LinkRules.unlinkedTrees {
            try collect(tree, keg.location.appending(tree), keg, &changes)
        }
        var records: [String] = []
        if FileTree.exists(prefix.optFolder) {
            // By name for the formula, by target for its aliases.
            records = try FileTree.names(in: prefix.optFolder).map { "opt/\($0)" }
        }
        for path in records + ["var/homebrew/linked/\(keg.name)"]
        where prefix.owner(ofLink: prefix.absolute(path)) == keg {
            changes.append(.removeLink(path, target: try FileTree.readLink(prefix.absolute(path))))
        }
        return changes
    }

    /// Collects the links of a folder of the keg; the folder itself is removed after them unless it is a tree's top.
    private func collect(_ path: String, _ source: FilePath, _ keg: Keg, _ changes: inout [Change]) throws {
        guard try FileTree.status(source)?.kind == .folder else { return }
        for name in try FileTree.names(in: source) {
            let child = "\(path)/\(name)"
            let link = prefix.absolute(child)
            switch try FileTree.status(link)?.kind {
            case .link where prefix.owner(ofLink: link) == keg:
                changes.append(.removeLink(child, target: try FileTree.readLink(link)))
            case .folder:
                try collect(child, source.appending(name), keg, &changes)
            default:
                continue
            }
        }
        if path.contains("/") { changes.append(.removeFolder(path)) }
    }
}
