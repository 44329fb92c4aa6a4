/// Operators by binding power, and operands.
extension Parser {
    /// An expression whose operators bind at least as tightly as `minimum`; with `asCommand` it may be a call whose
    /// arguments stand without parentheses.
    mutating func parseExpression(_ minimum: Precedence = .lowest, asCommand: Bool = false) -> SyntaxNode {
        depth += 1
        let outerReach = reach
        reach = depth
        defer {
            depth -= 1
            reach = max(reach, outerReach)
        }
        guard hasRoom(depth) else { return missing() }
        let start = token.start
        var left = parseOperand(asCommand: asCommand)
        while true {
            let precedence = token.kind.precedence
            if precedence == .none || precedence < minimum { return left }
            left = parseInfix(left, precedence, from: start)
            reach += 1
            guard hasRoom(reach) else { return left }
        }
    }

    private mutating func parseInfix(_ left: SyntaxNode, _ precedence: Precedence, from start: Int) -> SyntaxNode {
        let kind = token.kind
        switch kind {
        case .question: return parseTernary(left, from: start)
        case .dotDot, .dotDotDot:
            let end = parseRangeEnd()
            return node(.range(left, end, exclusive: kind == .dotDotDot), from: start)
        case .andAnd:
            advance()
            let right = parseExpression(precedence.next)
            return node(.and(left, right), from: start)
        case .orOr:
            advance()
            let right = parseExpression(precedence.next)
            return node(.or(left, right), from: start)
        default:
            let name = text(token)
            advance()
            let right = parseExpression(kind == .power ? .power : precedence.next)
            return node(.call(CallNode(receiver: left, name: name, arguments: [right])), from: start)
        }
    }

    private mutating func parseTernary(_ condition: SyntaxNode, from start: Int) -> SyntaxNode {
        advance()
        let then = parseExpression(.ternary)
        if token.kind == .newline, lexer.significantByte == .colon { skipNewlines() }
        guard take(.colon) else {
            failUnexpected(expecting: "the `:` of `? :`")
            return node(.conditional(condition: condition, then: then, otherwise: nil), from: start)
        }
        let otherwise = parseExpression(.ternary)
        return node(.conditional(condition: condition, then: then, otherwise: otherwise), from: start)
    }

    /// What follows `..`; nil if the range has no end.
    private mutating func parseRangeEnd() -> SyntaxNode? {
        advance()
        switch token.kind {
        case .semicolon, .comma, .thenWord, .doWord, .arrow, .ifWord, .unlessWord, .andWord, .orWord: return nil
        default: return token.kind.closes ? nil : parseExpression(Precedence.range.next)
        }
    }

    // MARK: Operands

    /// A prefix operator with its operand, or a primary with what follows it; assignments too.
    mutating func parseOperand(asCommand: Bool = false) -> SyntaxNode {
        let isStatement = startsStatement
        startsStatement = false
        let start = token.start
        switch token.kind {
        case .bang:
            return parsePrefix(asCommand: asCommand) { .not($0) }
        case .tilde:
            return parsePrefix { .call(CallNode(receiver: $0, name: "~")) }
        case .unaryPlus where lexer.bytes[token.end].isDigit:
            advance()
            return parsePostfix(parseNumber(), from: start)
        case .unaryPlus:
            return parsePrefix { .call(CallNode(receiver: $0, name: "+@")) }
        case .unaryMinus:
            return parseNegation()
        case .notWord where asCommand:
            advance()
            let operand = parseExpression()
            return node(.not(operand), from: start)
        case .dotDot, .dotDotDot:
            let isExclusive = token.kind == .dotDotDot
            let end = parseRangeEnd()
            return node(.range(nil, end, exclusive: isExclusive), from: start)
        case .definedWord:
            return parseDefined()
        case .splat where isStatement:
            return parseMultipleAssignment(first: nil, from: start)
        default:
            let place = parsePostfix(parsePrimary(asCommand: asCommand), asCommand: asCommand, from: start)
            switch token.kind {
            case .assign, .operatorAssign: return parseAssignment(to: place, isStatement: isStatement, from: start)
            case .comma where isStatement && isTarget(place): return parseMultipleAssignment(first: place, from: start)
            default: return place
            }
        }
    }

    private mutating func parsePrefix(
        asCommand: Bool = false, _ wrap: (SyntaxNode) -> SyntaxKind
    ) -> SyntaxNode {
        let start = token.start
        depth += 1
        reach = max(reach, depth)
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        advance()
        let operand = parseOperand(asCommand: asCommand)
        return node(wrap(operand), from: start)
    }

    /// `-1` is a number, but `-2 ** 2` is `-(2 ** 2)`, and `-x` is a call.
    private mutating func parseNegation() -> SyntaxNode {
        let start = token.start
        guard lexer.bytes[token.end].isDigit else {
            advance()
            let operand = parseExpression(.negation)
            return node(.call(CallNode(receiver: operand, name: "-@")), from: start)
        }
        advance()
        let number = parseNumber()
        if token.kind == .power {
            let base = parsePostfix(number, from: number.start)
            advance()
            let exponent = parseExpression(.power)
            let power = node(.call(CallNode(receiver: base, name: "**", arguments: [exponent])), from: number.start)
            return node(.call(CallNode(receiver: power, name: "-@")), from: start)
        }
        return parsePostfix(negative(number, from: start), from: start)
    }

