/// Names: identifiers, constants, reserved words, labels, symbols and variables.
extension Lexer {
    /// A word that starts at `position`.
    mutating func word(_ flags: Token.Flags) -> Token {
        let start = position
        if bytes[start] == .underscore, isDataMark {
            let end = position
            skipLine()
            dataStart = min(position + 1, count)
            stop()
            return Token(kind: .endOfFile, flags: flags, start: end, end: end)
        }
        let packed = readName()
        let kind: TokenKind = bytes[start].isUppercase ? .constant : .identifier
        if state == .name || state == .member { return methodName(kind, start, flags) }
        if bytes[start] >= 0x80, isCurlyQuote(start) { return curlyQuote(start, flags) }
        readSuffix()
        if isLabel { return label(start, flags) }
        return reservedWord(packed, start, flags) ?? name(kind, start, flags)
    }

    private mutating func name(_ kind: TokenKind, _ start: Int, _ flags: Token.Flags) -> Token {
        state = .argument
        return Token(kind: kind, flags: flags, start: start, end: position)
    }

    /// Steps over letters and digits; the last eight bytes, packed.
    private mutating func readName() -> UInt64 {
        let bytes = bytes
        var packed: UInt64 = 0
        var index = position
        var byte = bytes[index]
        repeat {
            packed = packed << 8 | UInt64(byte)
            index += 1
            byte = bytes[index]
        } while byte.continuesName
        position = index
        return packed
    }

    /// Takes `?` or `!` into the name, unless it is the start of an operator.
    private mutating func readSuffix() {
        guard bytes[position] == .question || bytes[position] == .bang else { return }
        let next = bytes[position + 1]
        if next == .equals {
            let isOperator = [.equals, .greater, .tilde].contains(bytes[position + 2])
            guard isOperator else { return }
        }
        if bytes[position] == .question, next == .colon, bytes[position + 2] == .colon { return }
        position += 1
    }

    /// A colon follows that makes the name a label.
    private var isLabel: Bool {
        bytes[position] == .colon && bytes[position + 1] != .colon && state.allowsLabel
    }

    private mutating func label(_ start: Int, _ flags: Token.Flags) -> Token {
        position += 1
        state = .valueOrLabel
        return Token(kind: .label, flags: flags, start: start, end: position)
    }

    private mutating func reservedWord(_ packed: UInt64, _ start: Int, _ flags: Token.Flags) -> Token? {
        let length = position - start
        guard length <= 12, length > 1 else { return nil }
        let ends = bytes[position - 1]
        if ends == .question || ends == .bang {
            guard length == 8, hasPrefix("defined?", at: start) else { return nil }
            state = .argument
            return Token(kind: .definedWord, flags: flags, start: start, end: position)
        }
        if length > 8 {
            guard hasPrefix("__ENCODING__", at: start) else { return nil }
            state = .operation
            return Token(kind: .encodingWord, flags: flags, start: start, end: position)
        }
        let kind = reserved.kind(packed)
        if kind == .identifier { return nil }
        state = kind.stateAfterWord
        return Token(kind: kind, flags: flags, start: start, end: position)
    }

    /// After `def`, `alias` or a dot every word is a name; after `def` with its `?`, `!` or `=`.
    private mutating func methodName(_ kind: TokenKind, _ start: Int, _ flags: Token.Flags) -> Token {
        readSuffix()
        if state == .name, bytes[position] == .equals, isSetterSuffix { position += 1 }
        state = .argument
        return Token(kind: kind, flags: flags, start: start, end: position)
    }

    /// The `=` at `position` belongs to a name (`name=`), not to `==`, `=~` or `=>`.
    private var isSetterSuffix: Bool {
        switch bytes[position + 1] {
        case .tilde, .greater: false
        case .equals: bytes[position + 2] == .greater
        default: true
        }
    }

    /// The line is `__END__` and nothing else.
    private var isDataMark: Bool {
        guard position == 0 || bytes[position - 1] == .newline,
            hasPrefix("__END__", at: position)
        else { return false }
        let after = position + 7
        return after >= count || bytes[after] == .newline
            || (bytes[after] == .carriageReturn && bytes[after + 1] == .newline)
    }

    /// One of the typographic quotes U+2018 to U+201F stands at `index`.
    private func isCurlyQuote(_ index: Int) -> Bool {
        bytes[index] == 0xE2 && bytes[index + 1] == 0x80 && (0x98...0x9F).contains(bytes[index + 2])
    }

