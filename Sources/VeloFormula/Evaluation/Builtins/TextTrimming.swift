/// Blank space, line ends and padding, as Ruby sees them.
enum TextTrimming {
    static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    /// Without blanks (and, at the end, NULs).
    static func strip(_ text: String, start: Bool = true, end: Bool = true) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) || byte == 0 }
        var bytes = text.utf8[...]
        if start { bytes = bytes.drop(while: isBlank) }
        if end { while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() } }
        return String(Substring(bytes))
    }

    static func chomp(_ text: String, _ suffix: String?) -> String {
        if let suffix {
            return hasSuffix(text, suffix) ? String(Substring(text.utf8.dropLast(suffix.utf8.count))) : text
        }
        if hasSuffix(text, "\r\n") { return String(Substring(text.utf8.dropLast(2))) }
        guard let last = text.utf8.last, last == 10 || last == 13 else { return text }
        return String(Substring(text.utf8.dropLast()))
    }

    /// By bytes; Swift's own would not split `\r\n`.
    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    static func padding(_ pad: String, _ count: Int) -> String {
        guard count > 0, !pad.isEmpty else { return "" }
        let scalars = Array(pad.unicodeScalars)
        var text = String.UnicodeScalarView()
        for index in 0..<count { text.append(scalars[index % scalars.count]) }
        return String(text)
    }

    /// With their line ends.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 10).map { rest.index(after: $0) } ?? rest.endIndex
            lines.append(String(Substring(rest[..<end])))
            rest = rest[end...]
        }
        return lines
    }

    /// Without the indentation that all lines share.
    static func undented(_ text: String) -> String {
        let all = lines(text)
        let indents = all.filter { !isBlank($0) }.map { $0.utf8.prefix { $0 == 32 || $0 == 9 }.count }
        let shared = indents.min() ?? 0
        return all.map {
            String(Substring($0.utf8.dropFirst(min(shared, $0.utf8.prefix { $0 == 32 || $0 == 9 }.count))))
        }.joined()
    }
}

/// The characters that `tr`, `delete` and `count` name: `a-z`, `^0-9`.
struct TranslationSet {
    let scalars: [Unicode.Scalar]
    let isInverted: Bool

    init(_ text: String) {
        var source = Array(text.unicodeScalars)
        isInverted = source.count > 1 && source[0] == "^"
        if isInverted { source.removeFirst() }
        var scalars: [Unicode.Scalar] = []
        var index = 0
        while index < source.count {
            if source[index] == "\\", index + 1 < source.count {
                scalars.append(source[index + 1])
                index += 2
            } else if index + 2 < source.count, source[index + 1] == "-", source[index].value <= source[index + 2].value
            {
                scalars += (source[index].value...source[index + 2].value).compactMap(Unicode.Scalar.init)
                index += 3
            } else {
                scalars.append(source[index])
                index += 1
            }
        }
        self.scalars = scalars
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool { scalars.contains(scalar) != isInverted }
}

/// `tr`
struct Translation {
    let from: TranslationSet
    let to: [Unicode.Scalar]

    init(from: String, to: String) {
        self.from = TranslationSet(from)
        self.to = TranslationSet(to).scalars
    }

    func apply(to text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if from.isInverted {
                if from.contains(scalar) {
                    if let last = to.last { result.append(last) }
                } else {
                    result.append(scalar)
                }
            } else if let index = from.scalars.firstIndex(of: scalar) {
                if let replacement = index < to.count ? to[index] : to.last { result.append(replacement) }
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// `"a9".succ` is `"b0"`.
enum Successor {
    static func of(_ text: String) -> String {
        var bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return "" }
        var index = bytes.lastIndex { $0.isASCIIDigit || $0.isASCIILetter }
        guard index != nil else {
            bytes[bytes.count - 1] &+= 1
            return UTF8Text.string(bytes)
        }
        while let position = index {
            switch bytes[position] {
            case UInt8(ascii: "9"): bytes[position] = UInt8(ascii: "0")
            case UInt8(ascii: "z"): bytes[position] = UInt8(ascii: "a")
            case UInt8(ascii: "Z"): bytes[position] = UInt8(ascii: "A")
            default:
                bytes[position] += 1
                return UTF8Text.string(bytes)
            }
            let before = position - 1
            index = before >= 0 && (bytes[before].isASCIIDigit || bytes[before].isASCIILetter) ? before : nil
            if index == nil {
                let first = bytes[position]
                bytes.insert(first == UInt8(ascii: "0") ? UInt8(ascii: "1") : first, at: position)
            }
        }
        return UTF8Text.string(bytes)
    }

    static func range(from first: String, to last: String, isExclusive: Bool) -> [String] {
        var texts: [String] = []
        var current = first
        while texts.count < 10_000, current.utf8.count <= last.utf8.count {
            if current == last {
                if !isExclusive { texts.append(current) }
                break
            }
            texts.append(current)
            current = of(current)
        }
        return texts
    }
}
