import SystemPackage
import VeloCore
import VeloSystem

/// What of a keg goes into its bottle, in the order of the archive: by name, folder by folder.
struct KegListing {
    private struct Entry {
        var names: [String]
        var file: FilePath
        var status: FileStatus
    }

    private let keg: Keg
    private var entries: [Entry] = []

    /// Lists the keg. Blocking.
    init(of keg: Keg) throws {
        self.keg = keg
        try FileTree.walk(keg.location) { relative, file, status in
            guard !Self.isLeftOut(relative) else { return false }
            entries.append(Entry(names: relative.split(separator: "/").map(String.init), file: file, status: status))
            return true
        }
    }

    /// What bottling makes anew, and what Python makes anew by itself.
    static func isLeftOut(_ path: String) -> Bool {
        if ["INSTALL_RECEIPT.json", "sbom.spdx.json"].contains(path) { return true }
        if path.hasPrefix(".brew/") { return true }
        return path.hasSuffix(".pyc") || path.hasSuffix(".pyo") || path.hasSuffix("/__pycache__")
    }

    /// The files' paths with those that bottling makes, as the archive has them.
    func files(made: [String: [UInt8]]) -> [String] {
        let present = entries.filter { $0.status.kind != .folder }.map { $0.names.joined(separator: "/") }
        return (present + made.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func installedSize(made: [String: [UInt8]]) -> Int {
        var seen: Set<UInt64> = []
        var size = made.values.reduce(0) { $0 + $1.count }
        for entry in entries where entry.status.kind == .file && seen.insert(entry.status.inode).inserted {
            size += entry.status.size
        }
        return size
    }

    /// Adds everything to an archive, below `NAME/VERSION`.
    ///
    /// The first name of a file with several is the file; the others become hard links.
    func write(
        to writer: borrowing ArchiveWriter, made: [String: [UInt8]],
        rewriting rewrite: (_ relative: String, FilePath) throws -> [UInt8]?
    ) throws {
        let top = "\(keg.name)/\(keg.pkgVersion)"
        try writer.addFolder(top, mode: try FileTree.status(keg.location)?.mode ?? 0o755)
        var firstNames: [UInt64: String] = [:]
        for item in items(made: made) {
            let relative = item.names.joined(separator: "/")
            let name = "\(top)/\(relative)"
            switch item.content {
            case .made(let bytes): try writer.addFile(name, bytes)
            case .madeFolder: try writer.addFolder(name)
            case .entry(let entry):
                switch entry.status.kind {
                case .folder: try writer.addFolder(name, mode: entry.status.mode)
                case .link: try writer.addLink(name, to: try FileTree.readLink(entry.file))
                case .other:
                    throw ArchiveError.unwritable(
                        writer.path, reason: "`\(entry.file)` is neither file, folder nor link")
                case .file:
                    let mode = entry.status.mode
                    if let first = firstNames[entry.status.inode] {
                        try writer.addHardLink(name, to: first, mode: mode)
                    } else if let bytes = try rewrite(relative, entry.file) {
                        try writer.addFile(name, mode: mode, bytes)
                    } else {
                        try writer.addFile(name, mode: mode, from: entry.file)
                    }
                    if entry.status.linkCount > 1, firstNames[entry.status.inode] == nil {
                        firstNames[entry.status.inode] = name
                    }
                }
            }
        }
    }

    private struct Item {
        enum Content {
            case entry(Entry)
            case made([UInt8])
            case madeFolder
        }
        var names: [String]
        var content: Content
    }

    private func items(made: [String: [UInt8]]) -> [Item] {
        var items = entries.map { Item(names: $0.names, content: .entry($0)) }
        var folders = Set(entries.filter { $0.status.kind == .folder }.map(\.names))
        for (path, bytes) in made {
            let names = path.split(separator: "/").map(String.init)
            for depth in 1..<max(1, names.count) where folders.insert(Array(names.prefix(depth))).inserted {
                items.append(Item(names: Array(names.prefix(depth)), content: .madeFolder))
            }
            items.append(Item(names: names, content: .made(bytes)))
        }
        return items.sorted { left, right in
            left.names.lexicographicallyPrecedes(right.names) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }
}
