/// Primaries: names, literals, brackets and constructs that begin with a word.
extension Parser {
    mutating func parsePrimary(asCommand: Bool = false) -> SyntaxNode {
        let start = token.start
        switch token.kind {
        case .identifier: return parseName(asCommand: asCommand)
        case .constant: return parseConstant(asCommand: asCommand)
        case .instanceVariable: return parseVariable(.instanceVariable(text(token)))
        case .globalVariable: return parseVariable(.globalVariable(text(token)))
        case .classVariable: return parseVariable(.classVariable(text(token)))
        case .string, .character, .literalBegin: return parseLiteral()
        case .symbol: return parsePlain(.symbol(text(token.start + 1, token.end)))
        case .words, .symbols: return parsePlainWords()
        case .integer, .float: return parseNumber()
        case .leftParen: return parseParenthesized()
        case .arrayBegin: return parseArray()
        case .leftBrace: return parseHash()
        case .lambda: return parseLambda()
        case .topColonColon:
            advance()
            guard token.kind == .constant else {
                failUnexpected(expecting: "the name of a constant")
                return missing()
            }
            let name = text(token)
            advance()
            return node(.constant(scope: nil, name: name, isTop: true), from: start)
        default: return parseWord(asCommand: asCommand)
        }
    }

    /// A node that is one token.
    private mutating func parsePlain(_ kind: SyntaxKind) -> SyntaxNode {
        let node = isSkimming ? skimmed.value : SyntaxNode(kind, token.span)
        advance()
        return node
    }

    private mutating func parseVariable(_ kind: SyntaxKind) -> SyntaxNode {
        let node = isSkimming ? skimmed.place : SyntaxNode(kind, token.span)
        advance()
        return node
    }

    private mutating func parseWord(asCommand: Bool) -> SyntaxNode {
        switch token.kind {
        case .nilWord: return parsePlain(.nil)
        case .trueWord: return parsePlain(.true)
        case .falseWord: return parsePlain(.false)
        case .selfWord: return parsePlain(.self)
        case .fileWord, .lineWord, .encodingWord: return parsePlain(.magic(text(token)))
        case .redoWord: return parsePlain(.redo)
        case .retryWord: return parsePlain(.retry)
        case .ifWord, .unlessWord: return parseConditional()
        case .whileWord, .untilWord: return parseLoop()
        case .forWord: return parseFor()
        case .caseWord: return parseCase()
        case .beginWord: return parseBegin()
        case .defWord: return parseMethod()
        case .classWord: return parseClass()
        case .moduleWord: return parseModule()
        case .aliasWord: return parseAlias()
        case .undefWord: return parseUndefine()
        case .returnWord, .breakWord, .nextWord: return parseJump()
        case .superWord: return parseSuper(asCommand: asCommand)
        case .yieldWord: return parseYield(asCommand: asCommand)
        default:
            failMissingValue()
            return missing()
        }
    }

    mutating func parseNumber() -> SyntaxNode {
        let number = token
        advance()
        if isSkimming { return skimmed.value }
        if number.kind == .float { return SyntaxNode(.float(lexer.floatValue(number)), number.span) }
        return SyntaxNode(.integer(lexer.integerValue(number)), number.span)
    }

    // MARK: Brackets

    /// `(statements)`; the parentheses leave no node.
    mutating func parseParenthesized() -> SyntaxNode {
        let start = token.start
        let outer = open()
        let body = parseBody(.paren)
        close(.rightParen, outer)
        if case .sequence(let nodes) = body.kind, nodes.isEmpty { return node(.nil, from: start) }
        return body
    }

    private mutating func parseArray() -> SyntaxNode {
        let start = token.start
        var elements = ArgumentList(isSkimming: isSkimming)
        let outer = open()
        parseArguments(into: &elements, closing: .rightBracket)
        close(.rightBracket, outer)
        return node(.array(elements.finish()), from: start)
    }

    private mutating func parseHash() -> SyntaxNode {
        let start = token.start
        var elements: [HashElement] = []
        let outer = open()
        while token.kind != .rightBrace, token.kind != .endOfFile {
            if let element = parseKeyed() {
                elements.append(element)
            } else {
                let key = parseKeyOrValue()
                if let element = parsePair(key: key) {
                    elements.append(element)
                } else {
                    failUnexpected(expecting: "`=>`")
                }
            }
            guard take(.comma) else { break }
        }
        close(.rightBrace, outer)
        return node(.hash(elements), from: start)
    }

    // MARK: Calls by a word

    private mutating func parseSuper(asCommand: Bool) -> SyntaxNode {
        let start = token.start
        advance()
        var arguments = ArgumentList(isSkimming: isSkimming)
        var isCommand = false
        let hasParentheses = token.kind == .leftParen && !token.flags.contains(.spaceBefore)
        if hasParentheses {
            parseParenthesized(into: &arguments)
        } else if asCommand, startsArgument {
            isCommand = true
            parseCommandArguments(into: &arguments)
        }
        let block = parseBlock(acceptsBrace: !isCommand)
        let passed = hasParentheses || isCommand ? arguments.finish() : nil
        return node(.superCall(arguments: passed, block: block), from: start)
    }

    private mutating func parseYield(asCommand: Bool) -> SyntaxNode {
        let start = token.start
        advance()
        var arguments = ArgumentList(isSkimming: isSkimming)
        if token.kind == .leftParen, !token.flags.contains(.spaceBefore) {
            parseParenthesized(into: &arguments)
        } else if asCommand, startsArgument {
            parseCommandArguments(into: &arguments)
        }
        return node(.yield(arguments.finish()), from: start)
    }

    /// `return`, `break` or `next`, with a value, several, or none.
    private mutating func parseJump() -> SyntaxNode {
        let start = token.start
        let kind = token.kind
        advance()
        let value = endsJump ? nil : parseJumpValue()
        switch kind {
        case .returnWord: return node(.return(value), from: start)
        case .breakWord: return node(.break(value), from: start)
        default: return node(.next(value), from: start)
        }
    }

    private mutating func parseJumpValue() -> SyntaxNode {
        let start = token.start
        var arguments = ArgumentList(isSkimming: isSkimming)
        parseOpenArguments(into: &arguments)
        let values = arguments.finish()
        if values.count == 1 {
            if case .splat = values[0].kind { return node(.array(values), from: start) }
            return values[0]
        }
        return node(.array(values), from: start)
    }

    private var endsJump: Bool {
        switch token.kind {
        case .newline, .semicolon, .ifWord, .unlessWord, .whileWord, .untilWord, .andWord, .orWord, .colon: true
        default: token.kind.closes
        }
    }
}