    /// Reports a typographic quote and takes what it was meant to quote as a string.
    private mutating func curlyQuote(_ start: Int, _ flags: Token.Flags) -> Token {
        report("syntax.curly-quote", start, start + 3, "strings are quoted with `\"` or `'`")
        position = start + 3
        while bytes[position] != .newline, position < count, !isCurlyQuote(position) { position += 1 }
        if isCurlyQuote(position) { position += 3 }
        state = .operation
        return Token(kind: .string, flags: flags, lead: 3, start: start, end: position)
    }

    // MARK: Symbols

    /// What starts with a colon: `::`, `:name`, `:"text"`, or the colon of a ternary.
    mutating func colon(_ flags: Token.Flags) -> Token {
        let start = position
        let next = bytes[position + 1]
        if next == .colon {
            let isTop =
                state.wantsOperand
                || (state == .argument && flags.contains(.spaceBefore) && !bytes[position + 2].isSpace)
            position += 2
            let token = Token(kind: isTop ? .topColonColon : .colonColon, flags: flags, start: start, end: position)
            state = isTop ? .value : .member
            return token
        }
        if !state.wantsOperator {
            if next == .quote || next == .apostrophe { return quotedSymbol(next, flags) }
            position += 1
            if readSymbolName() {
                state = .operation
                return Token(kind: .symbol, flags: flags, lead: 1, start: start, end: position)
            }
            position = start
        }
        position += 1
        state = .value
        return Token(kind: .colon, flags: flags, start: start, end: position)
    }

    private mutating func readSymbolName() -> Bool {
        let byte = bytes[position]
        if byte.startsName {
            _ = readName()
            readSuffix()
            let last = bytes[position - 1]
            if last != .question, last != .bang, bytes[position] == .equals, isSetterSuffix { position += 1 }
            return true
        }
        if byte == .at || byte == .dollar {
            let start = position
            _ = variable(byte == .at ? .instanceVariable : .globalVariable, [])
            return position > start + 1
        }
        let length = operatorNameLength(at: position)
        position += length
        return length > 0
    }

    /// The length of the operator that can be a method's name at `index`; 0 if none is there.
    func operatorNameLength(at index: Int) -> Int {
        for name in Self.operatorNames where hasPrefix(name, at: index) { return name.utf8CodeUnitCount }
        return 0
    }

    /// Longer names stand before their beginnings.
    private static let operatorNames: [StaticString] = [
        "[]=", "[]", "<=>", "===", "==", "=~", "!=", "!~", "**", "+@", "-@", "~@", "!@", "<<", "<=", ">>", ">=",
        "+", "-", "*", "/", "%", "<", ">", "!", "~", "^", "&", "|", "`",
    ]

    // MARK: Variables

    /// `@name`, `@@name` or `$name`, `$1`, `$~`.
    mutating func variable(_ kind: TokenKind, _ flags: Token.Flags) -> Token {
        let start = position
        var kind = kind
        position += 1
        if kind == .instanceVariable, bytes[position] == .at {
            kind = .classVariable
            position += 1
        }
        let byte = bytes[position]
        if byte.startsName {
            _ = readName()
        } else if kind == .globalVariable, byte.isDigit {
            while bytes[position].isDigit { position += 1 }
        } else if kind == .globalVariable, byte == .minus, bytes[position + 1].continuesName {
            position += 2
        } else if kind == .globalVariable, byte.namesGlobal {
            position += 1
        } else {
            report("syntax.variable-name", start, position, "a variable's name is missing here")
        }
        state = .operation
        return Token(kind: kind, flags: flags, start: start, end: position)
    }
}

extension TokenKind {
    /// What may come after a reserved word.
    fileprivate var stateAfterWord: Lexer.State {
        switch self {
        case .endWord, .selfWord, .nilWord, .trueWord, .falseWord, .redoWord, .retryWord, .fileWord, .lineWord:
            .operation
        case .superWord, .yieldWord, .notWord: .argument
        case .returnWord, .breakWord, .nextWord, .rescueWord: .valueOrEnd
        case .classWord: .singleton
        case .defWord, .aliasWord, .undefWord: .name
        default: .value
        }
    }
}

extension UInt8 {
    /// The punctuation that names a global variable: `$?`, `$~`, `$!`.
    var namesGlobal: Bool {
        switch self {
        case UInt8(ascii: "~"), UInt8(ascii: "*"), UInt8(ascii: "$"), UInt8(ascii: "?"), UInt8(ascii: "!"),
            UInt8(ascii: "@"), UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: ","),
            UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: "`"), UInt8(ascii: "'"), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}
