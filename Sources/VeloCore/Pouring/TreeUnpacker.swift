import SystemPackage
import VeloSystem

/// What was unpacked.
package struct UnpackedTree: Sendable {
    package var entries = 0
    /// Bytes of all files.
    package var bytes = 0
    /// Files whose contents were changed on the way, relative to the keg or source folder.
    package var changed: [String] = []
    /// Names at the top of the archive, in its order.
    package var topLevel: [String] = []
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

/// Unpacks one archive into a new folder, entry by entry, refusing what does not belong there.
///
/// `ArchiveDestination` keeps every operation inside the folder whatever the entries say; the rules here are about what
/// would do harm later, and about saying what is wrong.
struct TreeUnpacker: ~Copyable {
    private let archive: FilePath
    private let rules: UnpackingRules
    private var reader: ArchiveReader
    private var destination: ArchiveDestination
    private var nodes: [EntryPath: LinkBoundary.Node] = [:]
    /// Folders that have an entry of their own; the others were made on the way.
    private var folders: [EntryPath: (mode: UInt32, modified: Int)] = [:]
    private let budget: Int
    private var tree = UnpackedTree()

    /// Only the first bytes decide whether a file has to be rewritten; smaller files are never read twice.
    private static let headSize = 1 << 16

    /// Unpacks into `folder`, which must not exist; nothing is left of it when this throws.
    static func unpack(_ archive: FilePath, into folder: FilePath, by rules: UnpackingRules) throws -> UnpackedTree {
        var unpacker = try TreeUnpacker(archive, into: folder, by: rules)
        do {
            return try unpacker.run()
        } catch {
            // What stopped the unpacking is what matters; a leftover folder is swept with the staging area.
            try? FileTree.remove(folder)
            throw error
        }
    }

    private init(_ archive: FilePath, into folder: FilePath, by rules: UnpackingRules) throws {
        let reader = try ArchiveReader(archive, accepting: rules.formats)
        let size = try FileTree.status(archive, followLinks: true)?.size ?? 0
        let destination = try ArchiveDestination(creating: folder)
        self.archive = archive
        self.rules = rules
        self.reader = reader
        self.destination = destination
        budget = rules.limits.budget(archiveSize: size)
    }

    private mutating func run() throws -> UnpackedTree {
        while let entry = try reader.next() {
            tree.entries += 1
            guard tree.entries <= rules.limits.entries else {
                throw ExtractionError.tooManyEntries(archive: archive, limit: rules.limits.entries)
            }
            do {
                try place(entry)
            } catch let error as SystemError where [.tooManySymbolicLinkLevels, .notDirectory].contains(error.errno) {
                throw refusal(entry, .throughLink)
            } catch let error as SystemError where [.fileExists, .isDirectory].contains(error.errno) {
                throw refusal(entry, .duplicate)
            }
        }
        guard !nodes.isEmpty else { throw ExtractionError.empty(archive: archive) }
        for case (let path, .link(let target)) in nodes {
            guard rules.boundary.allows(target, of: path, among: nodes) else {
                throw ExtractionError.refused(archive: archive, entry: path.text, .linkEscapes(target: target))
            }
        }
        // Last, because a folder's time changes when something is made in it.
        for (path, folder) in folders {
            try destination.finishFolder(path.text, mode: folder.mode, modified: folder.modified)
        }
        return tree
    }

    private mutating func place(_ entry: ArchiveEntry) throws {
        guard let path = try path(of: entry) else { return }
        if entry.mode & 0o6000 != 0, entry.kind == .file, !rules.isLenient { throw refusal(entry, .privileged) }
        if let node = nodes[path] { try replace(node, at: path, by: entry) }
        switch entry.kind {
        case .folder:
            try destination.makeFolder(path.text)
            // Its owner has to be able to move and remove it later, as Homebrew sees to as well.
            folders[path] = (entry.mode & 0o755 | 0o700, entry.modified)
            remember(path, .folder)
        case .file:
            try placeFile(entry, path)
            remember(path, .file)
        case .link(let target):
            let final = rules.transform?.linkTarget(target, at: path.dropping(rules.top.count) ?? "") ?? target
            guard !final.isEmpty, final.utf8.count <= EntryPath.longest else {
                throw refusal(entry, .linkEscapes(target: target))
            }
            try destination.makeLink(path.text, to: final)
            remember(path, .link(final))
        case .hardLink(let target):
            try placeHardLink(entry, path, to: target)
            remember(path, .file)
        case .special(let word):
            throw refusal(entry, .special(word))
        }
    }

    /// Makes room for an entry whose path is taken; refuses it unless that is allowed.
    private mutating func replace(_ node: LinkBoundary.Node, at path: EntryPath, by entry: ArchiveEntry) throws {
        if case .folder = node, entry.kind == .folder, rules.isLenient || folders[path] == nil { return }
        guard rules.isLenient else { throw refusal(entry, .duplicate) }
        try destination.removeFile(path.text)
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

    private mutating func placeFile(_ entry: ArchiveEntry, _ path: EntryPath) throws {
        let left = budget - tree.bytes
        let tooManyBytes = ExtractionError.tooManyBytes(archive: archive, entry: entry.path, limit: budget)
        guard entry.size ?? 0 <= left else { throw tooManyBytes }
        let mode = entry.mode & 0o755 | 0o400
        let relative = path.dropping(rules.top.count) ?? ""
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(entry.size ?? 0, Self.headSize))
        var hasMore = try reader.read(upTo: Self.headSize, into: &bytes)
        if let transform = rules.transform, transform.wants(relative, head: bytes) {
            if hasMore { hasMore = try reader.read(upTo: rules.limits.rewritable - bytes.count, into: &bytes) }
            guard !hasMore else {
                throw ExtractionError.tooBigToRewrite(
                    archive: archive, entry: entry.path, limit: rules.limits.rewritable)
            }
            do {
                if let changed = try transform.transform(bytes, at: relative) {
                    bytes = changed
                    tree.changed.append(relative)
                }
            } catch {
                throw ExtractionError.rewriting(archive: archive, entry: entry.path, cause: error)
            }
        }
        guard bytes.count <= left else { throw tooManyBytes }
        guard hasMore else {
            tree.bytes += bytes.count
            return try destination.makeFile(path.text, bytes, mode: mode, modified: entry.modified)
        }
        do {
            tree.bytes += try destination.makeFile(
                path.text, bytes, restOf: &reader, limit: left, mode: mode, modified: entry.modified)
        } catch ArchiveError.entryTooLarge {
            throw tooManyBytes
        }
    }

    private mutating func placeHardLink(_ entry: ArchiveEntry, _ path: EntryPath, to target: String) throws {
        guard let existing = try? EntryPath(target) else { throw refusal(entry, .hardLinkEscapes(target: target)) }
        guard case .file = nodes[existing], existing != path else {
            throw refusal(entry, .hardLinkBeforeTarget(target: target))
        }
        try destination.makeHardLink(path.text, to: existing.text)
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

    private func refusal(_ entry: ArchiveEntry, _ reason: ExtractionError.Refusal) -> ExtractionError {
        .refused(archive: archive, entry: entry.path, reason)
    }
}
