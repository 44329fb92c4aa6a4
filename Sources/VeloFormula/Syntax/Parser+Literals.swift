/// Strings and everything that is written like them.
extension Parser {
    /// A string, symbol, regexp, shell command, word list or heredoc. Adjacent strings become one.
    mutating func parseLiteral() -> SyntaxNode {
        let start = token.start
        var parts: [StringPart]
        if token.kind == .literalBegin, let mode = lexer.modes.last {
            if mode.isList { return parseWordList(mode) }
            let literal = parseParts(mode)
            parts = literal.parts
            if mode.purpose != .string { return node(kind(of: mode.purpose, parts, literal.flags), from: start) }
        } else {
            let first = token
            takePlainString()
            if !continuesString, isSkimming, !first.flags.contains(.hasEscapes) { return skimmed.value }
            if !continuesString { return SyntaxNode(stringValue(first), first.span) }
            parts = [part(first)]
        }
        while continuesString {
            if token.kind == .literalBegin, let mode = lexer.modes.last {
                parts.append(contentsOf: parseParts(mode).parts)
            } else {
                parts.append(part(token))
                takePlainString()
            }
        }
        return node(Self.string(parts), from: start)
    }

    /// The current token is a string that another string may precede.
    private var continuesString: Bool {
        switch token.kind {
        case .string: !literalIsLabel
        case .literalBegin: lexer.modes.last?.purpose == .string && !literalIsLabel
        default: false
        }
    }

    private mutating func takePlainString() {
        if token.flags.contains(.spansLines) { multilineString = token }
        literalIsLabel = token.flags.contains(.isLabel)
        advance()
    }

    private func kind(of purpose: Mode.Purpose, _ parts: [StringPart], _ flags: String) -> SyntaxKind {
        switch purpose {
        case .regexp: return .regexp(parts, flags: flags)
        case .shell: return .shellString(parts)
        default:
            if case .string(let name) = Self.string(parts) { return .symbol(name) }
            return .interpolatedSymbol(parts)
        }
    }

    /// `.string` if there is only text, its pieces joined; `.bytes` if some of them are.
    private static func string(_ parts: [StringPart]) -> SyntaxKind {
        if parts.isEmpty { return .string("") }
        if parts.count == 1, case .text(let text) = parts[0] { return .string(text) }
        if let bytes = bytes(parts) { return .bytes(bytes) }
        var joined: [StringPart] = []
        for part in parts {
            if case .text(let text) = part, case .text(let before) = joined.last {
                joined[joined.count - 1] = .text(before + text)
            } else {
                joined.append(part)
            }
        }
        if joined.count == 1, case .text(let text) = joined[0] { return .string(text) }
        return .interpolatedString(joined)
    }

    /// The bytes of a string without interpolation that is no text.
    private static func bytes(_ parts: [StringPart]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var isText = true
        for part in parts {
            switch part {
            case .text(let text): bytes += Array(text.utf8)
            case .code(let node):
                guard case .bytes(let own) = node.kind else { return nil }
                bytes += own
                isText = false
            }
        }
        return isText ? nil : bytes
    }

    /// The value of a `.string` or `.character` token.
    mutating func stringValue(_ token: Token) -> SyntaxKind {
        let start = token.start + Int(token.lead)
        var end = token.end
        if token.kind == .string { end -= token.flags.contains(.isLabel) ? 2 : 1 }
        if !token.flags.contains(.hasEscapes) { return .string(text(start, end)) }
        let isRaw = token.flags.contains(.isRaw)
        var decoder = TextDecoder(rules: isRaw ? .raw(open: 0, close: .apostrophe, isList: false) : .cooked)
        decoder.append(lexer.bytes, start, min(end, lexer.count))
        if let malformed = decoder.malformedEscape { reportEscape(at: malformed) }
        return decoder.value
    }

    private mutating func part(_ token: Token) -> StringPart {
        let value = stringValue(token)
        if case .string(let text) = value { return .text(text) }
        return .code(SyntaxNode(value, token.span))
    }

    // MARK: Pieces

    /// The parts of the literal whose beginning is the current token, and what is written behind it.
    private mutating func parseParts(_ mode: Mode) -> (parts: [StringPart], flags: String) {
        let pieces = parsePieces(mode)
        if abandonedLiteral == mode.start { rewind(to: mode.start) }
        var flags = ""
        if token.kind == .literalEnd {
            if mode.purpose == .regexp { flags = text(token.start + 1, token.end) }
            literalIsLabel = token.flags.contains(.isLabel)
            advance()
        }
        return (decoded(pieces, of: mode), flags)
    }

