/// A word or bracket that waits for its end.
struct Opener {
    var kind: TokenKind
    var start: Int
    var end: Int

    var span: SourceSpan { SourceSpan(start, end) }
}

/// An `end` and what it closed.
struct Closing {
    var opener: Opener
    var end: Int
}

/// Diagnostics, and the way back into the text behind them.
extension Parser {
    /// Reports a problem, unless it is an echo of one in the same statement.
    mutating func fail(_ id: String, _ span: SourceSpan, _ message: String, hint: String? = nil) {
        if isRecovering || isAborted { return }
        isRecovering = true
        // What a broken literal made of the rest of its line is not news.
        if let last = lexer.diagnostics.last, last.span.end >= span.start, last.span.start <= span.end { return }
        diagnostics.append(Diagnostic(id: id, span: span, message: message, hint: hint))
        if diagnostics.count + lexer.diagnostics.count >= Self.maximumDiagnostics { abort() }
    }

    /// Reports the current token as one that cannot stand here.
    ///
    /// If it follows a quoted string that spans lines, that string's missing quote is what is wrong: then reading goes
    /// on behind the line where the string began.
    mutating func failUnexpected(after start: Int = -1, expecting expected: String? = nil) {
        if isRecovering || isAborted { return }
        if rewindToUnclosedString() { return }
        let name = tokenName(token)
        if token.kind == .endWord {
            if skippedOpeners > 0 {
                skippedOpeners -= 1
            } else {
                failExtraEnd()
            }
            return
        }
        let message = expected.map { "\($0) is expected here, not \(name)" } ?? "\(name) cannot stand here"
        fail("syntax.unexpected", token.kind == .newline ? SourceSpan(token.start, token.start) : token.span, message)
    }

    private mutating func rewindToUnclosedString() -> Bool {
        guard let string = multilineString, string.start > lastRewind, token.start >= string.end,
            !(string.end..<token.start).contains(where: { lexer.bytes[$0] == .newline })
        else { return false }
        fail(
            "syntax.unterminated-string", SourceSpan(string.start, string.start + 1),
            "this string has no closing quote on its line",
            hint: "as written it ends on a later line, and what follows there makes no sense")
        rewind(to: string.start)
        return true
    }

    /// Goes on behind the line where a literal began. Each time this is a later one, so reading still ends.
    mutating func rewind(to start: Int) {
        guard !isAborted else { return }
        lastRewind = start
        multilineString = nil
        while let mode = lexer.modes.last, mode.start >= start { lexer.modes.removeLast() }
        lexer.readsText = false
        lexer.resume(afterLineOf: start)
        advance()
    }

    /// How a message calls a token.
    private func tokenName(_ token: Token) -> String {
        switch token.kind {
        case .endOfFile: "the end of the file"
        case .newline: "the end of the line"
        case .string, .content, .literalBegin, .literalEnd: "a string"
        case .integer, .float: "a number"
        default: "`\(text(token.start, min(token.end, token.start + 40)))`"
        }
    }

    // MARK: Skipping

    /// Skips what is left of a statement that could not be read.
    mutating func skipStatement(_ modeCount: Int, from start: Int) {
        while token.kind != .endOfFile {
            if lexer.modes.count <= modeCount {
                if token.kind == .newline || token.kind == .semicolon || token.kind == .endWord { break }
                if token.kind == .interpolationEnd || closesAround(token.kind) { break }
            }
            if token.kind.needsEnd(in: self) { skippedOpeners += 1 }
            advance()
        }
        if token.kind != .endOfFile { isRecovering = false }
    }

    /// Skips the rest of a list that could not be read, up to the bracket that closes it if that comes soon.
    mutating func skipToClosing(_ closing: TokenKind) {
        var open = 0
        let modeCount = lexer.modes.count
        while token.kind != .endOfFile {
            let kind = token.kind
            if lexer.modes.count < modeCount || kind == .interpolationEnd { return }
            if open == 0, kind == closing || kind == .newline || kind == .endWord || kind.needsEnd(in: self) { return }
            switch kind {
            case .leftParen, .arrayBegin, .indexBegin, .leftBrace: open += 1
            case .rightParen, .rightBracket, .rightBrace:
                open -= 1
                if open < 0 { return }
            default: break
            }
            advance()
        }
    }

    // MARK: Brackets

    /// Whether a token that closes something closes what is around the innermost construct.
    func closesAround(_ kind: TokenKind) -> Bool {
        switch kind {
        case .rightParen: openers.contains { $0.kind == .leftParen }
        case .rightBracket: openers.contains { $0.kind == .arrayBegin || $0.kind == .indexBegin }
        case .rightBrace: openers.contains { $0.kind == .leftBrace }
        case .interpolationEnd: true
        case .endWord: openers.contains { $0.kind.isWord }
        case .elseWord: hasOpenBranch([.ifWord, .unlessWord, .caseWord])
        case .elsifWord: hasOpenBranch([.ifWord])
        case .whenWord, .inWord: hasOpenBranch([.caseWord])
        case .rescueWord, .ensureWord: hasOpenBranch([.defWord, .beginWord, .doWord])
        default: false
        }
    }

    /// Whether one of `kinds` is open in the method or class being read.
    private func hasOpenBranch(_ kinds: [TokenKind]) -> Bool {
        for opener in openers.reversed() {
            if kinds.contains(opener.kind) { return true }
            if [.defWord, .classWord, .moduleWord].contains(opener.kind) { return false }
        }
        return false
    }
}

extension TokenKind {
    /// An opener that `end` closes.
    var isWord: Bool {
        switch self {
        case .leftParen, .arrayBegin, .indexBegin, .leftBrace, .interpolationBegin, .pipe: false
        default: true
        }
    }

    /// A word that starts something with an `end`, seen while skipping.
    func needsEnd(in parser: Parser) -> Bool {
        switch self {
        case .doWord, .defWord, .classWord, .moduleWord, .beginWord, .caseWord: true
        default: false
        }
    }
}
