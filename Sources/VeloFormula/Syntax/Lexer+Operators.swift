/// Punctuation, and the reading of characters that start a literal in one place and an operator in another.
extension Lexer {
    /// The token that starts with a character of punctuation; nil if no token does, then it was reported and skipped.
    mutating func punctuation(_ byte: UInt8, _ flags: Token.Flags) -> Token? {
        if state == .name || state == .member, let token = operatorName(byte, flags) { return token }
        switch byte {
        case UInt8(ascii: ","): return take(.comma, 1, flags, .valueOrLabel)
        case UInt8(ascii: ";"): return take(.semicolon, 1, flags, .value)
        case UInt8(ascii: "("): return take(.leftParen, 1, flags, .valueOrLabel)
        case UInt8(ascii: ")"): return take(.rightParen, 1, flags, .operation)
        case UInt8(ascii: "["):
            return take(isOperand(flags, spaced: true) ? .arrayBegin : .indexBegin, 1, flags, .valueOrLabel)
        case UInt8(ascii: "]"): return take(.rightBracket, 1, flags, .operation)
        case .openBrace, .closeBrace: return brace(byte, flags)
        case .period: return period(flags)
        case .colon: return colon(flags)
        case .question: return questionMark(flags)
        case .backtick: return shell(flags)
        case .less: return lessThan(flags)
        case .tilde: return take(.tilde, 1, flags, .value)
        case .equals: return equalsSign(flags)
        case .bang: return bang(flags)
        default: return arithmetic(byte, flags) ?? unknown(byte)
        }
    }

    private mutating func arithmetic(_ byte: UInt8, _ flags: Token.Flags) -> Token? {
        switch byte {
        case UInt8(ascii: "+"): return sign(.plus, .unaryPlus, flags)
        case .minus:
            if bytes[position + 1] == .greater { return take(.lambda, 2, flags, .argument) }
            return sign(.minus, .unaryMinus, flags)
        case UInt8(ascii: "*"): return star(flags)
        case .ampersand: return ampersand(flags)
        case UInt8(ascii: "|"): return verticalBar(flags)
        case UInt8(ascii: "/"):
            if state.wantsOperand { return regexp(flags) }
            if bytes[position + 1] == .equals { return take(.operatorAssign, 2, flags) }
            return isOperand(flags) ? regexp(flags) : take(.slash, 1, flags)
        case UInt8(ascii: "%"):
            if state.wantsOperand { return percentLiteral(flags) }
            if bytes[position + 1] == .equals { return take(.operatorAssign, 2, flags) }
            return isOperand(flags) ? percentLiteral(flags) : take(.percent, 1, flags)
        case UInt8(ascii: "^"): return infix(.caret, 1, flags)
        case .greater: return greaterThan(flags)
        default: return nil
        }
    }

    // MARK: Building

    private mutating func take(
        _ kind: TokenKind, _ length: Int, _ flags: Token.Flags, _ next: State = .value
    ) -> Token {
        let start = position
        position += length
        state = next
        return Token(kind: kind, flags: flags, start: start, end: position)
    }

    /// An operator of `length` bytes, or the assignment it makes with a following `=`.
    private mutating func infix(_ kind: TokenKind, _ length: Int, _ flags: Token.Flags) -> Token {
        bytes[position + length] == .equals
            ? take(.operatorAssign, length + 1, flags) : take(kind, length, flags)
    }

    /// The character starts an operand: nothing else can come, or it stands before an argument (`puts -x`, `puts [x]`).
    private func isOperand(_ flags: Token.Flags, spaced: Bool = false) -> Bool {
        if state.wantsOperand { return true }
        return state == .argument && flags.contains(.spaceBefore) && (spaced || !bytes[position + 1].isSpace)
    }

    private mutating func operatorName(_ byte: UInt8, _ flags: Token.Flags) -> Token? {
        if state == .name, byte == .colon || byte == .dollar { return nil }
        if state == .member, byte == UInt8(ascii: "(") { return nil }
        let length = operatorNameLength(at: position)
        return length > 0 ? take(.identifier, length, flags, .argument) : nil
    }

    private mutating func unknown(_ byte: UInt8) -> Token? {
        let start = position
        position += 1
        if byte == 0 {
            while bytes[position] == 0, position < count { position += 1 }
            report("syntax.nul-byte", start, position, "a NUL byte in the source", hint: "the file may be damaged")
            return nil
        }
        let shown = byte < 0x20 || byte == 0x7F ? "control character \(byte)" : "`\(UnicodeScalar(byte))`"
        report("syntax.unexpected-character", start, position, "\(shown) cannot stand here")
        return nil
    }

    // MARK: One character each

