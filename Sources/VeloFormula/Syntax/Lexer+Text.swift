/// The text of literals: pieces of content, interpolations, and the end.
extension Lexer {
    mutating func nextOfLiteral() -> Token {
        let top = modes.count - 1
        let start = position
        if modes[top].heredoc != nil, isLineStart, let end = heredocEnd() { return end }
        if modes[top].isList, bytes[position].isSpace {
            skipWordBreak()
            return Token(kind: .wordBreak, start: start, end: position)
        }
        let (end, flags) = readText(top)
        if end > start { return Token(kind: .content, flags: flags, start: start, end: end) }
        if position >= count { return unterminatedLiteral() }
        return bytes[position] == .hash && modes[top].interpolates && interpolates(at: position)
            ? beginInterpolation() : endLiteral()
    }

    private var isLineStart: Bool { position > 0 && bytes[position - 1] == .newline }

    private mutating func skipWordBreak() {
        while bytes[position].isSpace {
            if bytes[position] == .newline { crossLine() } else { position += 1 }
        }
    }

    /// Steps over text up to something that is not, or to a place where it does not go on in the next byte. Returns
    /// where the text ends; `position` can be further on, behind the heredocs that began on its line.
    private mutating func readText(_ top: Int) -> (end: Int, flags: Token.Flags) {
        let mode = modes[top]
        var flags: Token.Flags = mode.interpolates ? [] : .isRaw
        while true {
            position = bytes.first(of: mode.stops, from: position)
            if position >= count { return (position, flags) }
            var isEscaped = false
            switch bytes[position] {
            case mode.close where mode.heredoc == nil:
                if modes[top].depth == 0 { return (position, flags) }
                modes[top].depth -= 1
            case mode.open where mode.open > 0: modes[top].depth += 1
            case .hash: if interpolates(at: position) { return (position, flags) }
            case .backslash:
                flags.insert(.hasEscapes)
                position += bytes[position + 1] == .carriageReturn && bytes[position + 2] == .newline ? 2 : 1
                if position >= count { return (position, flags) }
                isEscaped = true
            case .carriageReturn: flags.insert(.hasEscapes)
            default: break
            }
            if mode.isList, !isEscaped, bytes[position].isSpace { return (position, flags) }
            if bytes[position] == .newline {
                let lineEnd = position + 1
                crossLine()
                if position > lineEnd || (mode.heredoc != nil && isHeredocEnd) { return (lineEnd, flags) }
            } else {
                position += 1
            }
        }
    }

    private mutating func beginInterpolation() -> Token {
        let start = position
        modes[modes.count - 1].openBraces = 0
        if bytes[position + 1] == .openBrace {
            position += 2
            state = .value
            readsText = false
            return Token(kind: .interpolationBegin, start: start, end: position)
        }
        position += 1
        return variable(bytes[position] == .at ? .instanceVariable : .globalVariable, [])
    }

    /// The closing delimiter, with a regexp's flags or a label's colon.
    private mutating func endLiteral() -> Token {
        let start = position
        let mode = popMode()
        position += 1
        state = .operation
        var flags: Token.Flags = []
        if mode.purpose == .regexp {
            readFlags()
        } else if mode.allowsLabel, bytes[position] == .colon, bytes[position + 1] != .colon {
            position += 1
            flags = .isLabel
            state = .valueOrLabel
        }
        return Token(kind: .literalEnd, flags: flags, start: start, end: position)
    }

    private mutating func readFlags() {
        let start = position
        while bytes[position].isLetter { position += 1 }
        let isKnown = (start..<position).allSatisfy { Self.regexpFlags.contains(bytes[$0]) }
        if !isKnown { report("syntax.regexp-flags", start, position, "a regular expression has no such flags") }
    }

    private static let regexpFlags = Array("imxounse".utf8)

    /// Takes the innermost literal off the stack.
    mutating func popMode() -> Mode {
        let mode = modes.removeLast()
        readsText = false
        return mode
    }

    // MARK: Ends that are missing

    /// The file ended within a literal: reading goes on after the line where it began.
    private mutating func unterminatedLiteral() -> Token {
        let mode = popMode()
        if let heredoc = mode.heredoc { return unterminated(heredoc, mode) }
        reportUnterminated(mode.purpose, mode.start, mode.end)
        resume(afterLineOf: mode.isList ? lastLine(of: mode) : mode.end)
        return Token(kind: .literalEnd, start: mode.end, end: mode.end)
    }

    /// The last line that a word list without end can mean: the next one is indented no deeper than its first.
    private func lastLine(of mode: Mode) -> Int {
        let next = bytes.first(of: .lineEnd, from: mode.end) + 1
        return dedentation(from: next, below: indentation(ofLineAt: mode.start)) - 1
    }

    /// Goes to the end of the line that holds `index`.
    mutating func resume(afterLineOf index: Int) {
        if isStopped { return }
        position = min(index, count)
        heredocResume = 0
        skipLine()
        state = .operation
    }

    mutating func reportUnterminated(_ purpose: Mode.Purpose, _ start: Int, _ end: Int) {
        switch purpose {
        case .regexp:
            report("syntax.unterminated-regexp", start, end, "this regular expression has no end")
        case .words, .symbols:
            report("syntax.unterminated-list", start, end, "this word list has no closing bracket")
        case .string, .symbol, .shell:
            report("syntax.unterminated-string", start, end, "this string has no closing quote")
        }
    }

    /// Steps over an escape; `position` is at the backslash.
    mutating func skipEscape() {
        position += 1
        let byte = bytes[position]
        position += 1
        if byte >= 0x80 { while bytes[position] & 0xC0 == 0x80 { position += 1 } }
        switch byte {
        case UInt8(ascii: "u") where bytes[position] == .openBrace:
            while bytes[position] != .closeBrace, bytes[position] != .newline, position < count { position += 1 }
            if bytes[position] == .closeBrace { position += 1 }
        case UInt8(ascii: "u"): skipHexDigits(4)
        case UInt8(ascii: "x"): skipHexDigits(2)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            for _ in 0..<2 where bytes[position] &- 48 < 8 { position += 1 }
        case UInt8(ascii: "c"): position += 1
        case UInt8(ascii: "C") where bytes[position] == .minus: position += 2
        default: break
        }
        position = min(position, count)
    }

    private mutating func skipHexDigits(_ limit: Int) {
        for _ in 0..<limit where bytes[position].hexValue != nil { position += 1 }
    }
}
