/// Blocks, lambdas and parameters.
extension Parser {
    /// The block that follows a call, if one does and it belongs to that call.
    mutating func parseBlock(acceptsBrace: Bool) -> BlockNode? {
        if token.kind == .leftBrace, acceptsBrace { return parseBraceBlock() }
        if token.kind == .doWord, allowsDo { return parseDoBlock() }
        return nil
    }

    private mutating func parseBraceBlock() -> BlockNode {
        let start = token.start
        let mark = scope.enter(closed: false)
        let outer = open()
        let parameters = parseBlockParameters()
        let body = parseBody(.brace)
        close(.rightBrace, outer)
        return finishBlock(parameters, body, mark, from: start)
    }

    private mutating func parseDoBlock() -> BlockNode {
        let start = token.start
        let mark = scope.enter(closed: false)
        let outer = open()
        let parameters = parseBlockParameters()
        let body = parseHandledBody()
        closeWithEnd(outer)
        return finishBlock(parameters, body, mark, from: start)
    }

    /// Adds the parameters that the body used without naming them.
    private mutating func finishBlock(
        _ parameters: [ParameterNode]?, _ body: SyntaxNode, _ mark: LocalScope.Mark, from start: Int
    ) -> BlockNode {
        var parameters = parameters ?? []
        if scope.numbered > 0 {
            for number in 1...scope.numbered { parameters.append(ParameterNode(name: "_\(number)", kind: .required)) }
        } else if scope.usesIt {
            parameters.append(ParameterNode(name: "it", kind: .required))
        }
        scope.leave(mark)
        return BlockNode(parameters: parameters, body: body, span: SourceSpan(start, previousEnd))
    }

    /// `|a, b|`; nil if the block names none.
    private mutating func parseBlockParameters() -> [ParameterNode]? {
        if take(.orOr) { return [] }
        guard token.kind == .pipe else {
            scope.allowsImplicit = true
            return nil
        }
        let bar = Opener(kind: .pipe, start: token.start, end: token.end)
        advance()
        let parameters = parseParameters(closing: .pipe)
        lexer.state = .value
        if token.kind == .pipe {
            advance()
        } else {
            fail("syntax.unclosed-bracket", bar.span, "these parameters are not closed with `|`")
        }
        return parameters
    }

    /// `->(a, b) { … }` or `-> a, b do … end`
    mutating func parseLambda() -> SyntaxNode {
        let start = token.start
        let mark = scope.enter(closed: false)
        advance()
        var parameters: [ParameterNode]?
        if token.kind == .leftParen {
            let outer = open()
            parameters = parseParameters(closing: .rightParen)
            close(.rightParen, outer)
        } else if token.kind != .leftBrace, token.kind != .doWord {
            parameters = parseParameters(closing: .leftBrace)
        } else {
            scope.allowsImplicit = true
        }
        let isBrace = token.kind == .leftBrace
        guard isBrace || token.kind == .doWord else {
            failUnexpected(expecting: "the body of the lambda")
            scope.leave(mark)
            return missing()
        }
        let outer = open()
        let body = isBrace ? parseBody(.brace) : parseHandledBody()
        if isBrace { close(.rightBrace, outer) } else { closeWithEnd(outer) }
        return node(.lambda(finishBlock(parameters, body, mark, from: start)), from: start)
    }

    // MARK: Parameters

    /// Parameters up to `closing`, which is left, or to the end of the line.
    mutating func parseParameters(closing: TokenKind) -> [ParameterNode] {
        var parameters: [ParameterNode] = []
        while token.kind != closing, token.kind != .endOfFile {
            if closing != .newline { skipNewlines() }
            if token.kind == .semicolon, closing == .pipe || closing == .rightParen {
                parseBlockLocals(into: &parameters)
                break
            }
            guard parseParameter(into: &parameters, closing: closing) else { break }
            guard take(.comma) || token.kind == .semicolon && closing != .newline else { break }
        }
        if closing != .newline, lexer.significantByte != 0 { skipNewlines() }
        return parameters
    }

