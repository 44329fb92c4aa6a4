import SystemPackage
import VeloSystem

/// Every path that a keg wants in the prefix, worked out before the first link is made.
///
/// The walk sees the prefix as it will be: a folder link that has to become a real folder counts as one from the
/// moment that is decided.
struct LinkClaims {
    private(set) var changes: [Change] = []
    private(set) var conflicts: [LinkConflict] = []

    private let prefix: Prefix
    private let keg: Keg
    private let overwrite: [String]
    /// Where files that are replaced go, relative to the prefix.
    private let backup: String
    /// What the changes so far make of a path.
    private var planned: [String: Node] = [:]

    /// What is at a path of the prefix.
    fileprivate enum Node {
        case nothing
        case folder
        case link(String)
        case file
    }

    /// Works out the claims of all trees of a keg. Blocking; changes nothing.
    init(of keg: Keg, in prefix: Prefix, overwrite: [String], backup: String) throws {
        self.keg = keg
        self.prefix = prefix
        self.overwrite = overwrite
        self.backup = backup
        for tree in LinkRules.trees {
            guard try FileTree.status(keg.location.appending(tree))?.kind == .folder else { continue }
            // A tree of the prefix that is a link to a folder elsewhere is its owner's choice.
            if try FileTree.status(prefix.absolute(tree), followLinks: true)?.kind != .folder { makeFolder(tree) }
            try claimContents(of: tree, from: keg)
        }
    }

    private mutating func claimContents(of folder: String, from keg: Keg) throws {
        let source = keg.location.pushing(FilePath(folder))
        for name in try FileTree.names(in: source) {
            let path = "\(folder)/\(name)"
            guard let status = try FileTree.status(source.appending(name)) else { continue }
            let (tree, rest) = Self.split(path)
            if status.kind == .folder {
                switch LinkRules.folder(rest, in: tree) {
                case .skip: continue
                case .real: try claimFolder(path, from: keg, asWhole: false)
                case .link: try claimFolder(path, from: keg, asWhole: true)
                }
            } else if LinkRules.file(rest, in: tree) == .link {
                if status.kind == .link, try leadsBack(path, from: keg) { continue }
                try claimFile(path, from: keg)
            }
        }
    }

    private mutating func claimFolder(_ path: String, from keg: Keg, asWhole: Bool) throws {
        switch try node(path) {
        case .nothing:
            guard !asWhole else { return makeLink(path, to: keg) }
            makeFolder(path)
        case .folder:
            break
        case .file:
            return try conflict(path, from: keg)
        case .link(let target):
            if asWhole, target == self.target(of: path, in: keg) { return }
            let owner = owner(of: path, target)
            let kind = try destinationKind(of: path, target)
            if kind == nil || (owner?.name == keg.name && owner != keg) {
                // Dangling, or left by another version: nobody misses it.
                remove(path, target)
                return try claimFolder(path, from: keg, asWhole: asWhole)
            }
            guard let owner, kind == .folder else { return try conflict(path, from: keg) }
            remove(path, target)
            makeFolder(path)
            if owner != keg { try claimContents(of: path, from: owner) }
        }
        try claimContents(of: path, from: keg)
    }

    private mutating func claimFile(_ path: String, from keg: Keg) throws {
        switch try node(path) {
        case .nothing:
            makeLink(path, to: keg)
        case .folder, .file:
            try conflict(path, from: keg)
        case .link(let target):
            if target == self.target(of: path, in: keg) { return }
            let isStale = try destinationKind(of: path, target) == nil || owner(of: path, target)?.name == keg.name
            guard isStale else { return try conflict(path, from: keg) }
            remove(path, target)
            makeLink(path, to: keg)
        }
    }

    /// The path is taken: set aside what is there if the formula says that it may, else remember the conflict.
    private mutating func conflict(_ path: String, from keg: Keg) throws {
        let node = try node(path)
        var owner: Keg?
        if case .link(let target) = node { owner = self.owner(of: path, target) }
        guard owner == nil, node.isReplaceable, overwrite.contains(where: { Self.matches(path, $0) }) else {
            conflicts.append(LinkConflict(path: path, owner: owner?.label))
            return
        }
        let kept = "\(backup)/\(path)"
        changes += prefix.makingFolders(for: kept) + [.move(path, to: kept)]
        planned[path] = .nothing
        makeLink(path, to: keg)
    }

    // What there is, and what is planned.

    private func node(_ path: String) throws -> Node {
        if let node = planned[path] { return node }
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        if case .folder = planned[String(parent)] { return .nothing }
        let absolute = prefix.absolute(path)
        switch try FileTree.status(absolute)?.kind {
        case nil: return .nothing
        case .folder: return .folder
        case .link: return .link(try FileTree.readLink(absolute))
        case .file, .other: return .file
        }
    }

    /// The keg that a link leads into, by its text alone: what it replaces may still be on the disk.
    private func owner(of path: String, _ target: String) -> Keg? {
        prefix.owner(ofLink: prefix.absolute(path), to: target)
    }

    /// What a link leads to; nil if nothing is there.
    private func destinationKind(of path: String, _ target: String) throws -> FileStatus.Kind? {
        let link = prefix.absolute(path)
        let destination = prefix.inside(link, target).map(prefix.absolute) ?? link
        return try FileTree.status(destination, followLinks: true)?.kind
    }

    private mutating func makeFolder(_ path: String) {
        changes.append(.makeFolder(path))
        planned[path] = .folder
    }

    private mutating func makeLink(_ path: String, to keg: Keg) {
        let target = target(of: path, in: keg)
        changes.append(.makeLink(path, target: target))
        planned[path] = .link(target)
    }

    private mutating func remove(_ path: String, _ target: String) {
        changes.append(.removeLink(path, target: target))
        planned[path] = .nothing
    }

    private func target(of path: String, in keg: Keg) -> String { Self.target(from: path, to: "\(keg.path)/\(path)") }

    /// The relative text of a link at one path of the prefix to another: `../Cellar/hello/2.10/bin/hello`.
    static func target(from path: String, to destination: String) -> String {
        String(repeating: "../", count: path.utf8.count { $0 == UInt8(ascii: "/") }) + destination
    }

    /// Whether a link in the keg leads to the place where it would be linked, or to the same path below an `opt` link.
    private func leadsBack(_ path: String, from keg: Keg) throws -> Bool {
        let link = keg.location.pushing(FilePath(path))
        guard let inside = prefix.inside(link, try FileTree.readLink(link)) else { return false }
        if inside == path { return true }
        let parts = inside.split(separator: "/", maxSplits: 2)
        return parts.count == 3 && parts[0] == "opt" && parts[2] == path
    }

    private static func split(_ path: String) -> (tree: String, rest: String) {
        let parts = path.split(separator: "/", maxSplits: 1)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// A path of the formula's `link_overwrite` covers itself, what is below it, and what its `*` stands for.
    static func matches(_ path: String, _ pattern: String) -> Bool {
        if path == pattern || path.hasPrefix(pattern + "/") { return true }
        var text = Array(path.utf8)[...]
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard pieces.count > 1, text.starts(with: pieces[0]) else { return false }
        text = text.dropFirst(pieces[0].count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = text.firstRange(of: piece) else { return false }
            text = text[found.upperBound...]
        }
        let last = pieces[pieces.count - 1]
        return text.count >= last.count && text.suffix(last.count).elementsEqual(last)
    }
}

extension LinkClaims.Node {
    /// A folder of files is never set aside for a link.
    fileprivate var isReplaceable: Bool {
        switch self {
        case .file, .link: true
        case .folder, .nothing: false
        }
    }
}
