/// Turns the bytes of a formula into tokens, one at a time, on demand.
///
/// How a character reads depends on what came before (`state`) and on the literal around it (`modes`). The parser may
/// change `state` before it asks for the next token: only it knows which names are local variables. A lexer is a value:
/// a copy remembers the place, assigning it back returns there.
struct Lexer {
    let bytes: SourceBytes
    let count: Int
    let reserved = ReservedWords.table
    let source: SourceText
    var position = 0
    var state = State.value
    var modes: [Mode] = []
    /// The next byte belongs to the text of a literal, not to code. Mirrors the top of `modes`.
    var readsText = false
    /// Where reading goes on after the end of this line, past the heredocs that began on it; 0 if none did.
    var heredocResume = 0
    /// The first byte after the line `__END__`.
    var dataStart: Int?
    var diagnostics: [Diagnostic] = []
    private(set) var isStopped = false

    /// What the last token lets come next.
    enum State: UInt8 {
        /// An operand; line ends are skipped.
        case value
        /// An operand or a `name:`.
        case valueOrLabel
        /// An operand, unless the line ends: after `return` and `rescue`.
        case valueOrEnd
        /// After `class`: an operand, but `<<` is not a heredoc.
        case singleton
        /// An operator.
        case operation
        /// After a local variable's name: an operator, or a `name:` that makes it a method's name after all.
        case variable
        /// After a method's name: an operator or the first argument, by the spaces around it.
        case argument
        /// The name of a method, after `def` and `alias`; setters and operators included.
        case name
        /// The name of a method after a dot.
        case member
    }

