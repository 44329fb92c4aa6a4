/// Turns the text of a literal into its value: escapes, line ends, and the indentation of squiggly heredocs.
struct TextDecoder {
    enum Rules {
        /// As between double quotes.
        case cooked
        /// Only the delimiters and the backslash can be escaped; in a list also the spaces between words.
        case raw(open: UInt8, close: UInt8, isList: Bool)
        /// The pattern's own escapes stay; that of the delimiter goes.
        case pattern(close: UInt8)
        /// `<<'TAG'`: nothing is an escape.
        case verbatim
    }

    private let rules: Rules
    /// The columns of indentation that every line loses.
    private var dedent = 0
    private var output: [UInt8] = []
    /// An escape made a byte that only together with its neighbours can be UTF-8.
    private var hasRawBytes = false
    /// Where an escape begins that means nothing.
    private(set) var malformedEscape: Int?

    init(rules: Rules, dedent: Int = 0) {
        self.rules = rules
        self.dedent = dedent
    }

    var isEmpty: Bool { output.isEmpty }

    /// The value: a `.string`, or `.bytes` if it is no text.
    var value: SyntaxKind {
        let text = String(decoding: output, as: UTF8.self)
        return hasRawBytes && !text.utf8.elementsEqual(output) ? .bytes(output) : .string(text)
    }

    /// The decoded parts of a literal. Where an escape is malformed, `malformed` is set to its place.
    static func parts(
        _ pieces: [LiteralPiece], of mode: Mode, in bytes: SourceBytes, malformed: inout Int?
    ) -> [StringPart] {
        let rules = rules(of: mode)
        let isSquiggly = mode.heredoc?.indentation == .squiggly
        let dedent = isSquiggly ? indentation(pieces, bytes) : 0
        return pieces.compactMap { piece in
            switch piece {
            case .code(let node, _): return .code(node)
            case .wordBreak: return nil
            case .text(let token):
                if dedent == 0, !token.flags.contains(.hasEscapes) {
                    return .text(bytes.text(token.start, token.end))
                }
                var decoder = TextDecoder(rules: rules, dedent: dedent)
                decoder.append(bytes, token.start, token.end)
                malformed = malformed ?? decoder.malformedEscape
                if decoder.isEmpty { return nil }
                if case .string(let text) = decoder.value { return .text(text) }
                return .code(SyntaxNode(decoder.value, token.span))
            }
        }
    }

    private static func rules(of mode: Mode) -> Rules {
        if mode.purpose == .regexp { return .pattern(close: mode.close) }
        if mode.interpolates { return .cooked }
        return mode.heredoc == nil ? .raw(open: mode.open, close: mode.close, isList: mode.isList) : .verbatim
    }

    // MARK: Indentation

    /// The columns by which the least indented line is indented; blank lines do not count.
    private static func indentation(_ pieces: [LiteralPiece], _ bytes: SourceBytes) -> Int {
        var least = Int.max
        for piece in pieces {
            switch piece {
            case .text(let token): least = min(least, indentation(token, bytes))
            case .code(_, let start): if bytes[start - 1] == .newline { least = 0 }
            case .wordBreak: break
            }
        }
        return least == .max ? 0 : least
    }

    private static func indentation(_ token: Token, _ bytes: SourceBytes) -> Int {
        var least = Int.max
        var index = token.start
        while index < token.end {
            if bytes[index - 1] == .newline {
                var width = 0
                while index < token.end, bytes[index].isBlank {
                    width = bytes[index] == .tab ? (width / 8 + 1) * 8 : width + 1
                    index += 1
                }
                let isBlank =
                    index < token.end
                    && (bytes[index] == .newline || (bytes[index] == .carriageReturn && bytes[index + 1] == .newline))
                if !isBlank { least = min(least, width) }
            }
            while index < token.end, bytes[index] != .newline { index += 1 }
            index += 1
        }
        return least
    }

    /// Steps over the indentation that a line loses.
    private func skipIndentation(_ bytes: SourceBytes, _ index: inout Int, _ end: Int) {
        var width = 0
        while index < end, width < dedent, bytes[index].isBlank {
            let next = bytes[index] == .tab ? (width / 8 + 1) * 8 : width + 1
            if next > dedent { return }
            width = next
            index += 1
        }
    }

    // MARK: Decoding

