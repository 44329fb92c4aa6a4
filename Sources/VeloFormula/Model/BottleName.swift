/// The names of one bottle: in folders, in URLs and in an OCI registry.
///
/// | where | form |
/// |---|---|
/// | local, OCI title | `NAME--PKGVERSION.TAG.bottle[.REBUILD].tar.gz` |
/// | flat URL | `NAME-PKGVERSION.TAG.bottle[.REBUILD].tar.gz`, percent-encoded |
/// | OCI image | the name with `@` as `/` and `+` as `x` |
/// | OCI tag | `PKGVERSION[-REBUILD]` |
/// | OCI reference in an index | `PKGVERSION.TAG[.REBUILD]` |
package struct BottleName: Hashable, Sendable {
    /// The formula's name without its tap.
    package let name: String
    /// `VERSION[_REVISION]`
    package let packageVersion: String
    package let tag: PlatformTag
    package let rebuild: Int

    /// Nil where a part could not be a piece of a file name.
    package init?(name: String, packageVersion: String, tag: PlatformTag, rebuild: Int = 0) {
        let bare = name.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? ""
        guard Self.isSafe(bare), Self.isSafe(packageVersion), rebuild >= 0 else { return nil }
        self.name = bare
        self.packageVersion = packageVersion
        self.tag = tag
        self.rebuild = rebuild
    }

    private static func isSafe(_ part: String) -> Bool {
        let bytes = part.utf8.span
        for index in bytes.indices {
            let byte = bytes[index]
            if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") { return false }
        }
        return !part.isEmpty && part != "." && part != ".."
    }

    private var ending: String { ".\(tag).bottle\(rebuild > 0 ? ".\(rebuild)" : "").tar.gz" }

    package var localFilename: String { "\(name)--\(packageVersion)\(ending)" }
    package var flatFilename: String { flatParts.before + tag.description + flatParts.after }
    /// What stands before and behind the tag: the same for all bottles of a version.
    package var flatParts: (before: String, after: String) {
        (Self.percentEncoded("\(name)-\(packageVersion)."), ".bottle\(rebuild > 0 ? ".\(rebuild)" : "").tar.gz")
    }
    package var imageName: String { Self.imageName(of: name) }
    package var imageTag: String { rebuild > 0 ? "\(packageVersion)-\(rebuild)" : packageVersion }
    package var referenceName: String { "\(packageVersion).\(tag)\(rebuild > 0 ? ".\(rebuild)" : "")" }

    package static func imageName(of name: String) -> String {
        UTF8Text.string(
            name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "@"): UInt8(ascii: "/")
                case UInt8(ascii: "+"): UInt8(ascii: "x")
                default: byte
                }
            })
    }

    /// Whether a text may be an OCI tag: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
    package static func isImageTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        let punctuation = Array("._-".utf8)
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isAlphanumeric($0) || punctuation.contains($0) }
    }

    /// Every byte but `A-Za-z0-9_.~-` as `%XX`.
    package static func percentEncoded(_ text: String) -> String {
        let source = text.utf8.span
        if source.indices.allSatisfy({ isPlain(source[$0]) }) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "-"): true
        default: isAlphanumeric(byte)
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
