import Synchronization

/// What a parser that only checks has for nodes: one for each answer to whether something can be assigned to it.
struct SkimmedNodes {
    /// No target.
    let value = SyntaxNode(.nil, SourceSpan(0, 0))
    /// A target: a variable that is known, an index, an attribute.
    let place = SyntaxNode(.local(""), SourceSpan(0, 0))
    /// A target, but not in a method.
    let constant = SyntaxNode(.constant(scope: nil, name: "", isTop: false), SourceSpan(0, 0))
    /// A bare name: a target that becomes a variable.
    let bareName = CallNode(receiver: nil, name: "", isBareName: true)
}

/// Code that was checked when its file was read, and becomes a tree when it is asked for first.
final class DeferredBody: Sendable {
    private let source: SourceText
    /// Where the `def`, or the name of the call with the block, stands.
    private let start: Int
    private let parsed = Mutex<SyntaxNode?>(nil)

    init(_ source: SourceText, start: Int) {
        self.source = source
        self.start = start
    }

    var node: SyntaxNode {
        parsed.withLock { parsed in
            if let parsed { return parsed }
            let node = Parser.parseBody(in: source, at: start)
            parsed = node
            return node
        }
    }
}

extension Parser {
    /// The body of the method, or of the block of the call, that begins at `start`, in a source that is sound.
    static func parseBody(in source: SourceText, at start: Int) -> SyntaxNode {
        var lexer = Lexer(source)
        lexer.position = start
        var parser = Parser(lexer: lexer)
        switch parser.parseStatement().kind {
        case .method(let method): return method.body
        case .call(let call): return call.block?.body ?? parser.missing()
        default: return parser.missing()
        }
    }

    /// Whether the block of a call becomes a tree only when it is asked for: it is one that reading the formula does not
    /// run.
    func defersBlock(_ receiver: SyntaxNode?, _ name: String, _ arguments: ArgumentList) -> Bool {
        isAlone(receiver, arguments) && (name == "test" || name == "service" || name == "livecheck")
    }

    /// A block follows that stands in a class body, behind a name alone, and sees no variables.
    func isAlone(_ receiver: SyntaxNode?, _ arguments: ArgumentList) -> Bool {
        defersBodies && !isSkimming && !isInMethod && receiver == nil && token.kind == .doWord && arguments.isEmpty
            && scope.isEmpty
    }

    /// Checks what `read` reads, without making nodes of it.
    mutating func skim<Result>(_ read: (inout Parser) -> Result) -> Result {
        isSkimming = true
        defer { isSkimming = false }
        return read(&self)
    }
}
