/// Assignments of every kind.
extension Parser {
    /// `place = value` or `place += value`; the operator is the current token.
    mutating func parseAssignment(to place: SyntaxNode, isStatement: Bool, from start: Int) -> SyntaxNode {
        guard let target = asTarget(place) else { return failTarget(place) }
        let name = token.kind == .operatorAssign ? text(token.start, token.end - 1) : nil
        advance()
        let value = parseAssignedValue(isStatement: isStatement && name == nil)
        if let name { return node(.operatorAssign(target: target, operator: name, value: value), from: start) }
        return node(.assign(target: target, value: value), from: start)
    }

    private mutating func failTarget(_ place: SyntaxNode) -> SyntaxNode {
        fail("syntax.assignment", place.span, "nothing can be assigned to this")
        return place
    }

    /// What stands right of `=`: a value, or several that make an array if the assignment is a statement.
    private mutating func parseAssignedValue(isStatement: Bool) -> SyntaxNode {
        let start = token.start
        if isStatement, token.kind == .splat { return parseValueList([parseListElement()], from: start) }
        var value = parseExpression(asCommand: true)
        if token.kind == .rescueWord {
            advance()
            value = rescued(value, by: parseExpression(asCommand: true), from: start)
        }
        return isStatement && token.kind == .comma ? parseValueList([value], from: start) : value
    }

    private mutating func parseValueList(_ first: [SyntaxNode], from start: Int) -> SyntaxNode {
        var values = first
        while take(.comma) { values.append(parseListElement()) }
        return node(.array(values), from: start)
    }

    // MARK: Several targets

    /// `a, *b, (c, d) = values`; within parentheses the targets alone, for the assignment around them.
    mutating func parseMultipleAssignment(first: SyntaxNode?, from start: Int) -> SyntaxNode {
        var targets: [SyntaxNode] = []
        if let first { targets.append(asTarget(first) ?? first) } else { targets.append(parseTarget()) }
        while take(.comma) {
            if token.kind == .assign || token.kind == .rightParen {
                targets.append(SyntaxNode(.splat(nil), SourceSpan(previousEnd, previousEnd)))
                break
            }
            targets.append(parseTarget())
        }
        if token.kind == .rightParen, openers.last?.kind == .leftParen {
            return isSkimming ? skimmed.place : node(.destructuring(targets), from: start)
        }
        guard token.kind == .assign else {
            failUnexpected(expecting: "`=`")
            return node(.destructuring(targets), from: start)
        }
        advance()
        let value = parseAssignedValue(isStatement: true)
        return node(.multipleAssign(targets: targets, value: value), from: start)
    }

    /// One target: a variable, an attribute, an index, `*rest` or `(a, b)`.
    mutating func parseTarget() -> SyntaxNode {
        let start = token.start
        if token.kind == .splat || token.kind == .star {
            advance()
            let isAnonymous =
                token.kind == .comma || token.kind == .assign || token.kind == .rightParen
                || token.kind == .inWord
            let target = isAnonymous ? nil : parseTarget()
            return node(.splat(target), from: start)
        }
        if token.kind == .leftParen { return parseNestedTargets() }
        let primary = parsePrimary()
        let place = parsePostfix(primary, from: start)
        guard let target = asTarget(place) else { return failTarget(place) }
        return target
    }

    private mutating func parseNestedTargets() -> SyntaxNode {
        let start = token.start
        depth += 1
        reach = max(reach, depth)
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        let outer = open()
        var targets: [SyntaxNode] = []
        repeat { targets.append(parseTarget()) } while take(.comma)
        close(.rightParen, outer)
        return node(.destructuring(targets), from: start)
    }

    // MARK: Targets

    /// `node` as the target of an assignment, its name now known as a variable; nil if it cannot be one.
    mutating func asTarget(_ node: SyntaxNode) -> SyntaxNode? {
        guard isTarget(node) else { return nil }
        if isInMethod, case .constant = node.kind {
            fail("syntax.constant-in-method", node.span, "a method cannot assign to a constant")
        }
        guard case .call(let call) = node.kind, call.isBareName else { return node }
        scope.declare(Int(node.span.start), Int(node.span.end), in: lexer.bytes)
        return isSkimming ? skimmed.place : SyntaxNode(.local(call.name), node.span)
    }

    /// Whether something can be assigned to `node`.
    func isTarget(_ node: SyntaxNode) -> Bool {
        switch node.kind {
        case .local, .instanceVariable, .globalVariable, .classVariable, .constant, .destructuring: return true
        case .call(let call):
            if call.isBareName {
                let last = lexer.bytes[Int(node.span.end) - 1]
                return last != .question && last != .bang
            }
            guard call.receiver != nil, call.block == nil else { return false }
            return call.name == "[]" || call.arguments.isEmpty
        default: return false
        }
    }
}
