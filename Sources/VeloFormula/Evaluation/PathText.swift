/// Arithmetic on paths as text: nothing here looks at a disk.
enum PathText {
    /// `File.basename`: the last component; `/` for the root.
    static func base(_ path: String) -> String {
        let bytes = trimmed(path)
        if bytes.isEmpty { return path.isEmpty ? "" : "/" }
        let start = bytes.lastIndex(of: slash).map { $0 + 1 } ?? bytes.startIndex
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    /// `File.dirname`
    static func folder(_ path: String) -> String {
        let bytes = trimmed(path)
        guard let last = bytes.lastIndex(of: slash) else { return bytes.isEmpty && !path.isEmpty ? "/" : "." }
        let end = bytes[..<last].lastIndex { $0 != slash }
        guard let end else { return "/" }
        return String(decoding: bytes[...end], as: UTF8.self)
    }

    private static let slash = UInt8(ascii: "/")

    private static func trimmed(_ path: String) -> ArraySlice<UInt8> {
        let bytes = Array(path.utf8)
        let end = bytes.lastIndex { $0 != slash }.map { $0 + 1 } ?? 0
        return bytes[..<end]
    }

    /// `File.extname`: the last extension with its dot, or nothing.
    static func plainExtension(_ base: String) -> String {
        let bytes = Array(base.utf8)
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")),
            bytes[..<dot].contains(where: { $0 != UInt8(ascii: ".") }),
            dot + 1 < bytes.count
        else { return "" }
        return String(decoding: bytes[dot...], as: UTF8.self)
    }

    /// Homebrew's `Pathname#extname`: knows double extensions, and that `foo-1.2` has none.
    static func extensionLength(_ base: ArraySlice<UInt8>) -> Int {
        let text = VersionScanner(base)
        if let length = bottleExtension(text) { return length }
        for archive: StaticString in [".tar.", ".cpio.", ".pax."] {
            for format: StaticString in ["gz", "bz2", "lz", "xz", "zst", "Z"] {
                let start = text.end - archive.utf8CodeUnitCount - format.utf8CodeUnitCount
                if text.hasPrefix(archive, at: start), text.hasPrefix(format, at: start + archive.utf8CodeUnitCount) {
                    return text.end - start
                }
            }
        }
        if endsWithVersion(text), !text.hasPrefix(".7z", at: text.end - 3) { return 0 }
        return plainExtension(text.text(0..<text.end)).utf8.count
    }

    /// `.x86_64_linux.bottle.1.tar.gz`
    private static func bottleExtension(_ text: VersionScanner) -> Int? {
        guard text.hasPrefix(".tar.gz", at: text.end - 7) else { return nil }
        var mark = text.end - 7
        let digits = text.bytes[..<mark].lastIndex { !$0.isASCIIDigit } ?? -1
        if digits + 1 < mark, text[digits] == UInt8(ascii: ".") { mark = digits }
        guard text.hasPrefix(".bottle", at: mark - 7) else { return nil }
        let tagEnd = mark - 7
        let dot =
            text.bytes[..<tagEnd].lastIndex { !($0.isASCIILowercase || $0.isASCIIDigit || $0 == UInt8(ascii: "_")) }
            ?? -1
        guard dot + 1 < tagEnd, text[dot] == UInt8(ascii: ".") else { return nil }
        return text.end - dot
    }

    /// A number, a dot, a digit, and no further dot.
    private static func endsWithVersion(_ text: VersionScanner) -> Bool {
        guard let dot = text.bytes.lastIndex(of: UInt8(ascii: ".")), text.isDigit(dot + 1), text.isDigit(dot - 1) else {
            return false
        }
        let before = text.bytes[..<dot].lastIndex { !$0.isASCIIDigit }
        guard let before else { return true }
        return !text.bytes[before].isWordByte
    }

    static func fullExtension(_ path: String) -> String {
        let name = Array(base(path).utf8)
        return String(decoding: name.suffix(extensionLength(name[...])), as: UTF8.self)
    }

    static func withoutExtension(_ base: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        base.dropLast(extensionLength(base))
    }

    static func stem(_ path: String) -> String {
        String(decoding: withoutExtension(Array(base(path).utf8)[...]), as: UTF8.self)
    }

    static func isAbsolute(_ path: String) -> Bool { path.utf8.first == slash }

    /// `Pathname#+`: an absolute right side stands alone; leading `..` of the right side go up.
    static func joined(_ left: String, _ right: String) -> String {
        if right.isEmpty || right == "." { return left }
        if isAbsolute(right) || left.isEmpty || left == "." { return right }
        if !right.utf8.starts(with: "..".utf8), !right.utf8.starts(with: "./".utf8) {
            return left.utf8.last == slash ? left + right : left + "/" + right
        }
        var left = left
        var rest = right.split(separator: "/", omittingEmptySubsequences: true)[...]
        while let first = rest.first {
            if first == "." {
                rest = rest.dropFirst()
            } else if first == "..", base(left) != ".." {
                rest = rest.dropFirst()
                left = folder(left)
                if left == "." {
                    return rest.isEmpty ? "." : rest.joined(separator: "/")
                }
            } else {
                break
            }
        }
        return rest.isEmpty ? left : joined(left, rest.joined(separator: "/"))
    }

    /// Without `.`, `..` and doubled slashes, as far as text can tell.
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        let isAbsolute = isAbsolute(path)
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if let last = parts.last, last != ".." {
                    parts.removeLast()
                } else if !isAbsolute {
                    parts.append(part)
                }
            default: parts.append(part)
            }
        }
        let text = parts.joined(separator: "/")
        return isAbsolute ? "/" + text : text.isEmpty ? "." : text
    }

    /// `File.expand_path`
    static func absolute(_ path: String, in folder: String, home: String) -> String {
        if path == "~" || path.hasPrefix("~/") { return clean(home + path.dropFirst()) }
        return clean(isAbsolute(path) ? path : folder + "/" + path)
    }

    /// `Pathname#relative_path_from`; nil where one is absolute and the other is not.
    static func relative(_ path: String, from folder: String) -> String? {
        guard isAbsolute(path) == isAbsolute(folder) else { return nil }
        let to = clean(path).split(separator: "/").filter { $0 != "." }
        let from = clean(folder).split(separator: "/").filter { $0 != "." }
        let shared = zip(to, from).prefix { $0 == $1 }.count
        let parts = Array(repeating: Substring(".."), count: from.count - shared) + to[shared...]
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
