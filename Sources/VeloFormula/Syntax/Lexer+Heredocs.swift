/// What the lexer knows of the heredoc it reads.
struct Heredoc {
    enum Indentation: UInt8 { case none, terminator, squiggly }

    /// `<<`, `<<-` or `<<~`.
    var indentation: Indentation
    /// The bytes of the tag, without quotes.
    var tagStart: Int
    var tagEnd: Int
    /// The first byte of the body.
    var bodyStart: Int
    /// Where code goes on after the tag.
    var resume: Int
}

/// Heredocs are read where their tag stands: the lexer jumps to the body, hands out its pieces, and jumps back. When it
/// then reaches the end of the tag's line, it skips the bodies (`heredocResume`).
extension Lexer {
    /// A heredoc's tag at `position`; nil if `<<` is an operator here.
    mutating func heredoc(_ flags: Token.Flags) -> Token? {
        let start = position
        var index = start + 2
        var indentation = Heredoc.Indentation.none
        if bytes[index] == .minus { (indentation, index) = (.terminator, index + 1) }
        if bytes[index] == .tilde { (indentation, index) = (.squiggly, index + 1) }
        let quote = bytes[index]
        var tag = (start: index, end: index)
        if quote == .quote || quote == .apostrophe || quote == .backtick {
            index += 1
            tag.start = index
            while bytes[index] != quote {
                guard index < count, bytes[index] != .newline else { return nil }
                index += 1
            }
            tag.end = index
            index += 1
        } else {
            guard quote.startsName else { return nil }
            while bytes[index].continuesName { index += 1 }
            tag.end = index
        }
        position = index
        let heredoc = Heredoc(
            indentation: indentation, tagStart: tag.start, tagEnd: tag.end, bodyStart: bodyStart, resume: index)
        return begin(heredoc, quote, Token(kind: .literalBegin, flags: flags, start: start, end: index))
    }

    private mutating func begin(_ heredoc: Heredoc, _ quote: UInt8, _ token: Token) -> Token {
        push(
            Mode(
                purpose: quote == .backtick ? .shell : .string, interpolates: quote != .apostrophe, close: 0,
                start: token.start, end: token.end, heredoc: heredoc))
        position = heredoc.bodyStart
        heredocResume = 0
        return token
    }

    /// The body begins on the next line, or after the body of an earlier heredoc of this line.
    private var bodyStart: Int {
        if heredocResume > 0 { return heredocResume }
        var index = position
        while bytes[index] != .newline {
            guard index < count else { return count }
            index += 1
        }
        return index + 1
    }

    /// The line at `position` ends the innermost heredoc.
    var isHeredocEnd: Bool { heredocEndLength != nil }

    private var heredocEndLength: Int? {
        guard let heredoc = modes.last?.heredoc else { return nil }
        var index = position
        if heredoc.indentation != .none { while bytes[index].isBlank { index += 1 } }
        for letter in heredoc.tagStart..<heredoc.tagEnd {
            if bytes[index] != bytes[letter] { return nil }
            index += 1
        }
        if bytes[index] == .carriageReturn { index += 1 }
        return bytes[index] == .newline || index >= count ? index - position : nil
    }

    /// The token that ends the heredoc, if its last line is at `position`.
    mutating func heredocEnd() -> Token? {
        guard let length = heredocEndLength, let heredoc = modes.last?.heredoc else { return nil }
        let token = Token(kind: .literalEnd, start: position, end: position + length)
        finish(heredoc, bodyEnd: min(position + length + 1, count))
        return token
    }

    private mutating func finish(_ heredoc: Heredoc, bodyEnd: Int) {
        _ = popMode()
        resume(heredoc, bodyEnd)
    }

    private mutating func resume(_ heredoc: Heredoc, _ bodyEnd: Int) {
        if isStopped { return }
        position = heredoc.resume
        heredocResume = bodyEnd
        state = .operation
    }

    // MARK: Ends that are missing

    /// The file ended within the heredoc: its body is taken to end where its author most likely meant it to.
    mutating func unterminated(_ heredoc: Heredoc, _ mode: Mode) -> Token {
        let tag = bytes.text(heredoc.tagStart, heredoc.tagEnd)
        var hint: String?
        var bodyEnd = dedentation(from: heredoc.bodyStart, below: indentation(ofLineAt: mode.start))
        if let line = indentedTag(heredoc) {
            bodyEnd = line
            hint = "only `<<~\(tag)` and `<<-\(tag)` let the closing `\(tag)` be indented"
        }
        report(
            "syntax.unterminated-heredoc", mode.start, mode.end, "no line `\(tag)` closes this heredoc", hint: hint)
        resume(heredoc, bodyEnd)
        return Token(kind: .literalEnd, start: mode.end, end: mode.end)
    }

    /// Behind a line that holds the tag, though indented.
    private func indentedTag(_ heredoc: Heredoc) -> Int? {
        var index = heredoc.bodyStart
        while index < count {
            while bytes[index].isBlank { index += 1 }
            var letter = heredoc.tagStart
            while letter < heredoc.tagEnd, bytes[index] == bytes[letter] { (index, letter) = (index + 1, letter + 1) }
            let isTag = letter == heredoc.tagEnd && (bytes[index] == .newline || index >= count)
            while bytes[index] != .newline, index < count { index += 1 }
            index += 1
            if isTag { return min(index, count) }
        }
        return nil
    }

    /// The first line from `start` on that is indented no deeper than `limit`; blank ones do not count.
    func dedentation(from start: Int, below limit: Int) -> Int {
        var line = start
        while line < count {
            var index = line
            while bytes[index].isBlank { index += 1 }
            if bytes[index] != .newline, index - line <= limit { return line }
            while bytes[index] != .newline, index < count { index += 1 }
            line = index + 1
        }
        return count
    }

    /// The blanks that begin the line of `index`.
    func indentation(ofLineAt index: Int) -> Int {
        var line = min(index, count)
        while line > 0, bytes[line - 1] != .newline { line -= 1 }
        var end = line
        while bytes[end].isBlank { end += 1 }
        return end - line
    }
}
