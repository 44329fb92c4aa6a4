/// Brackets and `end`s: opening, closing, and finding out which one is missing.
extension Parser {
    /// Takes a token that must be closed. Returns what `close` needs to restore.
    mutating func open() -> Bool {
        openers.append(Opener(kind: token.kind, start: token.start, end: token.end))
        let outer = allowsDo
        allowsDo = true
        advance()
        return outer
    }

    /// Takes the bracket that closes the innermost opener.
    mutating func close(_ closing: TokenKind, _ outerAllowsDo: Bool) {
        allowsDo = outerAllowsDo
        guard let opener = openers.popLast() else { return }
        if token.kind == .newline, lexer.significantByte == closing.bracketByte { skipNewlines() }
        if take(closing) { return }
        let isOver = token.kind == .newline || token.kind == .endOfFile || token.kind.closes
        if !isOver {
            failUnexpected(expecting: closing == .rightBrace ? "`}`" : "`,` or the closing bracket")
            skipToClosing(closing)
            if take(closing) { return }
        } else if token.kind.isBracketEnd, !closesAround(token.kind) {
            failUnexpected(expecting: "the bracket that closes `\(text(opener.start, opener.end))`")
            return advance()
        }
        fail("syntax.unclosed-bracket", opener.span, "`\(text(opener.start, opener.end))` is not closed")
    }

    /// Takes the `end` that closes the innermost opener.
    mutating func closeWithEnd(_ outerAllowsDo: Bool) {
        allowsDo = outerAllowsDo
        guard let opener = openers.popLast() else { return }
        if token.kind == .endWord {
            closings.append(Closing(opener: opener, end: token.start))
            return advance()
        }
        let unclosed = token.kind == .endOfFile ? unclosedOpener(innermost: opener) : opener
        fail(
            "syntax.missing-end", unclosed.span, "this `\(text(unclosed.start, unclosed.end))` has no `end`",
            hint: unclosed.start == opener.start ? nil : "an `end` indented less closes it instead")
    }

    /// The opener whose `end` is missing: the first that was closed by an `end` that stands further left than the line
    /// it opens, for that `end` was meant for something around it.
    private func unclosedOpener(innermost: Opener) -> Opener {
        let suspects = closings.filter { closing in
            guard let column = indentationOfEnd(closing) else { return false }
            return column < lexer.indentation(ofLineAt: closing.opener.start)
        }
        return suspects.min { $0.end < $1.end }?.opener ?? innermost
    }

    /// Reports an `end` that closes nothing: the first one that stands further right than what it closes, if there is
    /// one, or the current token.
    mutating func failExtraEnd() {
        let suspect = closings.filter { closing in
            guard let column = indentationOfEnd(closing) else { return false }
            return column > lexer.indentation(ofLineAt: closing.opener.start)
        }.min { $0.end < $1.end }
        let start = suspect?.end ?? token.start
        fail("syntax.extra-end", SourceSpan(start, start + 3), "this `end` closes nothing")
    }

    /// How far an `end` is indented; nil if it is not the first on its line.
    private func indentationOfEnd(_ closing: Closing) -> Int? {
        var index = closing.end
        while index > 0, lexer.bytes[index - 1].isBlank { index -= 1 }
        return index == 0 || lexer.bytes[index - 1] == .newline ? closing.end - index : nil
    }
}

extension TokenKind {
    fileprivate var isBracketEnd: Bool { self == .rightParen || self == .rightBracket || self == .rightBrace }

    fileprivate var bracketByte: UInt8 {
        switch self {
        case .rightParen: UInt8(ascii: ")")
        case .rightBracket: UInt8(ascii: "]")
        default: .closeBrace
        }
    }
}
