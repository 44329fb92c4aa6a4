package import SystemPackage
import VeloSystem

/// Unpacks what a formula's URL delivers: an archive, one compressed file, or a file to be used as it is.
///
/// The same refusals as for bottles, with what old and hand-made archives need: the last of two entries with one name
/// counts, setuid bits are dropped, and links may be absolute (autotools leave such to `/usr/share`). Nothing is
/// written or read through a link here, and builds see only their sandbox.
package struct SourceUnpacker: Sendable {
    private let limits: ExtractionLimits

    /// An archive inside an archive inside an archive is the deepest that publishers go.
    private static let deepestNesting = 3

    package init(limits: ExtractionLimits = ExtractionLimits()) {
        self.limits = limits
    }

    /// How a file is packed, judged by its name as Homebrew does; its bytes count only where there is no extension.
    enum Packing: Equatable {
        case container
        /// One compressed file; its name without the compression's extension.
        case stream(name: String)
        case unknown
        case plain

        init(_ name: String) {
            let lower = name.lowercased()
            let parts = lower.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count > 1, let last = parts.last else {
                self = .unknown
                return
            }
            let isTar = parts.count > 2 && parts[parts.count - 2] == "tar"
            if Self.containers.contains(last) || (isTar && Self.streams.contains(last)) {
                self = .container
            } else if Self.streams.contains(last) {
                self = .stream(name: String(name.dropLast(last.count + 1)))
            } else {
                // `foo-1.2` is a name that ends in a version, not in an extension.
                self = last.allSatisfy(\.isNumber) && parts[parts.count - 2].last?.isNumber == true ? .unknown : .plain
            }
        }

        var isPacked: Bool { self != .plain && self != .unknown }

        private static let containers: Set<Substring> = [
            "tar", "tbz", "tbz2", "tgz", "taz", "tlz", "tlzma", "txz", "tzst", "crate", "pax", "zip", "7z", "rar",
            "lha",
            "lzh", "cab",
        ]
        private static let streams: Set<Substring> = ["gz", "bz2", "lzma", "xz", "zst", "lz", "z"]
    }

    /// Unpacks into `folder`, which must not exist; nothing is left of it when this throws. Blocking.
    /// - Parameter name: The file's name by its URL: in a cache it is called otherwise.
    package func unpack(_ archive: FilePath, named name: String, into folder: FilePath) throws -> UnpackedTree {
        try unpack(archive, named: name, into: folder, depth: 1)
    }

    private func unpack(
        _ archive: FilePath, named name: String, into folder: FilePath, depth: Int
    ) throws -> UnpackedTree {
        let tree: UnpackedTree
        switch Packing(name) {
        case .container: tree = try unpackTree(archive, into: folder, .source)
        case .stream(let inner): tree = try unpackStream(archive, as: inner, into: folder)
        case .plain: return try copy(archive, as: name, into: folder)
        case .unknown:
            do {
                tree = try unpackTree(archive, into: folder, .source)
            } catch ArchiveError.unrecognised {
                return try copy(archive, as: name, into: folder)
            }
        }
        guard depth < Self.deepestNesting, let only = tree.topLevel.first, tree.entries == 1, Packing(only).isPacked,
            try FileTree.status(folder.appending(only))?.kind == .file
        else { return tree }
        return try unpackNested(only, in: folder, depth: depth)
    }

    /// Puts what is in the only file of a folder in the folder's place.
    private func unpackNested(_ name: String, in folder: FilePath, depth: Int) throws -> UnpackedTree {
        let inner = FilePath(folder.string + ".nested")
        do {
            let tree = try unpack(folder.appending(name), named: name, into: inner, depth: depth + 1)
            try FileTree.remove(folder)
            try FileTree.rename(inner, to: folder)
            return tree
        } catch {
            // The first error is the one to report.
            try? FileTree.remove(folder)
            try? FileTree.remove(inner)
            throw error
        }
    }

    private func unpackTree(
        _ archive: FilePath, into folder: FilePath, _ formats: ArchiveFormats, streamName: String? = nil
    ) throws -> UnpackedTree {
        try TreeUnpacker.unpack(
            archive, into: folder,
            by: UnpackingRules(
                formats: formats, limits: limits,
                boundary: LinkBoundary(place: [], roots: [], allowsAbsolute: true),
                isLenient: true, streamName: streamName))
    }

    private func unpackStream(_ archive: FilePath, as name: String, into folder: FilePath) throws -> UnpackedTree {
        let tree = try unpackTree(archive, into: folder, .stream, streamName: Self.withoutDigest(name))
        if let modified = try FileTree.status(archive, followLinks: true)?.modified {
            FileTree.setModified(folder.appending(Self.withoutDigest(name)), modified)
        }
        return tree
    }

    private func copy(_ file: FilePath, as name: String, into folder: FilePath) throws -> UnpackedTree {
        let target = try EntryPath(Self.withoutDigest(name)).text
        do {
            try FileTree.makeFolder(folder)
            try FileTree.copyFile(file, to: folder.appending(target))
        } catch {
            try? FileTree.remove(folder)
            throw error
        }
        let status = try FileTree.status(file, followLinks: true)
        if let modified = status?.modified { FileTree.setModified(folder.appending(target), modified) }
        return UnpackedTree(entries: 1, bytes: status?.size ?? 0, topLevel: [target])
    }

    /// Homebrew's cache calls a file `<sha256 of its URL>--<its name>`.
    private static func withoutDigest(_ name: String) -> String {
        let digits = name.prefix(64)
        guard digits.count == 64, digits.allSatisfy(\.isHexDigit), name.dropFirst(64).hasPrefix("--") else {
            return name
        }
        return String(name.dropFirst(66))
    }
}
