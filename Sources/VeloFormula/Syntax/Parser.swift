/// Reads a formula's source into a tree.
///
/// A recursive-descent parser over a lexer that it steers: after a local variable's name it tells the lexer that no
/// argument can follow. It never throws and always ends: every loop takes tokens, nesting is bounded, and what cannot
/// be read becomes a diagnostic and a `.missing` node.
package struct Parser {
    var lexer: Lexer
    /// The token to be read next.
    var token: Token
    /// Where the last token that was taken ended.
    var previousEnd = 0

    var diagnostics: [Diagnostic] = []
    /// A problem was reported and its statement is not over: further ones would be echoes.
    var isRecovering = false
    /// Reading was given up; nothing more is reported.
    var isAborted = false
    /// What is open and must be closed, outermost first.
    var openers: [Opener] = []
    /// `end`s that were found, with what they closed, for the search for the one that is missing.
    var closings: [Closing] = []
    /// Openers that were skipped while recovering: as many `end`s are not reported.
    var skippedOpeners = 0
    /// Where the last literal began that reading returned to.
    var lastRewind = -1
    /// Where a literal begins that is given up: until its reader is back in charge, the file seems to end.
    var abandonedLiteral: Int?
    /// The last quoted string that spans lines: the first suspect when the text behind it makes no sense.
    var multilineString: Token?

    var depth = 0
    /// The depth of the deepest node read so far, as seen from the current expression.
    var reach = 0
    /// A `do` belongs to the innermost call, not to the command or loop around it.
    var allowsDo = true
    /// The next operand begins a statement: `a, b = …` and `a = 1, 2` may follow.
    var startsStatement = false
    var isInMethod = false
    /// The literal that was just read ends with a colon: it is a hash key.
    var literalIsLabel = false
    var scope = LocalScope()
    var scratch: [UInt8] = []
    /// Bodies of methods are checked now, and made into a tree when they are asked for.
    let defersBodies: Bool
    /// The source is checked only: nodes stand for nothing but what may be assigned to.
    var isSkimming = false
    let skimmed = SkimmedNodes()

    /// How deep a tree may be: more than people write, less than a stack holds.
    static let maximumDepth = 200
    /// The largest source that is read, in bytes.
    static let maximumSize = 4 << 20
    static let maximumDiagnostics = 20

    /// The tree of a source text; what is wrong with it is in its diagnostics.
    ///
    /// - Parameter defersBodies: methods and tests become trees only when they are asked for. They are checked now all
    ///   the same, and the diagnostics are those of a whole reading.
    package static func parse(_ source: SourceText, defersBodies: Bool = false) -> SyntaxTree {
        guard source.bytes.count <= maximumSize else {
            let diagnostic = Diagnostic(
                id: "syntax.too-large", span: SourceSpan(0, 0), message: "a formula cannot be larger than 4 MB")
            let root = SyntaxNode(.sequence([]), SourceSpan(0, 0))
            return SyntaxTree(source: source, root: root, data: nil, diagnostics: [diagnostic])
        }
        var parser = Parser(lexer: Lexer(source), defersBodies: defersBodies)
        let root = parser.parseProgram()
        let isSound = parser.diagnostics.isEmpty && parser.lexer.diagnostics.isEmpty
        guard isSound || !defersBodies else { return parse(source) }
        parser.checkEncoding()
        let data = parser.lexer.dataStart.map { parser.text($0, parser.lexer.count) }
        return SyntaxTree(source: source, root: root, data: data, diagnostics: parser.sortedDiagnostics())
    }

    init(lexer: Lexer, defersBodies: Bool = false) {
        var lexer = lexer
        token = lexer.next()
        self.lexer = lexer
        self.defersBodies = defersBodies
        openers.reserveCapacity(16)
        closings.reserveCapacity(16)
    }

    private mutating func parseProgram() -> SyntaxNode {
        var list = NodeList()
        let start = token.start
        while true {
            parseStatements(into: &list)
            if token.kind == .endOfFile { break }
            skipStrayEnd()
        }
        return SyntaxNode(.sequence(list.all), SourceSpan(start, max(start, previousEnd)))
    }

    private func sortedDiagnostics() -> [Diagnostic] {
        let all = lexer.diagnostics.isEmpty ? diagnostics : diagnostics + lexer.diagnostics
        if all.count < 2 { return all }
        var firsts: [Diagnostic] = []
        for diagnostic in all.sorted(by: { $0.span.start < $1.span.start }) {
            // What follows a mistake on its line is mostly an echo.
            let isEcho = firsts.last.map { isOnOneLine(Int($0.span.start), Int(diagnostic.span.start)) } ?? false
            if !isEcho { firsts.append(diagnostic) }
        }
        return Array(firsts.prefix(Self.maximumDiagnostics))
    }

    // MARK: Tokens

    /// Takes the current token.
    mutating func advance() {
        previousEnd = token.end
        if abandonedLiteral == nil { token = lexer.next() }
    }

    /// Takes the current token if it is of this kind.
    mutating func take(_ kind: TokenKind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    mutating func skipNewlines() {
        while token.kind == .newline { advance() }
    }

    mutating func skipTerminators() {
        while token.kind == .newline || token.kind == .semicolon { advance() }
    }

    func text(_ start: Int, _ end: Int) -> String { isSkimming ? "" : lexer.bytes.text(start, end) }

    func text(_ token: Token) -> String { text(token.start, token.end) }

    // MARK: Nodes

    /// A node from `start` to the end of the last token taken.
    func node(_ kind: @autoclosure () -> SyntaxKind, from start: Int) -> SyntaxNode {
        if isSkimming { return skimmed.value }
        return SyntaxNode(kind(), SourceSpan(start, max(start, previousEnd)))
    }

    func missing() -> SyntaxNode { SyntaxNode(.missing, SourceSpan(token.start, token.end)) }

    // MARK: Depth

    /// Whether there is room for a node `depth` levels down; otherwise reading is given up.
    mutating func hasRoom(_ depth: Int) -> Bool {
        if depth <= Self.maximumDepth { return true }
        fail("syntax.too-deep", token.span, "this is nested more than \(Self.maximumDepth) levels deep")
        abort()
        return false
    }

    /// Gives up: the rest of the file is not read.
    mutating func abort() {
        isAborted = true
        lexer.stop()
        token = lexer.next()
    }
}
