import SystemPackage
package import VeloSystem

/// What was unpacked.
package struct UnpackedTree: Sendable {
    package var entries = 0
    /// Bytes of all files.
    package var bytes = 0
    /// Files whose contents were changed on the way, relative to the keg or source folder.
    package var changed: [String] = []
    /// Names at the top of the archive, in its order.
    package var topLevel: [String] = []
    /// Of the archive, where that was asked for.
    package var digest: SHA256Digest?
}

/// What an archive may contain, and where it goes.
struct UnpackingRules: Sendable {
    var formats: ArchiveFormats
    var limits: ExtractionLimits
    var boundary: LinkBoundary
    /// The folders that everything has to be below, such as `NAME/VERSION`.
    var top: [String] = []
    /// Sources have been packed by `tar --append`, and from folders that are setgid: the last one counts, and only the
    /// permission bits. A bottle with such an entry was not made by a bottler.
    var isLenient: Bool
    /// What to call the one file of a compressed stream, which has no name of its own.
    var streamName: String?
    var transform: (any EntryTransform)?
}

/// Judges the entries of one archive by their names, and remembers what there is: every refusal is made here, before
/// anything is written for the entry.
struct TreeLedger {
    let archive: FilePath
    let rules: UnpackingRules
    private let budget: Int
    private var nodes: [EntryPath: LinkBoundary.Node] = [:]
    /// Folders that have an entry of their own; the others were made on the way.
    private(set) var folders: [EntryPath: (mode: UInt32, modified: Int)] = [:]
    private(set) var tree = UnpackedTree()

    /// - Parameter size: The archive's own bytes.
    init(_ archive: FilePath, size: Int, rules: UnpackingRules) {
        self.archive = archive
        self.rules = rules
        budget = rules.limits.budget(archiveSize: size)
    }

    /// How an entry that may be unpacked is to be treated.
    struct Admission {
        var path: EntryPath
        /// Something is there that has to go first.
        var replaces: Bool
        /// Below the keg, or the top of the sources.
        var relative: String
    }

    /// Nil for an entry that means nothing.
    mutating func admit(_ entry: ArchiveEntry) throws -> Admission? {
        tree.entries += 1
        guard tree.entries <= rules.limits.entries else {
            throw ExtractionError.tooManyEntries(archive: archive, limit: rules.limits.entries)
        }
        guard let path = try path(of: entry) else { return nil }
        if entry.mode & 0o6000 != 0, entry.kind == .file, !rules.isLenient { throw refusal(entry, .privileged) }
        if case .special(let word) = entry.kind { throw refusal(entry, .special(word)) }
        var replaces = false
        if let node = nodes[path] {
            let isSameFolder =
                if case .folder = node { entry.kind == .folder && (rules.isLenient || folders[path] == nil) } else {
                    false
                }
            if !isSameFolder {
                guard rules.isLenient else { throw refusal(entry, .duplicate) }
                replaces = true
            }
        } else if !hasFolders(above: path) {
            throw refusal(entry, .throughLink)
        }
        return Admission(path: path, replaces: replaces, relative: path.dropping(rules.top.count) ?? "")
    }

    private func hasFolders(above path: EntryPath) -> Bool {
        let components = path.components
        for depth in stride(from: components.count - 1, to: 0, by: -1) {
            switch nodes[EntryPath(components: components.prefix(depth))] {
            case .folder: return true
            case .file, .link: return false
            case nil: continue
            }
        }
        return true
    }

    /// Nil for the folder itself, which some archives begin with.
    private func path(of entry: ArchiveEntry) throws -> EntryPath? {
        if rules.top.isEmpty && entry.kind == .folder && [".", "./"].contains(entry.path) { return nil }
        let path: EntryPath
        do {
            path = try EntryPath(rules.streamName ?? entry.path)
        } catch {
            throw refusal(entry, .path(error))
        }
        let components = path.components
        let isInside =
            components.starts(with: rules.top, by: ==)
            && (components.count > rules.top.count || entry.kind == .folder)
        // `NAME` itself may be there as a folder.
        let leadsInside = entry.kind == .folder && rules.top.starts(with: components, by: ==)
        guard isInside || leadsInside else {
            throw refusal(entry, .outsideKeg(expected: rules.top.joined(separator: "/")))
        }
        return path
    }

