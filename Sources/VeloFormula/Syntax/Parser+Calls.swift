/// Calls, their arguments and blocks.
extension Parser {
    /// The rest of a call whose name was taken: arguments in parentheses or without, and a block.
    mutating func parseCall(
        _ receiver: SyntaxNode?, name: String, isSafe: Bool = false, asCommand: Bool = false, from start: Int
    ) -> SyntaxNode {
        var arguments = ArgumentList(isSkimming: isSkimming)
        var isCommand = false
        let hasParentheses = token.kind == .leftParen && !token.flags.contains(.spaceBefore)
        if hasParentheses {
            parseParenthesized(into: &arguments)
        } else if asCommand, startsArgument {
            parseCommandArguments(into: &arguments)
            isCommand = true
        }
        let defers = defersBlock(receiver, name, arguments)
        var block = defers ? skim { $0.parseBlock(acceptsBrace: false) } : nil
        if isAlone(receiver, arguments), name == "bottle" { block = parseBottleBlock(from: start) }
        if block == nil { block = parseBlock(acceptsBrace: !isCommand) }
        if isSkimming {
            if block != nil || !arguments.isEmpty || isCommand { return skimmed.value }
            if receiver != nil { return skimmed.place }
            if hasParentheses { return skimmed.value }
            return SyntaxNode(.call(skimmed.bareName), SourceSpan(start, max(start, previousEnd)))
        }
        if defers, let skimmed = block { block = skimmed.deferred(DeferredBody(lexer.source, start: start)) }
        let hasKeywords = arguments.hasKeywords
        let call = CallNode(
            receiver: receiver, name: name, arguments: arguments.finish(), block: block, isSafe: isSafe,
            isBareName: receiver == nil && !hasParentheses && !isCommand && block == nil, hasKeywords: hasKeywords)
        return node(.call(call), from: start)
    }

    /// A name without a receiver: a local variable or a call.
    mutating func parseName(asCommand: Bool) -> SyntaxNode {
        let name = token
        let start = name.start
        if scope.contains(name.start, name.end, in: lexer.bytes) {
            lexer.state = .variable
            advance()
            let isCall = token.kind == .leftParen && !token.flags.contains(.spaceBefore) || asCommand && startsArgument
            if isCall { return parseCall(nil, name: text(name), asCommand: asCommand, from: start) }
            return isSkimming ? skimmed.place : node(.local(text(name)), from: start)
        }
        if scope.allowsImplicit, let implicit = parseImplicitParameter() { return implicit }
        advance()
        if lexer.bytes[start] == .underscore, isMagic(name) { return node(.magic(text(name)), from: start) }
        return parseCall(nil, name: text(name), asCommand: asCommand, from: start)
    }

    private func isMagic(_ name: Token) -> Bool {
        let length = name.end - name.start
        return length == 10 && lexer.hasPrefix("__method__", at: name.start)
            || length == 7 && lexer.hasPrefix("__dir__", at: name.start)
    }

    /// `_1` or `it` in a block without parameters.
    private mutating func parseImplicitParameter() -> SyntaxNode? {
        let name = token
        guard name.end - name.start == 2 else { return nil }
        let digit = lexer.bytes[name.start + 1]
        if lexer.bytes[name.start] == .underscore, digit.isDigit, digit > UInt8(ascii: "0") {
            scope.numbered = max(scope.numbered, Int(digit) - 48)
        } else if lexer.hasPrefix("it", at: name.start) {
            var ahead = lexer
            let next = ahead.next()
            if next.kind.startsArgument(next) || next.kind == .leftParen || next.kind == .doWord { return nil }
            if next.kind == .leftBrace || next.kind == .assign { return nil }
            scope.usesIt = true
        } else {
            return nil
        }
        lexer.state = .operation
        advance()
        return node(.local(text(name)), from: name.start)
    }

    /// A constant, or a call of a method with a capital.
    mutating func parseConstant(asCommand: Bool) -> SyntaxNode {
        let name = token
        advance()
        let hasParentheses = token.kind == .leftParen && !token.flags.contains(.spaceBefore)
        let hasBlock = token.kind == .leftBrace || token.kind == .doWord && allowsDo
        let isCall = hasParentheses || hasBlock || asCommand && startsArgument
        if isCall { return parseCall(nil, name: text(name), asCommand: asCommand, from: name.start) }
        return isSkimming
            ? skimmed.constant : node(.constant(scope: nil, name: text(name), isTop: false), from: name.start)
    }

    // MARK: Arguments