    mutating func append(_ bytes: SourceBytes, _ start: Int, _ end: Int) {
        output.reserveCapacity(output.count + end - start)
        var index = start
        if dedent > 0, bytes[index - 1] == .newline { skipIndentation(bytes, &index, end) }
        while index < end {
            let byte = bytes[index]
            if byte == .backslash, index + 1 < end {
                appendEscape(bytes, &index, end)
            } else if byte == .carriageReturn, bytes[index + 1] == .newline {
                index += 1
                continue
            } else {
                output.append(byte)
                index += 1
            }
            if dedent > 0, bytes[index - 1] == .newline { skipIndentation(bytes, &index, end) }
        }
    }

    /// Decodes the escape whose backslash is at `index`.
    private mutating func appendEscape(_ bytes: SourceBytes, _ index: inout Int, _ end: Int) {
        let next = bytes[index + 1]
        switch rules {
        case .verbatim:
            output.append(.backslash)
            index += 1
        case .raw(let open, let close, let isList):
            let isEscape = next == .backslash || next == close || (next == open && open > 0)
            if !isEscape, !(isList && next.isSpace) { output.append(.backslash) }
            output.append(next)
            index += 2
        case .pattern(let close):
            if next != close || close.isPatternSyntax { output.append(.backslash) }
            output.append(next)
            index += 2
        case .cooked:
            index += 1
            appendCooked(bytes, &index, end)
        }
    }

    private mutating func appendCooked(_ bytes: SourceBytes, _ index: inout Int, _ end: Int) {
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "n"): output.append(10)
        case UInt8(ascii: "t"): output.append(9)
        case UInt8(ascii: "s"): output.append(32)
        case UInt8(ascii: "r"): output.append(13)
        case UInt8(ascii: "e"): output.append(27)
        case UInt8(ascii: "a"): output.append(7)
        case UInt8(ascii: "b"): output.append(8)
        case UInt8(ascii: "f"): output.append(12)
        case UInt8(ascii: "v"): output.append(11)
        case .newline: break
        case .carriageReturn where bytes[index] == .newline: index += 1
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            append(raw: number(bytes, &index, end, digits: 3, radix: 8))
        case UInt8(ascii: "x"):
            if bytes[index].hexValue == nil { malformedEscape = malformedEscape ?? index - 2 }
            append(raw: number(bytes, &index, end, digits: 2, radix: 16))
        case UInt8(ascii: "u"): appendUnicode(bytes, &index, end)
        case UInt8(ascii: "c") where index < end:
            output.append(bytes[index] & 0x1F)
            index += 1
        case UInt8(ascii: "C") where index + 1 < end && bytes[index] == .minus:
            output.append(bytes[index + 1] & 0x1F)
            index += 2
        default: output.append(byte)
        }
    }

    /// `\uXXXX` or `\u{X XX XXX}`
    private mutating func appendUnicode(_ bytes: SourceBytes, _ index: inout Int, _ end: Int) {
        let start = index - 2
        guard index < end, bytes[index] == .openBrace else {
            let value = number(bytes, &index, end, digits: 4, radix: 16)
            if index < start + 6 { malformedEscape = malformedEscape ?? start }
            return append(scalar: value)
        }
        index += 1
        while index < end, bytes[index] != .closeBrace {
            if bytes[index].hexValue == nil {
                index += 1
            } else {
                append(scalar: number(bytes, &index, end, digits: 8, radix: 16))
            }
        }
        index = min(index + 1, end)
    }

    private mutating func append(raw value: Int) {
        let byte = UInt8(truncatingIfNeeded: value)
        if byte >= 0x80 { hasRawBytes = true }
        output.append(byte)
    }

    private mutating func append(scalar value: Int) {
        let scalar = UInt32(exactly: value).flatMap(UnicodeScalar.init) ?? "\u{FFFD}"
        output.append(contentsOf: Character(scalar).utf8)
    }

    private func number(_ bytes: SourceBytes, _ index: inout Int, _ end: Int, digits: Int, radix: Int) -> Int {
        var value = 0
        for _ in 0..<digits {
            guard index < end, let digit = bytes[index].hexValue, digit < radix else { break }
            value = value * radix + digit
            index += 1
        }
        return value
    }
}

extension UInt8 {
    /// A delimiter that means something in a regular expression: there its escape must stay.
    fileprivate var isPatternSyntax: Bool {
        switch self {
        case UInt8(ascii: ")"), UInt8(ascii: "]"), .closeBrace, .greater, .dollar, UInt8(ascii: "*"), UInt8(ascii: "+"),
            .period, .question, UInt8(ascii: "^"), UInt8(ascii: "|"):
            true
        default: false
        }
    }
}
