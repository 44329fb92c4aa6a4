import VeloSystem

/// A literal that is being read: an entry of the lexer's stack of modes.
///
/// While the lexer reads the code of an interpolation, the literal around it stays on the stack.
struct Mode {
    enum Purpose: UInt8 { case string, symbol, regexp, shell, words, symbols }

    var purpose: Purpose
    /// Escapes and `#{}` count; otherwise single-quote rules apply.
    var interpolates: Bool
    /// The bracket that nests within the literal, 0 if it has none.
    var open: UInt8 = 0
    var close: UInt8
    /// Brackets of the literal that are open in its text.
    var depth = 0
    /// Braces that are open in the code of the interpolation being read.
    var openBraces = 0
    /// The first byte of the literal.
    var start: Int
    var end: Int
    /// A colon after the closing quote makes it a hash key.
    var allowsLabel = false
    var heredoc: Heredoc?
    /// The bytes at which reading the text must stop and look.
    var stops = ByteSet(.newline, .carriageReturn)

    var isList: Bool { purpose == .words || purpose == .symbols }

    /// Fills `stops` from the rest.
    fileprivate mutating func setStops() {
        if heredoc == nil { stops.insert(close) }
        if open > 0 { stops.insert(open) }
        if heredoc == nil || interpolates { stops.insert(.backslash) }
        if interpolates { stops.insert(.hash) }
        if isList { for space in [UInt8.space, .tab, 0x0B, 0x0C] { stops.insert(space) } }
    }
}

/// The beginnings of literals.
extension Lexer {
    /// `"text"` or `'text'`: one token if nothing in it needs the parser.
    mutating func quoted(_ quote: UInt8, _ flags: Token.Flags) -> Token {
        let start = position
        let isRaw = quote == .apostrophe
        let stops = isRaw ? Self.apostropheStops : Self.quoteStops
        var flags = isRaw ? flags.union(.isRaw) : flags
        var index = bytes.first(stops, from: start + 1)
        while index < count, bytes[index] != quote {
            switch bytes[index] {
            case .backslash:
                flags.insert(.hasEscapes)
                index += 1
                if bytes[index] == .newline, heredocResume > 0 { return beginQuoted(quote, flags) }
            case .hash where interpolates(at: index): return beginQuoted(quote, flags)
            case .newline:
                if heredocResume > 0 { return beginQuoted(quote, flags) }
                flags.insert(.spansLines)
            case .carriageReturn: flags.insert(.hasEscapes)
            default: break
            }
            index = bytes.first(stops, from: index + 1)
        }
        if index >= count { return unterminatedQuote(quote, flags) }
        position = index + 1
        if state.allowsLabel, bytes[position] == .colon, bytes[position + 1] != .colon {
            flags.insert(.isLabel)
            position += 1
            state = .valueOrLabel
        } else {
            state = .operation
        }
        return Token(kind: .string, flags: flags, lead: 1, start: start, end: position)
    }

    static let quoteStops = ByteSearch(.quote, .backslash, .hash, .newline, .carriageReturn)
    private static let apostropheStops = ByteSearch(.apostrophe, .backslash, .newline, .carriageReturn, .apostrophe)

    private mutating func beginQuoted(_ quote: UInt8, _ flags: Token.Flags) -> Token {
        let mode = Mode(
            purpose: .string, interpolates: quote == .quote, close: quote, start: position, end: position + 1,
            allowsLabel: state.allowsLabel)
        return begin(mode, flags)
    }

    private mutating func unterminatedQuote(_ quote: UInt8, _ flags: Token.Flags) -> Token {
        let start = position
        reportUnterminated(.string, start, start + 1)
        skipLine()
        state = .operation
        // As if the quote stood at the end of the line.
        return Token(kind: .string, flags: flags.union(.hasEscapes), lead: 1, start: start, end: position + 1)
    }

    mutating func quotedSymbol(_ quote: UInt8, _ flags: Token.Flags) -> Token {
        let mode = Mode(
            purpose: .symbol, interpolates: quote == .quote, close: quote, start: position, end: position + 2)
        return begin(mode, flags)
    }

