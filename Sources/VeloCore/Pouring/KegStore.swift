package import SystemPackage
package import VeloSystem

/// Kegs as they were poured, so that the same bottle is poured into the same prefix again without unpacking: files are
/// hard links to those in the prefix, and take no room while they are there.
///
///     <root>/PLACE/NAME/DIGEST/index.json     what the keg held, and the bottle's own receipt
///     <root>/PLACE/NAME/DIGEST/keg/…          its files, without `INSTALL_RECEIPT.json`
///
/// PLACE stands for the prefix and what else files are adapted to, DIGEST is the bottle's. A file that was changed in place
/// has another time or size than the index says, and the whole keg is poured anew. Nothing depends on a store: where the
/// file system cannot link, or is full, there is none.
package struct KegStore: Sendable {
    private let root: FilePath

    /// `cache` is velo's cache folder.
    package init(in cache: FilePath, for prefix: Prefix) {
        // Raised when files are adapted differently.
        let place = "1 \(prefix.path) \(LoaderLink.target(in: prefix) ?? "-")"
        root = cache.appending("kegs").appending(String(SHA256Digest.of(Array(place.utf8)).hex.prefix(16)))
    }

    private func entry(_ name: String, _ digest: SHA256Digest) -> FilePath {
        root.appending(name).appending(digest.hex)
    }

    package func has(_ name: String, _ digest: SHA256Digest) -> Bool {
        FileTree.exists(entry(name, digest).appending("index.json"))
    }

    /// Keeps a keg that was just poured, instead of other versions of it. Failing does no harm. Blocking.
    func keep(_ keg: FilePath, _ tab: Tab, of name: String, _ digest: SHA256Digest) {
        let entry = entry(name, digest)
        do {
            try FileTree.makeFolder(root.appending(name))
            let others = try FileTree.names(in: root.appending(name)).filter { $0 != digest.hex }
            for other in others { try FileTree.remove(root.appending(name).appending(other)) }
            try FileTree.remove(entry)
            let draft = try FileTree.makeScratch(in: root.appending(name), prefix: ".")
            do {
                try FileTree.makeFolder(draft.appending("keg"))
                let index = try Self.link(keg, into: draft.appending("keg"), tab)
                try FileTree.write(try WireCoding.encode(index), to: draft.appending("index.json"))
                try FileTree.rename(draft, to: entry)
            } catch {
                try FileTree.remove(draft)
                throw error
            }
        } catch {
            // The next pour takes longer.
        }
    }

    /// Makes a keg of what was kept, at a folder that must not exist; nil when there is nothing, or not all of it is as
    /// it was. Blocking.
    func restore(_ name: String, _ digest: SHA256Digest, to keg: FilePath) -> Tab? {
        let entry = entry(name, digest)
        guard let bytes = try? FileTree.read(entry.appending("index.json")) else { return nil }
        do {
            let index = try WireCoding.decode(Index.self, from: bytes)
            try index.check(in: entry.appending("keg"))
            try FileTree.makeFolder(keg)
            try index.place(entry.appending("keg"), at: keg)
            return index.tab
        } catch {
            try? FileTree.remove(keg)
            try? FileTree.remove(entry)
            return nil
        }
    }

    /// Forgets a formula's kegs: they go with the installed ones. Blocking.
    func forget(_ name: String) { try? FileTree.remove(root.appending(name)) }

    private static let receipt = "INSTALL_RECEIPT.json"

    /// Links the files of a keg into a folder.
    private static func link(_ keg: FilePath, into folder: FilePath, _ tab: Tab) throws -> Index {
        var index = Index(tab: tab)
        try FileTree.walk(keg) { relative, path, status in
            guard relative != receipt else { return false }
            let copy = folder.pushing(FilePath(relative))
            var item = Index.Item(path: relative, mode: status.mode, size: status.size)
            (item.modified, item.nanoseconds) = (status.modified, status.modifiedNanoseconds)
            switch status.kind {
            case .folder:
                item.isFolder = true
                try FileTree.makeFolder(copy)
            case .link: item.target = try FileTree.readLink(path)
            case .file: try FileTree.makeHardLink(copy, to: path)
            case .other: throw SystemError("link", path, errno: .invalidArgument)
            }
            index.items.append(item)
            return true
        }
        return index
    }

    /// What a keg held, parents first.
    private struct Index: Codable {
        struct Item: Codable {
            var path: String
            var mode: UInt32
            var size: Int
            var modified = 0
            var nanoseconds = 0
            var isFolder = false
            /// Of a symbolic link.
            var target: String?
        }

        var tab: Tab
        var items: [Item] = []

        /// - Throws: if a file is not as it was kept.
        func check(in folder: FilePath) throws {
            let files = try OpenFolder(folder)
            for item in items where !item.isFolder && item.target == nil {
                guard let status = files.status(item.path), status.kind == .file, status.size == item.size,
                    status.mode == item.mode, status.modified == item.modified,
                    status.modifiedNanoseconds == item.nanoseconds
                else { throw SystemError("stat", folder.pushing(FilePath(item.path)), errno: .staleNFSFileHandle) }
            }
        }

        func place(_ source: FilePath, at keg: FilePath) throws {
            for item in items {
                let path = keg.pushing(FilePath(item.path))
                if item.isFolder {
                    try FileTree.makeFolder(path)
                } else if let target = item.target {
                    try FileTree.makeLink(path, to: target)
                } else {
                    try FileTree.makeHardLink(path, to: source.pushing(FilePath(item.path)))
                }
            }
            // Last, because a folder's time changes when something is made in it.
            for item in items.reversed() where item.isFolder {
                let path = keg.pushing(FilePath(item.path))
                try FileTree.setMode(path, item.mode)
                FileTree.setModified(path, item.modified)
            }
        }
    }
}
