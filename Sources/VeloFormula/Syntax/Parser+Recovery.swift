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
    /// Reports a problem, unless it is an echo of one in the same statement, or of a broken literal on the same line.
    mutating func fail(_ id: String, _ span: SourceSpan, _ message: String, hint: String? = nil) {
        if isRecovering || isAborted { return }
        isRecovering = true
        if let last = lexer.diagnostics.last, isOnOneLine(Int(last.span.start), Int(span.start)) { return }
        diagnostics.append(Diagnostic(id: id, span: span, message: message, hint: hint))
        if diagnostics.count + lexer.diagnostics.count >= Self.maximumDiagnostics { abort() }
    }

    func isOnOneLine(_ first: Int, _ second: Int) -> Bool {
        let end = max(first, second)
        return lexer.bytes.first(of: .lineEnd, from: min(first, second)) >= end
    }

    /// Reports the current token as one that cannot stand here.
    mutating func failUnexpected(expecting expected: String? = nil) {
        if isRecovering || isAborted || rewindToUnclosedString() { return }
        let name = tokenName(token)
        let message = expected.map { "\($0) is expected here, not \(name)" } ?? "\(name) cannot stand here"
        fail("syntax.unexpected", token.kind == .newline ? SourceSpan(token.start, token.start) : token.span, message)
    }

    /// Reports that the operand of what was just taken is missing.
    mutating func failMissingValue() {
        if isRecovering || isAborted || rewindToUnclosedString() { return }
        guard token.flags.contains(.newlineBefore) || token.kind == .newline || token.kind == .endOfFile else {
            return failUnexpected(expecting: "a value")
        }
        fail("syntax.unexpected", SourceSpan(previousEnd, previousEnd), "a value is expected here")
    }

    /// Reports and skips a token that can only close something, and closes nothing.
    mutating func skipStrayEnd() {
        let modeCount = lexer.modes.count
        if token.kind != .endWord {
            failUnexpected()
        } else if skippedOpeners > 0 {
            skippedOpeners -= 1
        } else {
            failExtraEnd()
        }
        advance()
        skipStatement(modeCount)
    }

    // MARK: Strings that end too late

    /// If the current token follows a quoted string that spans lines, that string's missing quote is what is wrong:
    /// it is reported, and reading goes on behind the line where the string began.
    private mutating func rewindToUnclosedString() -> Bool {
        guard let string = multilineString, string.start > lastRewind, token.start >= string.end,
            isOnOneLine(string.end, token.start)
        else { return false }
        if let opener = openers.last(where: { $0.kind == .interpolationBegin }),
            isOnOneLine(opener.start, string.start), let mode = lexer.modes.last(where: { $0.start < string.start })
        {
            fail("syntax.unterminated-interpolation", opener.span, "this `#{` is not closed on its line")
            abandon(mode)
            return true
        }
        fail(
            "syntax.unterminated-string", SourceSpan(string.start, string.start + 1),
            "this string has no closing quote on its line",
            hint: "as written it ends on a later line, and what follows there makes no sense")
        rewind(to: string.start)
        return true
    }

    /// Gives up a literal whose interpolation is being read; `parseParts` then rewinds.
    mutating func abandon(_ mode: Mode) {
        guard !isAborted, mode.start > lastRewind else { return abort() }
        abandonedLiteral = mode.start
        token = Token(kind: .endOfFile, start: token.start, end: token.start)
    }

    /// Goes on behind the line where a literal began. Each time this is a later one, so reading still ends.
    mutating func rewind(to start: Int) {
        guard !isAborted else { return }
        abandonedLiteral = nil
        lastRewind = start
        multilineString = nil
        while let mode = lexer.modes.last, mode.start >= start { lexer.modes.removeLast() }
        lexer.readsText = false
        // What was found on the line itself stays: it is not read again.
        let bytes = lexer.bytes
        let lineEnd = bytes.first(of: .lineEnd, from: start)
        let firstBehind = lexer.diagnostics.first { Int($0.span.start) > lineEnd }
        lexer.diagnostics.removeAll { Int($0.span.start) > lineEnd }
        // It may have been the reason for giving up, and what follows may make sense when it is read differently.
        if diagnostics.isEmpty, lexer.diagnostics.isEmpty, let firstBehind { lexer.diagnostics.append(firstBehind) }
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
    mutating func skipStatement(_ modeCount: Int) {
        let reported = lexer.diagnostics.count
        while token.kind != .endOfFile {
            if lexer.modes.count <= modeCount {
                if token.kind == .newline || token.kind == .semicolon || token.kind == .endWord { break }
                if token.kind == .interpolationEnd || closesAround(token.kind) { break }
            }
            if token.kind.needsEnd { skippedOpeners += 1 }
            skipToken()
        }
        if token.kind != .endOfFile {
            isRecovering = false
            lexer.diagnostics.removeSubrange(min(reported, lexer.diagnostics.count)...)
        }
    }

    /// Skips a token. A quote that is not closed on its line is one too many: what follows the line is code.
    private mutating func skipToken() {
        var isStray = token.kind == .string && token.flags.contains(.spansLines)
        if token.kind == .literalBegin, let mode = lexer.modes.last, mode.heredoc == nil, !mode.isList {
            let rest = mode.end..<lexer.bytes.first(of: .lineEnd, from: mode.end)
            isStray = !rest.contains { lexer.bytes[$0] == mode.close }
        }
        guard isStray, token.start > lastRewind else { return advance() }
        rewind(to: token.start)
    }

    /// Skips the rest of a list that could not be read, up to the bracket that closes it if that comes soon.
    mutating func skipToClosing(_ closing: TokenKind) {
        var open = 0
        let modeCount = lexer.modes.count
        while token.kind != .endOfFile {
            let kind = token.kind
            if lexer.modes.count < modeCount || kind == .interpolationEnd { return }
            if open == 0, kind == closing || kind == .newline || kind == .endWord || kind.needsEnd { return }
            switch kind {
            case .leftParen, .arrayBegin, .indexBegin, .leftBrace: open += 1
            case .rightParen, .rightBracket, .rightBrace:
                open -= 1
                if open < 0 { return }
            default: break
            }
            skipToken()
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

    /// Whether one of `kinds` is open around the innermost construct, in the method or class being read.
    private func hasOpenBranch(_ kinds: [TokenKind]) -> Bool {
        for opener in openers.dropLast().reversed() {
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
    var needsEnd: Bool {
        switch self {
        case .doWord, .defWord, .classWord, .moduleWord, .beginWord, .caseWord: true
        default: false
        }
    }
}