    private mutating func decoded(_ pieces: [LiteralPiece], of mode: Mode) -> [StringPart] {
        if isSkimming, !pieces.contains(where: \.hasEscapes) { return [] }
        var malformed: Int?
        let parts = TextDecoder.parts(pieces, of: mode, in: lexer.bytes, malformed: &malformed)
        if let malformed { reportEscape(at: malformed) }
        return parts
    }

    private mutating func reportEscape(at start: Int) {
        lexer.report("syntax.escape", start, start + 2, "this escape lacks its hexadecimal digits")
    }

    private mutating func parsePieces(_ mode: Mode) -> [LiteralPiece] {
        var pieces: [LiteralPiece] = []
        advance()
        while true {
            switch token.kind {
            case .content:
                pieces.append(.text(token))
                advance()
            case .interpolationBegin:
                let start = token.start
                pieces.append(.code(parseInterpolation(mode), start: start))
            case .instanceVariable, .classVariable, .globalVariable:
                let start = token.start - 1
                pieces.append(.code(parsePrimary(), start: start))
            case .wordBreak:
                pieces.append(.wordBreak)
                advance()
            default: return pieces
            }
        }
    }

    /// `#{statements}`
    private mutating func parseInterpolation(_ mode: Mode) -> SyntaxNode {
        let start = token.start
        depth += 1
        reach = max(reach, depth)
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        let wasStatement = startsStatement
        let outer = open()
        let body = parseBody(.interpolation)
        startsStatement = wasStatement
        allowsDo = outer
        let opener = openers.popLast()
        if take(.interpolationEnd) { return body }
        guard !isAborted, abandonedLiteral == nil, let opener else { return body }
        fail("syntax.unterminated-interpolation", opener.span, "this `#{` is not closed")
        abandon(mode)
        return node(.missing, from: start)
    }

    // MARK: Word lists

    /// `%w[a b]` or `%i[a b]`, as one token.
    mutating func parsePlainWords() -> SyntaxNode {
        let list = token
        if isSkimming {
            advance()
            return skimmed.value
        }
        let isSymbols = list.kind == .symbols
        var words: [SyntaxNode] = []
        var index = list.start + Int(list.lead)
        let end = list.end - 1
        while index < end {
            if lexer.bytes[index].isSpace {
                index += 1
                continue
            }
            let start = index
            while index < end, !lexer.bytes[index].isSpace { index += 1 }
            let word = text(start, index)
            words.append(SyntaxNode(isSymbols ? .symbol(word) : .string(word), SourceSpan(start, index)))
        }
        advance()
        return SyntaxNode(.array(words), list.span)
    }

    /// A word list that is read piece by piece.
    private mutating func parseWordList(_ mode: Mode) -> SyntaxNode {
        let start = token.start
        let pieces = parsePieces(mode)
        if abandonedLiteral == mode.start { rewind(to: mode.start) }
        if token.kind == .literalEnd { advance() }
        var words: [SyntaxNode] = []
        for word in pieces.split(whereSeparator: \.isWordBreak) {
            let parts = decoded(Array(word), of: mode)
            var kind = Self.string(parts)
            if mode.purpose == .symbols { kind = self.kind(of: .symbol, parts, "") }
            words.append(SyntaxNode(kind, SourceSpan(word.first?.start ?? start, word.last?.end ?? start)))
        }
        return node(.array(words), from: start)
    }
}

/// A part of a literal as the parser found it, its text not yet decoded.
enum LiteralPiece {
    case text(Token)
    /// An interpolation and the place of its `#`.
    case code(SyntaxNode, start: Int)
    case wordBreak

    var isWordBreak: Bool { if case .wordBreak = self { true } else { false } }

    var hasEscapes: Bool { if case .text(let token) = self { token.flags.contains(.hasEscapes) } else { false } }

    var start: Int? {
        switch self {
        case .text(let token): token.start
        case .code(_, let start): start
        case .wordBreak: nil
        }
    }

    var end: Int? {
        switch self {
        case .text(let token): token.end
        case .code(let node, _): Int(node.span.end)
        case .wordBreak: nil
        }
    }
}