    /// The current token, after a method's name, begins its first argument.
    var startsArgument: Bool { token.kind.startsArgument(token) }

    /// `(a, *b, c: d, &e)`
    mutating func parseParenthesized(into arguments: inout ArgumentList) {
        let outer = open()
        parseArguments(into: &arguments, closing: .rightParen)
        close(.rightParen, outer)
    }

    /// Arguments up to a closing bracket, which is left.
    mutating func parseArguments(into arguments: inout ArgumentList, closing: TokenKind) {
        var isFirst = closing == .rightParen
        while token.kind != closing, token.kind != .endOfFile {
            parseArgument(into: &arguments, asCommand: isFirst)
            isFirst = false
            guard take(.comma) else { return }
        }
    }

    /// The arguments of a command, which end with the line. A `do` behind them belongs to the command.
    mutating func parseCommandArguments(into arguments: inout ArgumentList) {
        let outer = allowsDo
        allowsDo = false
        parseOpenArguments(into: &arguments)
        allowsDo = outer
    }

    /// Arguments that no bracket closes. The first may be a command; it then takes the others.
    mutating func parseOpenArguments(into arguments: inout ArgumentList) {
        parseArgument(into: &arguments, asCommand: true)
        while take(.comma) { parseArgument(into: &arguments, asCommand: false) }
    }

    private mutating func parseArgument(into arguments: inout ArgumentList, asCommand: Bool) {
        let start = token.start
        if arguments.blockPass != nil {
            fail("syntax.argument-order", token.span, "nothing can follow the argument that passes a block")
        }
        switch token.kind {
        case .splat:
            advance()
            let value = endsArgument ? nil : parseExpression()
            arguments.add(node(.splat(value), from: start))
        case .blockPass:
            advance()
            let value = endsArgument ? nil : parseExpression()
            arguments.blockPass = node(.blockPass(value), from: start)
        case .dotDotDot where lexer.significantByte == UInt8(ascii: ")"):
            advance()
            arguments.add(node(.splat(nil), from: start))
            arguments.add(.doubleSplat(node(.local("**"), from: start)))
            arguments.blockPass = node(.blockPass(nil), from: start)
        default:
            if let element = parseConstantPair() ?? parseKeyed() { return arguments.add(element) }
            let value = parseKeyOrValue(asCommand: asCommand)
            if let element = parsePair(key: value) { return arguments.add(element) }
            if arguments.hasKeywords {
                fail("syntax.argument-order", value.span, "an argument without a key cannot follow one with a key")
            }
            arguments.add(value)
        }
    }

    private var endsArgument: Bool {
        token.kind == .comma || token.kind == .newline || token.kind == .semicolon || token.kind.closes
    }

    // MARK: Pairs

    /// `key: value`, `"key": value`, `key:` or `**hash`; nil if the next element begins otherwise.
    mutating func parseKeyed() -> HashElement? {
        let start = token.start
        switch token.kind {
        case .label:
            let name = token
            advance()
            func key() -> SyntaxNode {
                isSkimming
                    ? skimmed.value
                    : SyntaxNode(.symbol(text(name.start, name.end - 1)), SourceSpan(name.start, name.end))
            }
            if endsArgument { return .pair(key: key(), value: shorthand(name)) }
            if !isSkimming, let value = takeConstant() {
                let key = ConstantNode(
                    text: text(name.start, name.end - 1), isSymbol: true, span: SourceSpan(name.start, name.end))
                return .constant(key: key, value: value)
            }
            return .pair(key: key(), value: parseExpression())
        case .string where token.flags.contains(.isLabel):
            let key = symbol(SyntaxNode(stringValue(token), token.span))
            advance()
            return .pair(key: key, value: parseExpression())
        case .doubleSplat:
            advance()
            return .doubleSplat(endsArgument ? node(.local("**"), from: start) : parseExpression())
        default: return nil
        }
    }

    /// `x:` alone passes the variable, constant or method of that name.
    private func shorthand(_ label: Token) -> SyntaxNode {
        if isSkimming { return skimmed.value }
        let name = text(label.start, label.end - 1)
        let span = SourceSpan(label.start, label.end - 1)
        if lexer.bytes[label.start].isUppercase {
            return SyntaxNode(.constant(scope: nil, name: name, isTop: false), span)
        }
        if scope.contains(label.start, label.end - 1, in: lexer.bytes) { return SyntaxNode(.local(name), span) }
        return SyntaxNode(.call(CallNode(receiver: nil, name: name, isBareName: true)), span)
    }

