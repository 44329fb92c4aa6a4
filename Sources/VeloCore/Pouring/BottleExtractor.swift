package import SystemPackage
import VeloSystem

/// Unpacks a bottle, `NAME/VERSION/…` in a compressed tar, into a staging folder.
///
/// Refused, with nothing left behind: paths that are absolute or climb, entries elsewhere than below `NAME/VERSION`,
/// entries through links or files, devices, FIFOs and sockets, setuid and setgid files, duplicates, hard links to
/// anything but an earlier file, bombs, and symbolic links that lead out of the prefix once the keg is at
/// `Cellar/NAME/VERSION`. An absolute link may point below the prefix, under its own name, the build prefix's or a
/// placeholder; nowhere else, `/usr/bin` included: a keg that needs such a link is not one that can be moved.
///
/// Kept: permission bits, without write for group and others; read-only files; times; hard links; holes. Folders become
/// writable for their owner.
package struct BottleExtractor: Sendable {
    private let top: [String]
    private let roots: [String]
    private let limits: ExtractionLimits
    private let transform: (any EntryTransform)?

    /// - Parameters:
    ///   - version: The version with its revision, as the Cellar names it.
    ///   - prefixes: The prefix, and the build prefix if it is another one: absolute links may point below them.
    ///   - transform: Rewrites files as they are written; a `Relocator`.
    package init(
        name: String, version: String, prefixes: [String], limits: ExtractionLimits = ExtractionLimits(),
        transform: (any EntryTransform)? = nil
    ) {
        top = [name, version]
        roots = prefixes + [Placeholder.prefix.text]
        self.limits = limits
        self.transform = transform
    }

    /// Unpacks into `folder`, which must not exist: afterwards it holds `NAME/VERSION`. Nothing is left of it when this
    /// throws. Blocking.
    /// - Parameter isHashed: Whether the tree is to say the archive's digest.
    package func extract(_ archive: FilePath, into folder: FilePath, isHashed: Bool = false) throws -> UnpackedTree {
        try BottleUnpacker.unpack(
            archive, into: folder,
            by: UnpackingRules(
                formats: .bottle, limits: limits,
                boundary: LinkBoundary(place: ["Cellar"], roots: roots, allowsAbsolute: false),
                top: top, isLenient: false, transform: transform),
            isHashed: isHashed)
    }

    /// The receipt inside a bottle, if it has one. It says which files hold placeholders, so it is wanted before the
    /// rest is unpacked.
    ///
    /// Bottlers sort by name, which puts it near the start; older ones did not, so only the end tells that there is none.
    package func receipt(of archive: FilePath) throws -> [UInt8]? {
        let wanted = (top + ["INSTALL_RECEIPT.json"]).joined(separator: "/")
        do {
            var reader = try BottleReader(archive)
            while let entry = try reader.next() {
                guard entry.kind == .file, (try? EntryPath(entry.path))?.text == wanted else { continue }
                return entry.size ?? 0 <= Self.longestReceipt ? try reader.rest() : nil
            }
            return nil
        } catch is BottleReader.Unsupported {
            return try slowReceipt(of: archive, wanted)
        }
    }

    /// A receipt is some kilobytes; one that is not is left to the extraction to judge.
    private static let longestReceipt = 16 << 20

    private func slowReceipt(of archive: FilePath, _ wanted: String) throws -> [UInt8]? {
        var reader = try ArchiveReader(archive, accepting: .bottle)
        while let entry = try reader.next() {
            guard entry.kind == .file, (try? EntryPath(entry.path))?.text == wanted else { continue }
            var bytes: [UInt8] = []
            return try reader.read(upTo: Self.longestReceipt, into: &bytes) ? nil : bytes
        }
        return nil
    }
}