    mutating func addFolder(_ path: EntryPath, _ entry: ArchiveEntry) {
        // Its owner has to be able to move and remove it later, as Homebrew sees to as well.
        folders[path] = (entry.mode & 0o755 | 0o700, entry.modified)
        remember(path, .folder)
    }

    mutating func addFile(_ path: EntryPath) { remember(path, .file) }

    /// Takes down a link and returns where it is to point.
    mutating func addLink(_ admission: Admission, _ entry: ArchiveEntry, to target: String) throws -> String {
        let final = rules.transform?.linkTarget(target, at: admission.relative) ?? target
        guard !final.isEmpty, final.utf8.count <= EntryPath.longest, !final.utf8.contains(0) else {
            throw refusal(entry, .linkEscapes(target: target))
        }
        remember(admission.path, .link(final))
        return final
    }

    /// Takes down a hard link and returns the file that it is another name of.
    mutating func addHardLink(_ path: EntryPath, _ entry: ArchiveEntry, to target: String) throws -> EntryPath {
        guard let existing = try? EntryPath(target) else { throw refusal(entry, .hardLinkEscapes(target: target)) }
        guard case .file = nodes[existing], existing != path else {
            throw refusal(entry, .hardLinkBeforeTarget(target: target))
        }
        remember(path, .file)
        return existing
    }

    /// How many bytes may still be unpacked.
    var bytesLeft: Int { budget - tree.bytes }

    mutating func addBytes(_ count: Int, of entry: ArchiveEntry) throws {
        guard count <= bytesLeft else { throw tooManyBytes(entry) }
        tree.bytes += count
    }

    func tooManyBytes(_ entry: ArchiveEntry) -> ExtractionError {
        .tooManyBytes(archive: archive, entry: entry.path, limit: budget)
    }

    mutating func note(changed path: String) { tree.changed.append(path) }
    mutating func note(digest: SHA256Digest?) { tree.digest = digest }

    /// What can only be judged when all entries are known.
    func checkEnd() throws {
        guard !nodes.isEmpty else { throw ExtractionError.empty(archive: archive) }
        var links: [String: EntryPath] = [:]
        for case (let path, .link(let target)) in nodes {
            guard rules.boundary.allows(target, of: path, among: nodes) else {
                throw ExtractionError.refused(archive: archive, entry: path.text, .linkEscapes(target: target))
            }
            links[path.text.lowercased()] = path
        }
        // Where upper and lower case are one, a link takes the place of such a folder and its files go through it.
        guard !links.isEmpty, !rules.isLenient else { return }
        for case (let path, .folder) in nodes {
            guard let link = links[path.text.lowercased()], case .link(let target)? = nodes[link],
                target != path.components.last.map(String.init)
            else { continue }
            throw ExtractionError.refused(archive: archive, entry: link.text, .caseCollision(with: path.text))
        }
    }

    /// Takes down what is at a path now, and the folders that were made on the way to it.
    private mutating func remember(_ path: EntryPath, _ node: LinkBoundary.Node) {
        guard nodes.updateValue(node, forKey: path) == nil else { return }
        let components = path.components
        for depth in stride(from: components.count - 1, to: 0, by: -1) {
            let parent = EntryPath(components: components.prefix(depth))
            if nodes.updateValue(.folder, forKey: parent) != nil { return }
        }
        tree.topLevel.append(String(components[0]))
    }

    func refusal(_ entry: ArchiveEntry, _ reason: ExtractionError.Refusal) -> ExtractionError {
        .refused(archive: archive, entry: entry.path, reason)
    }

    /// A system's error about an entry, as what it says of the archive.
    func refusal(_ entry: ArchiveEntry, for error: SystemError) -> any Error {
        switch error.errno {
        case .tooManySymbolicLinkLevels, .notDirectory: refusal(entry, .throughLink)
        case .fileExists, .isDirectory: refusal(entry, .duplicate)
        default: error
        }
    }
}
