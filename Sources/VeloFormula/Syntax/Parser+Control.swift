/// Conditionals, loops, `case` and `begin`.
extension Parser {
    /// `if … elsif … else … end` or `unless … else … end`
    mutating func parseConditional() -> SyntaxNode {
        let start = token.start
        let isUnless = token.kind == .unlessWord
        let outer = open()
        var branches = [parseBranch(from: start, isUnless: isUnless)]
        while token.kind == .elsifWord, !isUnless {
            let elsif = token.start
            advance()
            branches.append(parseBranch(from: elsif, isUnless: false))
            reach += 1
            guard hasRoom(max(depth + branches.count, reach)) else { break }
        }
        var otherwise = take(.elseWord) ? parseBody(.end) : nil
        closeWithEnd(outer)
        if isUnless {
            let condition = branches[0].condition
            return node(.conditional(condition: condition, then: otherwise, otherwise: branches[0].body), from: start)
        }
        for branch in branches.reversed() {
            otherwise = node(
                .conditional(condition: branch.condition, then: branch.body, otherwise: otherwise), from: branch.start)
        }
        return otherwise ?? missing()
    }

    private mutating func parseBranch(
        from start: Int, isUnless: Bool
    ) -> (start: Int, condition: SyntaxNode, body: SyntaxNode) {
        let condition = parseJoined()
        expectThen()
        let body = parseBody(isUnless ? [.end, .elseBranch] : [.end, .elseBranch, .elsif])
        return (start, condition, body)
    }

    /// `while condition … end`, `until condition … end`
    mutating func parseLoop() -> SyntaxNode {
        let start = token.start
        let isNegated = token.kind == .untilWord
        let outer = open()
        let condition = parseLoopHead()
        let body = parseBody(.end)
        closeWithEnd(outer)
        let kind = SyntaxKind.loop(condition: isNegated ? negated(condition) : condition, body: body, runsFirst: false)
        return node(kind, from: start)
    }

    /// The expression before the body of a loop; a `do` after it begins the body.
    private mutating func parseLoopHead() -> SyntaxNode {
        allowsDo = false
        let head = parseJoined()
        allowsDo = true
        if token.kind == .newline || token.kind == .semicolon {
            skipTerminators()
        } else if !take(.doWord) {
            failUnexpected(expecting: "`do` or the end of the line")
        }
        return head
    }

    /// `for a, b in list … end`
    mutating func parseFor() -> SyntaxNode {
        let start = token.start
        let outer = open()
        let targetStart = token.start
        var targets = [parseTarget()]
        while take(.comma) { targets.append(parseTarget()) }
        let target = targets.count == 1 ? targets[0] : node(.destructuring(targets), from: targetStart)
        if !take(.inWord) { failUnexpected(expecting: "`in`") }
        let sequence = parseLoopHead()
        let body = parseBody(.end)
        closeWithEnd(outer)
        return node(.forLoop(target: target, sequence: sequence, body: body), from: start)
    }

    // MARK: case

    mutating func parseCase() -> SyntaxNode {
        let start = token.start
        let outer = open()
        let subject = token.kind == .newline || token.kind == .whenWord ? nil : parseJoined()
        skipTerminators()
        var branches: [WhenBranch] = []
        while token.kind == .whenWord || token.kind == .inWord {
            let isFirstPattern = branches.last?.conditions.isEmpty != true
            let conditions = token.kind == .whenWord ? parseWhen() : parsePattern(isFirst: isFirstPattern)
            expectThen()
            branches.append(WhenBranch(conditions: conditions, body: parseBody([.when, .pattern, .elseBranch, .end])))
        }
        if branches.isEmpty { failUnexpected(expecting: "`when`") }
        let otherwise = take(.elseWord) ? parseBody(.end) : nil
        closeWithEnd(outer)
        return node(.caseWhen(subject: subject, branches: branches, otherwise: otherwise), from: start)
    }

    private mutating func parseWhen() -> [SyntaxNode] {
        advance()
        var conditions: [SyntaxNode] = []
        repeat { conditions.append(parseListElement()) } while take(.comma)
        return conditions
    }

    /// `in pattern` is reported once and skipped; its body is read as any other.
    private mutating func parsePattern(isFirst: Bool) -> [SyntaxNode] {
        if isFirst {
            fail(
                "syntax.pattern-matching", token.span, "pattern matching is not supported",
                hint: "`case … when` can say the same for most patterns")
        }
        while token.kind != .newline, token.kind != .thenWord, token.kind != .endOfFile { advance() }
        if token.kind != .endOfFile { isRecovering = false }
        return []
    }

    /// An expression or `*expression`, as one of several.
    mutating func parseListElement() -> SyntaxNode {
        let start = token.start
        guard token.kind == .splat else { return parseExpression() }
        advance()
        let value = parseExpression()
        return node(.splat(value), from: start)
    }

    // MARK: begin

    mutating func parseBegin() -> SyntaxNode {
        let start = token.start
        let outer = open()
        let body = parseHandledParts()
        closeWithEnd(outer)
        return node(body, from: start)
    }

    /// A body with the `rescue`, `else` and `ensure` parts that it may have, up to its `end`.
    mutating func parseHandledBody() -> SyntaxNode {
        let start = token.start
        let kind = parseHandledParts()
        if case .begin(let body, let rescues, _, nil) = kind, rescues.isEmpty { return body }
        return node(kind, from: start)
    }

    private mutating func parseHandledParts() -> SyntaxKind {
        let body = parseBody([.end, .rescue, .ensure])
        var rescues: [RescueClause] = []
        while token.kind == .rescueWord { rescues.append(parseRescue()) }
        let otherwise = !rescues.isEmpty && take(.elseWord) ? parseBody([.end, .ensure]) : nil
        let ensure = take(.ensureWord) ? parseBody(.end) : nil
        return .begin(body: body, rescues: rescues, otherwise: otherwise, ensure: ensure)
    }

    /// `rescue A, *B => e then …`
    private mutating func parseRescue() -> RescueClause {
        advance()
        var classes: [SyntaxNode] = []
        var target: SyntaxNode?
        while token.kind != .newline, token.kind != .semicolon, token.kind != .thenWord, token.kind != .arrow {
            classes.append(parseListElement())
            guard take(.comma) else { break }
        }
        if take(.arrow) { target = parseTarget() }
        expectThen()
        return RescueClause(classes: classes, target: target, body: parseBody(.handled))
    }
}
