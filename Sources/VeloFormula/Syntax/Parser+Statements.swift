/// Statements, their modifiers, and bodies.
extension Parser {
    /// Reads statements up to a token that can only close something.
    mutating func parseStatements(into list: inout NodeList) {
        while true {
            skipTerminators()
            if token.kind.closes { return }
            let modeCount = lexer.modes.count
            let statement = parseStatement()
            if !isSkimming { list.append(statement) }
            let isOver = token.kind == .newline || token.kind == .semicolon || token.kind.closes
            if !isOver { failUnexpected(expecting: "the end of the statement") }
            if isRecovering { skipStatement(modeCount) }
        }
    }

    /// The statements of a construct, up to a token that `ends` names or that belongs to something around it.
    mutating func parseBody(_ ends: BodyEnd) -> SyntaxNode {
        var list = NodeList()
        let start = token.start
        while true {
            parseStatements(into: &list)
            if token.kind == .endOfFile || ends.contains(token.kind.bodyEnd) || closesAround(token.kind) { break }
            skipStrayEnd()
        }
        return isSkimming ? skimmed.value : list.sequence(from: start)
    }

    /// A statement with `if`, `unless`, `while`, `until` and `rescue` behind it.
    mutating func parseStatement() -> SyntaxNode {
        if token.kind == .identifier, let call = parsePlainCall() { return call }
        let start = token.start
        depth += 1
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        startsStatement = true
        var statement = parseJoined()
        startsStatement = false
        var wraps = 0
        while let modified = parseModifier(of: statement, from: start) {
            statement = modified
            wraps += 1
            reach += 1
            guard hasRoom(max(depth + wraps, reach)) else { return statement }
        }
        return statement
    }

    private mutating func parseModifier(of statement: SyntaxNode, from start: Int) -> SyntaxNode? {
        switch token.kind {
        case .ifWord:
            advance()
            let condition = parseJoined()
            return node(.conditional(condition: condition, then: statement, otherwise: nil), from: start)
        case .unlessWord:
            advance()
            let condition = parseJoined()
            return node(.conditional(condition: condition, then: nil, otherwise: statement), from: start)
        case .whileWord, .untilWord:
            let isNegated = token.kind == .untilWord
            advance()
            let condition = parseJoined()
            return loop(isNegated ? negated(condition) : condition, statement, from: start)
        case .rescueWord:
            advance()
            return rescued(statement, by: parseJoined(), from: start)
        default: return nil
        }
    }

    private func loop(_ condition: SyntaxNode, _ body: SyntaxNode, from start: Int) -> SyntaxNode {
        var runsFirst = false
        if case .begin = body.kind { runsFirst = lexer.hasPrefix("begin", at: Int(body.span.start)) }
        return node(.loop(condition: condition, body: body, runsFirst: runsFirst), from: start)
    }

    func negated(_ condition: SyntaxNode) -> SyntaxNode { SyntaxNode(.not(condition), condition.span) }

    /// `value rescue other`
    func rescued(_ value: SyntaxNode, by other: SyntaxNode, from start: Int) -> SyntaxNode {
        let clause = RescueClause(classes: [], target: nil, body: other)
        return node(.begin(body: value, rescues: [clause], otherwise: nil, ensure: nil), from: start)
    }

    /// Expressions joined by `and` and `or`, which bind alike.
    mutating func parseJoined() -> SyntaxNode {
        let start = token.start
        var left = parseNegated()
        var wraps = 0
        while token.kind == .andWord || token.kind == .orWord {
            let isAnd = token.kind == .andWord
            advance()
            let right = parseNegated()
            left = node(isAnd ? .and(left, right) : .or(left, right), from: start)
            wraps += 1
            reach += 1
            guard hasRoom(max(depth + wraps, reach)) else { return left }
        }
        return left
    }

    private mutating func parseNegated() -> SyntaxNode {
        guard token.kind == .notWord else { return parseExpression(asCommand: true) }
        let start = token.start
        startsStatement = false
        depth += 1
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        lexer.state = .value
        advance()
        let operand = parseNegated()
        return node(.not(operand), from: start)
    }

    /// Takes what introduces a body: a line end, `;` or `then`.
    mutating func expectThen() {
        let isTerminated = token.kind == .newline || token.kind == .semicolon
        skipTerminators()
        if take(.thenWord) || isTerminated { return }
        failUnexpected(expecting: "`then` or the end of the line")
    }
}

/// The tokens that can end a body.
struct BodyEnd: OptionSet {
    let rawValue: UInt16
    static let end = BodyEnd(rawValue: 1)
    static let elseBranch = BodyEnd(rawValue: 2)
    static let elsif = BodyEnd(rawValue: 4)
    static let when = BodyEnd(rawValue: 8)
    static let pattern = BodyEnd(rawValue: 16)
    static let rescue = BodyEnd(rawValue: 32)
    static let ensure = BodyEnd(rawValue: 64)
    static let brace = BodyEnd(rawValue: 128)
    static let paren = BodyEnd(rawValue: 256)
    static let bracket = BodyEnd(rawValue: 512)
    static let interpolation = BodyEnd(rawValue: 1024)

    /// What ends a part of a body that can have `rescue` clauses.
    static let handled: BodyEnd = [.end, .rescue, .elseBranch, .ensure]
}

extension TokenKind {
    /// What body this token ends; an empty set if it ends none, which no set should be asked for.
    var bodyEnd: BodyEnd {
        switch self {
        case .endWord: .end
        case .elseWord: .elseBranch
        case .elsifWord: .elsif
        case .whenWord: .when
        case .inWord: .pattern
        case .rescueWord: .rescue
        case .ensureWord: .ensure
        case .rightBrace: .brace
        case .rightParen: .paren
        case .rightBracket: .bracket
        case .interpolationEnd: .interpolation
        default: BodyEnd(rawValue: 1 << 15)
        }
    }

    /// No statement starts with this token: it ends a body or the file.
    var closes: Bool {
        switch self {
        case .endOfFile, .endWord, .elseWord, .elsifWord, .whenWord, .inWord, .rescueWord, .ensureWord, .rightBrace,
            .rightParen, .rightBracket, .interpolationEnd:
            true
        default: false
        }
    }
}