    /// `; x, y` declares variables of the block.
    private mutating func parseBlockLocals(into parameters: inout [ParameterNode]) {
        repeat {
            advance()
            guard token.kind == .identifier else { return failUnexpected(expecting: "a name") }
            parameters.append(ParameterNode(name: declare(token), kind: .blockLocal))
            advance()
        } while token.kind == .comma
    }

    /// One parameter; false if there is none here.
    private mutating func parseParameter(into parameters: inout [ParameterNode], closing: TokenKind) -> Bool {
        switch token.kind {
        case .splat, .star: parameters.append(parsePrefixed(.rest))
        case .doubleSplat, .power: parameters.append(parsePrefixed(.keywordRest))
        case .blockPass, .ampersand: parameters.append(parsePrefixed(.block))
        case .dotDotDot:
            advance()
            parameters.append(ParameterNode(name: "", kind: .rest))
            parameters.append(ParameterNode(name: "", kind: .keywordRest))
            parameters.append(ParameterNode(name: "", kind: .block))
        case .identifier:
            let name = declare(token)
            lexer.state = .operation
            advance()
            let kind = take(.assign) ? ParameterNode.Kind.optional(parseDefault(closing)) : .required
            parameters.append(ParameterNode(name: name, kind: kind))
        case .label: parameters.append(parseKeyword(closing))
        case .leftParen: parameters.append(ParameterNode(name: "", kind: .destructured(parseDestructuredParameter())))
        default:
            if token.kind != closing { failUnexpected(expecting: "a parameter") }
            return false
        }
        return true
    }

    private mutating func parsePrefixed(_ kind: ParameterNode.Kind) -> ParameterNode {
        advance()
        var name = ""
        if token.kind == .identifier {
            name = declare(token)
            lexer.state = .operation
            advance()
        } else if token.kind == .nilWord {
            advance()
        }
        return ParameterNode(name: name, kind: kind)
    }

    private mutating func parseKeyword(_ closing: TokenKind) -> ParameterNode {
        let label = token
        let name = text(label.start, label.end - 1)
        scope.declare(label.start, label.end - 1, in: lexer.bytes)
        if closing == .newline { lexer.state = .valueOrEnd }
        advance()
        let isRequired = token.kind == .comma || token.kind == .newline || token.kind == closing
        return ParameterNode(name: name, kind: .keyword(isRequired ? nil : parseDefault(closing)))
    }

    /// A default value; between bars, `|` ends it.
    private mutating func parseDefault(_ closing: TokenKind) -> SyntaxNode {
        parseExpression(closing == .pipe ? Precedence.bitOr.next : .lowest)
    }

    /// `(a, (b, *c))`
    private mutating func parseDestructuredParameter() -> SyntaxNode {
        let start = token.start
        depth += 1
        reach = max(reach, depth)
        defer { depth -= 1 }
        guard hasRoom(depth) else { return missing() }
        let outer = open()
        var targets: [SyntaxNode] = []
        while token.kind != .rightParen, token.kind != .endOfFile {
            let first = token
            if take(.splat) || take(.star) {
                let target = token.kind == .identifier ? parseParameterTarget() : nil
                targets.append(node(.splat(target), from: first.start))
            } else if first.kind == .leftParen {
                targets.append(parseDestructuredParameter())
            } else if first.kind == .identifier {
                targets.append(parseParameterTarget())
            } else {
                failUnexpected(expecting: "a parameter")
            }
            guard take(.comma) else { break }
        }
        close(.rightParen, outer)
        return node(.destructuring(targets), from: start)
    }

    private mutating func parseParameterTarget() -> SyntaxNode {
        let start = token.start
        let name = declare(token)
        lexer.state = .operation
        advance()
        return node(.local(name), from: start)
    }

    /// Makes the name of a token a local variable.
    mutating func declare(_ name: Token) -> String {
        scope.declare(name.start, name.end, in: lexer.bytes)
        return text(name)
    }
}
