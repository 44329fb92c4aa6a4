/// The statement that formulae are full of, read at a stroke.
extension Parser {
    /// `name "text"` on a line of its own: a third of all statements. Nil if there is anything more to it; then nothing
    /// has been taken, and the statement is read like any other.
    ///
    /// Makes the node that reading it step by step makes.
    mutating func parsePlainCall() -> SyntaxNode? {
        let name = token
        let bytes = lexer.bytes
        let quote = name.end + 1
        guard bytes[name.end] == .space, bytes[quote] == .quote, lexer.position == name.end, lexer.heredocResume == 0,
            abandonedLiteral == nil, bytes[name.start] != .underscore, name.end - name.start > 2,
            !scope.contains(name.start, name.end, in: bytes), depth + 3 <= Self.maximumDepth
        else { return nil }
        let end = bytes.first(Lexer.quoteStops, from: quote + 1) + 1
        guard bytes[end - 1] == .quote, bytes[end] == .newline, lexer.valueEnds(at: end) else { return nil }
        lexer.position = end
        lexer.state = .operation
        previousEnd = end
        token = lexer.next()
        literalIsLabel = false
        startsStatement = false
        // As deep as the argument is.
        reach = max(reach, depth + 3)
        if isSkimming { return skimmed.value }
        let string = Token(kind: .string, lead: 1, start: quote, end: end)
        let argument = SyntaxNode(stringValue(string), string.span)
        return node(.call(CallNode(receiver: nil, name: text(name), arguments: [argument])), from: name.start)
    }
}
