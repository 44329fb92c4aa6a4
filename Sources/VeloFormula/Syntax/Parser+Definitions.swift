/// Methods, classes, modules, `alias` and `undef`.
extension Parser {
    /// `def name(parameters) … end`, `def receiver.name`, `def name = value`
    mutating func parseMethod() -> SyntaxNode {
        let start = token.start
        let outer = open()
        var receiver: SyntaxNode?
        if token.kind == .identifier || token.kind == .constant, lexer.bytes[token.end] == .period {
            receiver = parseMethodReceiver()
        }
        var name = ""
        if token.kind == .identifier || token.kind == .constant {
            name = methodName(token)
            advance()
        } else {
            failUnexpected(expecting: "the name of a method")
            skipStatement(lexer.modes.count)
        }
        let mark = scope.enter(closed: true)
        let wasInMethod = isInMethod
        isInMethod = true
        let parameters = parseMethodParameters()
        let defers = defersBodies && !isSkimming && !wasInMethod
        let body: SyntaxNode
        if take(.assign) {
            _ = openers.popLast()
            allowsDo = outer
            body = defers ? skim { $0.parseMethodValue() } : parseMethodValue()
        } else {
            body = defers ? skim { $0.parseHandledBody() } : parseHandledBody()
            closeWithEnd(outer)
        }
        scope.leave(mark)
        isInMethod = wasInMethod
        if isSkimming { return skimmed.value }
        let code = defers ? Code.deferred(DeferredBody(lexer.source, start: start)) : .tree(body)
        let method = MethodNode(receiver: receiver, name: name, parameters: parameters, code: code)
        return node(.method(method), from: start)
    }

    private mutating func parseMethodReceiver() -> SyntaxNode {
        let name = token
        let kind: SyntaxKind
        if lexer.hasPrefix("self.", at: name.start) {
            kind = .self
        } else if name.kind == .constant {
            kind = .constant(scope: nil, name: text(name), isTop: false)
        } else if scope.contains(name.start, name.end, in: lexer.bytes) {
            kind = .local(text(name))
        } else {
            kind = .call(CallNode(receiver: nil, name: text(name), isBareName: true))
        }
        advance()
        lexer.state = .name
        advance()
        return SyntaxNode(kind, name.span)
    }

    private mutating func parseMethodParameters() -> [ParameterNode] {
        if token.kind == .leftParen {
            let outer = open()
            let parameters = parseParameters(closing: .rightParen)
            close(.rightParen, outer)
            return parameters
        }
        if token.kind == .newline || token.kind == .semicolon || token.kind == .assign { return [] }
        let parameters = parseParameters(closing: .newline)
        if token.kind != .newline, token.kind != .semicolon { failUnexpected(expecting: "the end of the line") }
        return parameters
    }

    private mutating func parseMethodValue() -> SyntaxNode {
        let start = token.start
        let value = parseExpression(asCommand: true)
        guard take(.rescueWord) else { return value }
        return rescued(value, by: parseExpression(), from: start)
    }

    // MARK: Classes

    /// `class Name < Super … end`, `class << self … end`
    mutating func parseClass() -> SyntaxNode {
        let start = token.start
        let outer = open()
        if take(.shiftLeft) {
            let object = parseExpression()
            let body = parseDefinitionBody(outer)
            return node(.singletonClass(object, body: body), from: start)
        }
        let path = parseDefinitionPath()
        var superclass: SyntaxNode?
        if take(.less) { superclass = parseExpression() }
        let body = parseDefinitionBody(outer)
        return node(.classDefinition(path: path, superclass: superclass, body: body), from: start)
    }

    mutating func parseModule() -> SyntaxNode {
        let start = token.start
        let outer = open()
        let path = parseDefinitionPath()
        let body = parseDefinitionBody(outer)
        return node(.module(path: path, body: body), from: start)
    }

    private mutating func parseDefinitionBody(_ outer: Bool) -> SyntaxNode {
        if token.kind != .newline, token.kind != .semicolon { failUnexpected(expecting: "the end of the line") }
        if isRecovering { skipStatement(lexer.modes.count) }
        let mark = scope.enter(closed: true)
        let wasInMethod = isInMethod
        isInMethod = false
        let body = parseHandledBody()
        closeWithEnd(outer)
        isInMethod = wasInMethod
        scope.leave(mark)
        return body
    }

    /// `Name`, `A::Name`, `::Name`
    private mutating func parseDefinitionPath() -> SyntaxNode {
        let start = token.start
        let isTop = take(.topColonColon)
        guard token.kind == .constant else {
            failUnexpected(expecting: "a name with a capital")
            return missing()
        }
        var path = SyntaxNode(.constant(scope: nil, name: text(token), isTop: isTop), SourceSpan(start, token.end))
        lexer.state = .operation
        advance()
        while token.kind == .colonColon {
            advance()
            guard token.kind == .constant else {
                failUnexpected(expecting: "a name with a capital")
                break
            }
            path = SyntaxNode(.constant(scope: path, name: text(token), isTop: false), SourceSpan(start, token.end))
            lexer.state = .operation
            advance()
            reach += 1
            guard hasRoom(max(depth, reach)) else { break }
        }
        return path
    }

    // MARK: alias and undef

    mutating func parseAlias() -> SyntaxNode {
        let start = token.start
        advance()
        lexer.state = .name
        let new = parseMethodWord()
        let old = parseMethodWord()
        return node(.alias(new: new, old: old), from: start)
    }

    mutating func parseUndefine() -> SyntaxNode {
        let start = token.start
        var names: [String] = []
        repeat {
            lexer.state = .name
            if token.kind == .undefWord || token.kind == .comma { advance() }
            names.append(parseMethodWord())
        } while token.kind == .comma
        return node(.undefine(names), from: start)
    }

    /// A method's name, plain or as a symbol; or a global variable's.
    private mutating func parseMethodWord() -> String {
        let name = token
        switch name.kind {
        case .identifier, .constant, .globalVariable:
            advance()
            return text(name)
        case .symbol:
            advance()
            return text(name.start + 1, name.end)
        default:
            failUnexpected(expecting: "the name of a method")
            return ""
        }
    }
}