    mutating func regexp(_ flags: Token.Flags) -> Token {
        let slash = UInt8(ascii: "/")
        return begin(
            Mode(purpose: .regexp, interpolates: true, close: slash, start: position, end: position + 1), flags)
    }

    mutating func shell(_ flags: Token.Flags) -> Token {
        begin(Mode(purpose: .shell, interpolates: true, close: .backtick, start: position, end: position + 1), flags)
    }

    /// `%w[]`, `%q()`, `%()` and their like.
    mutating func percentLiteral(_ flags: Token.Flags) -> Token {
        let start = position
        let letter = bytes[start + 1].isLetter ? bytes[start + 1] : UInt8(ascii: "Q")
        let openAt = bytes[start + 1].isLetter ? start + 2 : start + 1
        let open = bytes[openAt]
        let isDelimiter = open > 0x20 && open < 0x7F && !open.continuesName
        guard let (purpose, interpolates) = Self.percentKind(letter), isDelimiter else {
            position = openAt
            state = .operation
            report("syntax.percent-literal", start, openAt, "no literal starts with these characters")
            return Token(kind: .string, flags: flags, lead: 1, start: start, end: openAt)
        }
        var mode = Mode(purpose: purpose, interpolates: interpolates, close: open, start: start, end: openAt + 1)
        if let close = Self.closingBracket(open) {
            mode.open = open
            mode.close = close
        }
        if mode.isList, let token = plainWords(mode, flags) { return token }
        return begin(mode, flags)
    }

    private static func percentKind(_ letter: UInt8) -> (Mode.Purpose, interpolates: Bool)? {
        switch letter {
        case UInt8(ascii: "Q"): (.string, true)
        case UInt8(ascii: "q"): (.string, false)
        case UInt8(ascii: "w"): (.words, false)
        case UInt8(ascii: "W"): (.words, true)
        case UInt8(ascii: "i"): (.symbols, false)
        case UInt8(ascii: "I"): (.symbols, true)
        case UInt8(ascii: "r"): (.regexp, true)
        case UInt8(ascii: "x"): (.shell, true)
        case UInt8(ascii: "s"): (.symbol, false)
        default: nil
        }
    }

    private static func closingBracket(_ open: UInt8) -> UInt8? {
        switch open {
        case UInt8(ascii: "("): UInt8(ascii: ")")
        case UInt8(ascii: "["): UInt8(ascii: "]")
        case .openBrace: .closeBrace
        case .less: .greater
        default: nil
        }
    }

    /// The whole of a word list as one token, if it has neither escapes nor interpolation nor brackets within.
    private mutating func plainWords(_ mode: Mode, _ flags: Token.Flags) -> Token? {
        guard heredocResume == 0 else { return nil }
        var index = mode.end
        while bytes[index] != mode.close {
            let byte = bytes[index]
            if byte == .backslash || byte == mode.open || byte == 0 || (byte == .hash && mode.interpolates) {
                return nil
            }
            index += 1
        }
        position = index + 1
        state = .operation
        return Token(
            kind: mode.purpose == .words ? .words : .symbols, flags: flags, lead: UInt8(mode.end - mode.start),
            start: mode.start, end: position)
    }

    /// Starts to read a literal piece by piece.
    mutating func begin(_ mode: Mode, _ flags: Token.Flags) -> Token {
        push(mode)
        position = mode.end
        return Token(kind: .literalBegin, flags: flags, start: mode.start, end: mode.end)
    }

    mutating func push(_ mode: Mode) {
        modes.append(mode)
        modes[modes.count - 1].setStops()
        readsText = true
    }

    /// `#` at `index` is followed by `{` or by a variable.
    func interpolates(at index: Int) -> Bool {
        let next = bytes[index + 1]
        if next == .openBrace { return true }
        if next == .at {
            return bytes[index + 2].startsName || (bytes[index + 2] == .at && bytes[index + 3].startsName)
        }
        guard next == .dollar else { return false }
        let name = bytes[index + 2]
        return name.continuesName || (name.namesGlobal && name != .quote && name != .apostrophe)
    }
}