    private func negative(_ number: SyntaxNode, from start: Int) -> SyntaxNode {
        switch number.kind {
        case .integer(let value): SyntaxNode(.integer(-value), SourceSpan(start, Int(number.span.end)))
        case .float(let value): SyntaxNode(.float(-value), SourceSpan(start, Int(number.span.end)))
        default: number
        }
    }

    private mutating func parseDefined() -> SyntaxNode {
        let start = token.start
        advance()
        if token.kind == .leftParen, !token.flags.contains(.spaceBefore) {
            let operand = parseParenthesized()
            return parsePostfix(node(.defined(operand), from: start), from: start)
        }
        let operand = parseExpression(.negation)
        return node(.defined(operand), from: start)
    }

    // MARK: After a primary

    /// The calls and indexes that follow a primary.
    mutating func parsePostfix(
        _ primary: consuming SyntaxNode, asCommand: Bool = false, from start: Int
    ) -> SyntaxNode {
        var left = primary
        var wraps = 0
        while true {
            switch token.kind {
            case .dot, .safeDot: left = parseMember(of: left, asCommand: asCommand, from: start)
            case .colonColon: left = parseScoped(left, asCommand: asCommand, from: start)
            case .indexBegin: left = parseIndex(of: left, from: start)
            default: return left
            }
            wraps += 1
            reach = max(reach, depth) + 1
            guard hasRoom(max(depth + wraps, reach)) else { return left }
        }
    }

    private mutating func parseMember(of receiver: SyntaxNode, asCommand: Bool, from start: Int) -> SyntaxNode {
        let isSafe = token.kind == .safeDot
        advance()
        let name = token
        switch name.kind {
        case .identifier, .constant:
            advance()
            return parseCall(receiver, name: methodName(name), isSafe: isSafe, asCommand: asCommand, from: start)
        case .leftParen:
            return parseCall(receiver, name: "call", isSafe: isSafe, from: start)
        default:
            failUnexpected(expecting: "the name of a method")
            return receiver
        }
    }

    private mutating func parseScoped(_ scope: SyntaxNode, asCommand: Bool, from start: Int) -> SyntaxNode {
        advance()
        let name = token
        guard name.kind == .identifier || name.kind == .constant else {
            failUnexpected(expecting: "a name")
            return scope
        }
        advance()
        let isCall =
            name.kind == .identifier || token.kind == .leftParen && !token.flags.contains(.spaceBefore)
            || asCommand && startsArgument
        if isCall { return parseCall(scope, name: methodName(name), asCommand: asCommand, from: start) }
        return isSkimming
            ? skimmed.constant : node(.constant(scope: scope, name: text(name), isTop: false), from: start)
    }

    private mutating func parseIndex(of receiver: SyntaxNode, from start: Int) -> SyntaxNode {
        var arguments = ArgumentList(isSkimming: isSkimming)
        let outer = open()
        parseArguments(into: &arguments, closing: .rightBracket)
        close(.rightBracket, outer)
        if isSkimming { return skimmed.place }
        let hasKeywords = arguments.hasKeywords
        let call = CallNode(receiver: receiver, name: "[]", arguments: arguments.finish(), hasKeywords: hasKeywords)
        return node(.call(call), from: start)
    }

    /// The name that a token gives a method.
    func methodName(_ token: Token) -> String {
        let name = text(token)
        // `!@` and `~@` are other ways to write `!` and `~`.
        return name == "!@" ? "!" : name == "~@" ? "~" : name
    }
}

/// How tightly an infix operator binds.
enum Precedence: UInt8, Comparable {
    case none, lowest, ternary, range, or, and, equality, comparison
    case bitOr, bitAnd, shift, sum, product, negation, power, highest

    /// The next tighter one, for the right operand of what groups to the left.
    var next: Precedence { Precedence(rawValue: rawValue + 1) ?? .highest }

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }
}

extension TokenKind {
    /// Of the infix operator; `none` if this is not one.
    var precedence: Precedence {
        switch self {
        case .question: .ternary
        case .dotDot, .dotDotDot: .range
        case .orOr: .or
        case .andAnd: .and
        case .compare, .equal, .caseEqual, .notEqual, .match, .notMatch: .equality
        case .less, .lessEqual, .greater, .greaterEqual: .comparison
        case .pipe, .caret: .bitOr
        case .ampersand: .bitAnd
        case .shiftLeft, .shiftRight: .shift
        case .plus, .minus: .sum
        case .star, .slash, .percent: .product
        case .power: .power
        default: .none
        }
    }
}

extension SyntaxNode {
    var start: Int { Int(span.start) }
}