    init(_ source: SourceText) {
        self.source = source
        bytes = SourceBytes(source.bytes)
        count = source.bytes.count
        if bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    /// The next token. At the end of the file it is `endOfFile`, however often it is asked for.
    mutating func next() -> Token {
        readsText ? nextOfLiteral() : nextOfCode()
    }

    /// Makes `endOfFile` the next token.
    mutating func stop() {
        isStopped = true
        position = count
        modes.removeAll()
        readsText = false
        heredocResume = 0
        state = .operation
    }

    /// Notes a problem; too many of them end the reading.
    mutating func report(_ id: String, _ start: Int, _ end: Int, _ message: String, hint: String? = nil) {
        let diagnostic = Diagnostic(id: id, span: SourceSpan(start, end), message: message, hint: hint)
        if diagnostics.contains(diagnostic) { return }
        diagnostics.append(diagnostic)
        if diagnostics.count >= Parser.maximumDiagnostics { stop() }
    }

    private mutating func nextOfCode() -> Token {
        var flags: Token.Flags = position == 0 ? .newlineBefore : []
        while true {
            switch bytes[position] {
            case .space, .tab, .carriageReturn, 0x0B, 0x0C:
                position = bytes.first(notOf: .blanks, from: position)
                flags.insert(.spaceBefore)
            case .hash:
                skipLine()
            case .newline:
                if state.endsAtNewline, !continuesAfterNewline() {
                    let start = position
                    crossLine()
                    state = .value
                    return Token(kind: .newline, flags: flags, start: start, end: start + 1)
                }
                crossLine()
                flags.formUnion([.spaceBefore, .newlineBefore])
            case .backslash where bytes[position + 1] == .newline:
                position += 1
                crossLine()
                flags.insert(.spaceBefore)
            case .backslash where bytes[position + 1] == .carriageReturn && bytes[position + 2] == .newline:
                position += 2
                crossLine()
                flags.insert(.spaceBefore)
            case .equals where isBlockComment:
                skipBlockComment()
                flags.formUnion([.spaceBefore, .newlineBefore])
            case 0 where position >= count:
                return Token(kind: .endOfFile, flags: flags, start: count, end: count)
            case let byte:
                if let token = token(byte, flags) { return token }
                flags.insert(.spaceBefore)
            }
        }
    }

    /// The token that starts with `byte`; nil if there is none, then the byte was reported and skipped.
    private mutating func token(_ byte: UInt8, _ flags: Token.Flags) -> Token? {
        if byte.startsName { return word(flags) }
        if byte.isDigit { return number(flags) }
        switch byte {
        case .quote, .apostrophe: return quoted(byte, flags)
        case .at: return variable(.instanceVariable, flags)
        case .dollar: return variable(.globalVariable, flags)
        default: return punctuation(byte, flags)
        }
    }

    // MARK: Lines

    mutating func skipLine() { position = bytes.first(of: .lineEnd, from: position) }

    /// Steps over a line end, and over the heredocs that began on that line.
    mutating func crossLine() {
        position += 1
        if heredocResume > 0 {
            position = max(position, heredocResume)
            heredocResume = 0
        }
    }

    /// Whether the next line that is not a comment begins with `.name` or `&.name`.
    private func continuesAfterNewline() -> Bool {
        var index = max(position + 1, heredocResume)
        while true {
            switch bytes[index] {
            case .space, .tab, .carriageReturn: index = bytes.first(notOf: .blanks, from: index)
            case .hash:
                index = bytes.first(of: .lineEnd, from: index) + 1
            case .period: return bytes[index + 1] != .period
            case .ampersand: return bytes[index + 1] == .period
            default: return false
            }
        }
    }

    /// A comma follows on this line, or its end and nothing on the next that goes on.
    var valueEnds: Bool { valueEnds(at: position) }

    func valueEnds(at position: Int) -> Bool {
        let index = bytes.first(notOf: .blanks, from: position)
        switch bytes[index] {
        case UInt8(ascii: ","): return true
        case .newline:
            var ahead = index + 1
            while ahead < count, bytes[ahead].isSpace { ahead += 1 }
            // A comment may stand before a `.name` that goes on; so may a heredoc begun on this line.
            return heredocResume == 0 && bytes[ahead] != .period && bytes[ahead] != .ampersand && bytes[ahead] != .hash
        default: return false
        }
    }

    var arrowFollows: Bool {
        let index = bytes.first(notOf: .blanks, from: position)
        return bytes[index] == .equals && bytes[index + 1] == .greater
    }

    private var isBlockComment: Bool {
        (position == 0 || bytes[position - 1] == .newline) && hasPrefix("=begin", at: position)
            && !bytes[position + 6].continuesName
    }

    /// Steps over `=begin … =end`.
    private mutating func skipBlockComment() {
        let start = position
        repeat {
            skipLine()
            guard position < count else {
                return report("syntax.unterminated-comment", start, start + 6, "this `=begin` has no `=end`")
            }
            position += 1
        } while !(hasPrefix("=end", at: position) && !bytes[position + 4].continuesName)
        skipLine()
    }

    /// The first byte of the code ahead that is neither space nor comment, line ends included; 0 at the end.
    var significantByte: UInt8 {
        var index = position
        while true {
            switch bytes[index] {
            case .space, .tab, .carriageReturn, .newline: index += 1
            case .hash: index = bytes.first(of: .lineEnd, from: index)
            case let byte: return index < count ? byte : 0
            }
        }
    }

    func hasPrefix(_ word: StaticString, at index: Int) -> Bool { bytes.hasPrefix(word, at: index) }
}

extension Lexer.State {
    var endsAtNewline: Bool { wantsOperator || self == .argument || self == .valueOrEnd }

    /// No operand can come, so an ambiguous character is an operator.
    var wantsOperator: Bool { self == .operation || self == .variable }

    /// Only an operand can come, so an ambiguous character starts one.
    var wantsOperand: Bool { rawValue <= Lexer.State.singleton.rawValue }

    var allowsLabel: Bool { self == .valueOrLabel || self == .argument || self == .variable }
}

/// Bytes by the names that the lexer uses.
extension UInt8 {
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let hash = UInt8(ascii: "#")
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let backtick = UInt8(ascii: "`")
    static let backslash = UInt8(ascii: "\\")
    static let equals = UInt8(ascii: "=")
    static let colon = UInt8(ascii: ":")
    static let period = UInt8(ascii: ".")
    static let ampersand = UInt8(ascii: "&")
    static let at = UInt8(ascii: "@")
    static let dollar = UInt8(ascii: "$")
    static let question = UInt8(ascii: "?")
    static let bang = UInt8(ascii: "!")
    static let tilde = UInt8(ascii: "~")
    static let underscore = UInt8(ascii: "_")
    static let minus = UInt8(ascii: "-")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    var isUppercase: Bool { self &- UInt8(ascii: "A") < 26 }
    var startsName: Bool { isLetter || self == .underscore || self >= 0x80 }
    var continuesName: Bool { startsName || isDigit }
    var isSpace: Bool { self == .space || self &- .tab < 5 }
    /// A line end within a literal counts as one.
    var isBlank: Bool { self == .space || self == .tab }
}