    private mutating func brace(_ byte: UInt8, _ flags: Token.Flags) -> Token {
        guard let top = modes.indices.last else {
            return byte == .openBrace
                ? take(.leftBrace, 1, flags, .valueOrLabel) : take(.rightBrace, 1, flags, .operation)
        }
        if byte == .openBrace {
            modes[top].openBraces += 1
            return take(.leftBrace, 1, flags, .valueOrLabel)
        }
        if modes[top].openBraces > 0 {
            modes[top].openBraces -= 1
            return take(.rightBrace, 1, flags, .operation)
        }
        readsText = true
        return take(.interpolationEnd, 1, flags)
    }

    private mutating func period(_ flags: Token.Flags) -> Token {
        guard bytes[position + 1] == .period else { return take(.dot, 1, flags, .member) }
        return bytes[position + 2] == .period ? take(.dotDotDot, 3, flags) : take(.dotDot, 2, flags)
    }

    /// The `?` of a ternary, or a character literal `?x`.
    private mutating func questionMark(_ flags: Token.Flags) -> Token {
        let next = bytes[position + 1]
        if state.wantsOperator || next.isSpace || position + 1 >= count { return take(.question, 1, flags) }
        if next == .backslash {
            let start = position
            position += 1
            skipEscape()
            state = .operation
            return Token(kind: .character, flags: flags.union(.hasEscapes), lead: 1, start: start, end: position)
        }
        var length = 1
        if next >= 0x80 { while bytes[position + 1 + length] & 0xC0 == 0x80 { length += 1 } }
        if next.continuesName, bytes[position + 1 + length].continuesName { return take(.question, 1, flags) }
        var token = take(.character, 1 + length, flags, .operation)
        token.lead = 1
        return token
    }

    private mutating func sign(_ infix: TokenKind, _ prefix: TokenKind, _ flags: Token.Flags) -> Token {
        if state.wantsOperand { return take(prefix, 1, flags) }
        if bytes[position + 1] == .equals { return take(.operatorAssign, 2, flags) }
        return isOperand(flags) ? take(prefix, 1, flags) : take(infix, 1, flags)
    }

    private mutating func star(_ flags: Token.Flags) -> Token {
        if bytes[position + 1] == UInt8(ascii: "*") {
            if bytes[position + 2] == .equals, !state.wantsOperand { return take(.operatorAssign, 3, flags) }
            let isPrefix =
                state.wantsOperand
                || (state == .argument && flags.contains(.spaceBefore) && !bytes[position + 2].isSpace)
            return take(isPrefix ? .doubleSplat : .power, 2, flags)
        }
        if bytes[position + 1] == .equals, !state.wantsOperand { return take(.operatorAssign, 2, flags) }
        return take(isOperand(flags) ? .splat : .star, 1, flags)
    }

    private mutating func ampersand(_ flags: Token.Flags) -> Token {
        if bytes[position + 1] == .ampersand { return infix(.andAnd, 2, flags) }
        if bytes[position + 1] == .period { return take(.safeDot, 2, flags, .member) }
        if bytes[position + 1] == .equals, !state.wantsOperand { return take(.operatorAssign, 2, flags) }
        return take(isOperand(flags) ? .blockPass : .ampersand, 1, flags)
    }

    private mutating func verticalBar(_ flags: Token.Flags) -> Token {
        if bytes[position + 1] == UInt8(ascii: "|") {
            if bytes[position + 2] == .equals, !state.wantsOperand { return take(.operatorAssign, 3, flags) }
            return take(.orOr, 2, flags)
        }
        if bytes[position + 1] == .equals, !state.wantsOperand { return take(.operatorAssign, 2, flags) }
        return take(.pipe, 1, flags, .valueOrLabel)
    }

    private mutating func lessThan(_ flags: Token.Flags) -> Token {
        let next = bytes[position + 1]
        if next == .equals {
            return bytes[position + 2] == .greater ? take(.compare, 3, flags) : take(.lessEqual, 2, flags)
        }
        guard next == .less else { return take(.less, 1, flags) }
        let mayStartHeredoc =
            state != .singleton && !state.wantsOperator
            && (state != .argument || flags.contains(.spaceBefore))
        if mayStartHeredoc, let token = heredoc(flags) { return token }
        return infix(.shiftLeft, 2, flags)
    }

    private mutating func greaterThan(_ flags: Token.Flags) -> Token {
        switch bytes[position + 1] {
        case .equals: take(.greaterEqual, 2, flags)
        case .greater: infix(.shiftRight, 2, flags)
        default: take(.greater, 1, flags)
        }
    }

    private mutating func equalsSign(_ flags: Token.Flags) -> Token {
        switch bytes[position + 1] {
        case .equals: bytes[position + 2] == .equals ? take(.caseEqual, 3, flags) : take(.equal, 2, flags)
        case .tilde: take(.match, 2, flags)
        case .greater: take(.arrow, 2, flags)
        default: take(.assign, 1, flags)
        }
    }

    private mutating func bang(_ flags: Token.Flags) -> Token {
        switch bytes[position + 1] {
        case .equals: take(.notEqual, 2, flags)
        case .tilde: take(.notMatch, 2, flags)
        default: take(.bang, 1, flags)
        }
    }
}
