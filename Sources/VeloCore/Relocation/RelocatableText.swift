/// Which files of a keg are text whose paths are exchanged for placeholders, and back.
package enum RelocatableText {
    /// Documents are left alone, except for one name that exists to be rewritten.
    package static func isDocument(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        guard name != "orig-prefix.txt", let dot = name.lastIndex(of: ".") else { return false }
        return documentExtensions.contains(name[name.index(after: dot)...].lowercased())
    }

    private static let documentExtensions: Set<String> = [
        "adoc", "asc", "asciidoc", "creole", "html", "markdown", "md", "mdown", "mediawiki", "mkdn", "org", "pod",
        "rdoc", "rst", "rtf", "textile", "txt", "wiki",
    ]

    /// The keg's own copy of its formula, which says nothing about where it was built.
    package static func isFormulaCopy(_ path: String) -> Bool { path.hasPrefix(".brew/") && path.hasSuffix(".rb") }

    /// Whether the contents are text: a script, libtool's notes, or nothing but bytes that text consists of.
    ///
    /// Homebrew asks `file`, which knows more formats; those that look like text and are not, as far as placeholders go,
    /// are left out here too.
    package static func isText(_ bytes: [UInt8], at path: String) -> Bool {
        if path.hasSuffix(".la") || path.hasSuffix(".lai") { return true }
        guard !bytes.isEmpty else { return false }
        if isScript(bytes) { return true }
        // Offsets inside would no longer be true.
        guard !bytes.starts(with: "%PDF-".utf8) else { return false }
        return bytes.prefix(1 << 20).allSatisfy { isTextByte[Int($0)] }
    }

    /// `#!`, blanks, and something, near the start.
    static func isScript(_ bytes: [UInt8]) -> Bool {
        guard bytes.starts(with: "#!".utf8) else { return false }
        let rest = bytes[2...].prefix(1022).drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let first = rest.first else { return false }
        return first > UInt8(ascii: " ") && first != 0x7f
    }

    /// Bell to carriage return, escape, and everything printable in ASCII, UTF-8 or an 8-bit character set.
    private static let isTextByte: [Bool] = (0..<256).map { byte in
        (7...13).contains(byte) || byte == 27 || (byte >= 32 && byte != 127)
    }
}