    /// `"key" => "value"` and the like; nil if the next element is anything else.
    private mutating func parseConstantPair() -> HashElement? {
        guard !isSkimming, let key = constant, lexer.arrowFollows else { return nil }
        let first = token
        advance()
        advance()
        if let value = takeConstant() { return .constant(key: key, value: value) }
        return .pair(key: SyntaxNode(stringOrSymbol(first), first.span), value: parseExpression())
    }

    private mutating func stringOrSymbol(_ token: Token) -> SyntaxKind {
        token.kind == .symbol ? .symbol(text(token.start + 1, token.end)) : stringValue(token)
    }

    /// The current token as a plain string or symbol, if it is one.
    private var constant: ConstantNode? {
        if token.flags.contains(.hasEscapes) || token.flags.contains(.spansLines) || token.flags.contains(.isLabel) {
            return nil
        }
        switch token.kind {
        case .string:
            let text = text(token.start + Int(token.lead), token.end - 1)
            return ConstantNode(text: text, isSymbol: false, span: token.span)
        case .symbol:
            return ConstantNode(text: text(token.start + 1, token.end), isSymbol: true, span: token.span)
        default: return nil
        }
    }

    /// Takes the current token if it is a plain string or symbol and a whole value: nothing continues it.
    private mutating func takeConstant() -> ConstantNode? {
        guard token.kind == .string || token.kind == .symbol, lexer.valueEnds, let value = constant else { return nil }
        advance()
        return value
    }

    /// An expression that may turn out to be the key of a pair.
    mutating func parseKeyOrValue(asCommand: Bool = false) -> SyntaxNode {
        literalIsLabel = false
        return parseExpression(asCommand: asCommand)
    }

    /// The value that `=>`, or the colon of a quoted key, gives to `key`; nil if it is not a key.
    mutating func parsePair(key: SyntaxNode) -> HashElement? {
        if literalIsLabel {
            literalIsLabel = false
            let key = symbol(key)
            return .pair(key: key, value: parseExpression())
        }
        guard take(.arrow) else { return nil }
        return .pair(key: key, value: parseExpression())
    }

    /// A string before a colon, as the symbol that it stands for.
    private func symbol(_ string: SyntaxNode) -> SyntaxNode {
        switch string.kind {
        case .string(let name): SyntaxNode(.symbol(name), string.span)
        case .interpolatedString(let parts): SyntaxNode(.interpolatedSymbol(parts), string.span)
        default: string
        }
    }
}

/// Arguments as they are read, in the order in which a call keeps them: positional, keywords, block.
struct ArgumentList {
    private var positional = NodeList()
    private var pairs: [HashElement] = []
    var blockPass: SyntaxNode?
    private(set) var hasKeywords = false
    private(set) var isEmpty = true
    /// Only whether there is something is kept.
    let isSkimming: Bool

    init(isSkimming: Bool) { self.isSkimming = isSkimming }

    mutating func add(_ node: consuming SyntaxNode) {
        isEmpty = false
        if !isSkimming { positional.append(node) }
    }

    mutating func add(_ element: HashElement) {
        isEmpty = false
        hasKeywords = true
        if !isSkimming { pairs.append(element) }
    }

    /// The arguments, which are then no longer here.
    mutating func finish() -> [SyntaxNode] {
        if let first = pairs.first, let last = pairs.last {
            positional.append(SyntaxNode(.hash(pairs), first.span.extended(to: last.span)))
        }
        if let blockPass { positional.append(blockPass) }
        return positional.take()
    }
}

extension HashElement {
    var span: SourceSpan {
        switch self {
        case .pair(let key, let value): key.span.extended(to: value.span)
        case .constant(let key, let value): key.span.extended(to: value.span)
        case .doubleSplat(let node): node.span
        }
    }
}

extension TokenKind {
    /// A token of this kind, behind a method's name, begins an argument. The lexer has told apart what looks alike.
    func startsArgument(_ token: Token) -> Bool {
        switch self {
        case .identifier, .constant, .instanceVariable, .classVariable, .globalVariable, .label, .integer, .float,
            .character, .symbol, .string, .words, .symbols, .literalBegin, .arrayBegin, .topColonColon, .lambda, .bang,
            .tilde, .unaryMinus, .unaryPlus, .splat, .doubleSplat, .blockPass, .nilWord, .trueWord, .falseWord,
            .selfWord, .definedWord, .caseWord, .beginWord, .defWord, .yieldWord, .superWord, .fileWord,
            .lineWord, .encodingWord:
            true
        case .leftParen: token.flags.contains(.spaceBefore)
        default: false
        }
    }
}
