import SystemPackage
import VeloSystem

/// Looks for a prefix in what is compressed, where nothing can exchange it.
enum PackedText {
    /// gzip, Zstandard, xz, bzip2: one stream each.
    private static let streams: [[UInt8]] = [
        [0x1f, 0x8b, 0x08], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], [0x42, 0x5a, 0x68],
    ]
    /// zip, which is also jar, wheel and egg; 7z.
    private static let containers: [[UInt8]] = [[0x50, 0x4b, 0x03, 0x04], [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]]

    /// What may be looked through of one file: a small one can hold an endless number of zeros.
    private static let limit = 4 << 30

    /// Whether a file's compressed contents hold the prefix. What cannot be read holds nothing. Blocking.
    static func holds(_ prefix: BytePattern, _ file: FilePath, _ bytes: [UInt8]) -> Bool {
        let formats: ArchiveFormats
        if streams.contains(where: bytes.starts(with:)) {
            formats = .stream
        } else if containers.contains(where: bytes.starts(with:)) {
            formats = .source
        } else {
            return false
        }
        return (try? search(file, formats, prefix)) == true
    }

    private static func search(_ file: FilePath, _ formats: ArchiveFormats, _ prefix: BytePattern) throws -> Bool {
        var archive = try ArchiveReader(file, accepting: formats)
        var total = 0
        while try archive.next() != nil {
            var window: [UInt8] = []
            var hasMore = true
            while hasMore && total < limit {
                let kept = min(window.count, prefix.bytes.count - 1)
                window.removeFirst(window.count - kept)
                hasMore = try archive.read(upTo: 1 << 18, into: &window)
                total += window.count - kept
                if prefix.first(in: window) != nil { return true }
            }
        }
        return false
    }

    /// Manuals, which are read and not run: it does no harm when they name another place.
    static func isManual(_ path: String) -> Bool {
        ["share/man/", "share/info/", "share/doc/"].contains { path.hasPrefix($0) } || RelocatableText.isDocument(path)
    }
}
