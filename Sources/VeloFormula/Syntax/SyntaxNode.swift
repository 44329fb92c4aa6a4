/// A node of the syntax tree: what it is, and where it stands in the source.
///
/// Trees are immutable once parsed and shared freely between threads. They are no deeper than
/// `Parser.maximumDepth`, so that walking one by recursion is safe.
///
/// Parentheses leave no node. A body of one statement is that statement; several are a `.sequence`, none is an empty
/// one; the root is always a `.sequence`.
package final class SyntaxNode: Sendable {
    package let kind: SyntaxKind
    package let span: SourceSpan

    package init(_ kind: SyntaxKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

/// The constructs of the language. The carets mark what a payload holds.
package enum SyntaxKind: Sendable {
    // MARK: Literals
    case `nil`, `true`, `false`, `self`
    case integer(Int)
    case float(Double)
    /// `"plain"`, `'plain'`, a heredoc or `%q()` without interpolation, adjacent literals joined.
    case string(String)
    /// A string whose escapes make bytes that are not UTF-8, as in `"\xFF"`. Also within an interpolated one.
    case bytes([UInt8])
    /// `"a#{b}c"` and heredocs with interpolation.
    case interpolatedString([StringPart])
    case symbol(String)
    /// `:"a#{b}"`
    case interpolatedSymbol([StringPart])
    /// `/a#{b}/mi`; the flags as written.
    indirect case regexp([StringPart], flags: String)
    /// Backticks and `%x()`.
    case shellString([StringPart])
    /// `[a, *b, c => d]`, `%w[]`, `%i[]`; elements may be `.splat` or `.hash`.
    case array([SyntaxNode])
    case hash([HashElement])
    /// `a..b`, `a...b`, either end may be missing.
    case range(SyntaxNode?, SyntaxNode?, exclusive: Bool)

    // MARK: Names
    /// A name that was assigned before, in this scope.
    case local(String)
    case instanceVariable(String)
    case globalVariable(String)
    case classVariable(String)
    /// `Name`, `scope::Name`; `::Name` has `isTop`.
    indirect case constant(scope: SyntaxNode?, name: String, isTop: Bool)

    // MARK: Calls
    case call(CallNode)
    /// `super` without parentheses or arguments passes the method's own; then `arguments` is nil.
    case superCall(arguments: [SyntaxNode]?, block: BlockNode?)
    case yield([SyntaxNode])
    /// `*value`, in argument lists, array literals, and on either side of an assignment.
    case splat(SyntaxNode?)
    /// `&value`, last in an argument list.
    case blockPass(SyntaxNode?)
    /// `-> (x) { }` and `lambda`-less literal forms.
    case lambda(BlockNode)

    // MARK: Assignment. An attribute is a `.call` without arguments, its name without `=`. Targets are `.local`, variables, `.constant`, `.call` (index or attribute), `.splat`, or
    // `.destructuring` inside a multiple assignment.
    case assign(target: SyntaxNode, value: SyntaxNode)
    /// `a += b`, `a ||= b`: the operator without `=`.
    indirect case operatorAssign(target: SyntaxNode, operator: String, value: SyntaxNode)
    case multipleAssign(targets: [SyntaxNode], value: SyntaxNode)
    /// `(a, b)` nested in a multiple assignment or a block's parameters.
    case destructuring([SyntaxNode])

    // MARK: Control
    case sequence([SyntaxNode])
    case and(SyntaxNode, SyntaxNode)
    case or(SyntaxNode, SyntaxNode)
    /// `!a`, `not a`. `a != b` and `a !~ b` are calls of those names.
    case not(SyntaxNode)
    case defined(SyntaxNode)
    /// `if`, `unless` (branches swapped), ternaries and postfix forms.
    indirect case conditional(condition: SyntaxNode, then: SyntaxNode?, otherwise: SyntaxNode?)
    /// `while` and `until` (condition negated by `.not`); `runsFirst` for `begin … end while`.
    case loop(condition: SyntaxNode, body: SyntaxNode, runsFirst: Bool)
    indirect case forLoop(target: SyntaxNode, sequence: SyntaxNode, body: SyntaxNode)
    indirect case caseWhen(subject: SyntaxNode?, branches: [WhenBranch], otherwise: SyntaxNode?)
    /// `begin … rescue … else … ensure … end`, also around method and block bodies and as postfix `rescue`.
    indirect case begin(body: SyntaxNode, rescues: [RescueClause], otherwise: SyntaxNode?, ensure: SyntaxNode?)
    case `return`(SyntaxNode?)
    case `break`(SyntaxNode?)
    case next(SyntaxNode?)
    case redo, retry

    // MARK: Definitions
    case method(MethodNode)
    indirect case classDefinition(path: SyntaxNode, superclass: SyntaxNode?, body: SyntaxNode)
    /// `class << self`
    case singletonClass(SyntaxNode, body: SyntaxNode)
    case module(path: SyntaxNode, body: SyntaxNode)
    indirect case alias(new: String, old: String)
    case undefine([String])
    /// `__FILE__`, `__method__`, `__dir__`, `__LINE__`
    case magic(String)

    /// Text that could not be parsed; a diagnostic says why. Never in a tree without diagnostics.
    case missing
}

/// A piece of a string with interpolation.
package enum StringPart: Sendable {
    case text(String)
    case code(SyntaxNode)
}

/// An entry of a hash literal or of braceless keyword arguments.
package enum HashElement: Sendable {
    case pair(key: SyntaxNode, value: SyntaxNode)
    /// A pair of plain strings or symbols, as bottle blocks are full of: `cellar: :any`, `"zlib" => :build`.
    case constant(key: ConstantNode, value: ConstantNode)
    /// `**options`
    case doubleSplat(SyntaxNode)
}

/// A plain string or symbol that needs no node of its own.
package struct ConstantNode: Sendable {
    package let text: String
    package let isSymbol: Bool
    package let span: SourceSpan

    /// The node that it would be elsewhere.
    package var node: SyntaxNode { SyntaxNode(isSymbol ? .symbol(text) : .string(text), span) }
}

/// `receiver.name(arguments) { block }`, an operator (`a + b` is `a.+(b)`), an index (`a[b]` is `a.[](b)`), or a bare
/// name that is not a local variable.
///
/// Braceless keyword arguments arrive as one last `.hash` argument with `hasKeywords` set.
package final class CallNode: Sendable {
    package let receiver: SyntaxNode?
    package let name: String
    package let arguments: [SyntaxNode]
    package let block: BlockNode?
    /// `receiver&.name`
    package let isSafe: Bool
    /// A bare name with neither arguments nor parentheses: a variable that was never assigned, or a method.
    package let isBareName: Bool
    package let hasKeywords: Bool

    package init(
        receiver: SyntaxNode?, name: String, arguments: [SyntaxNode] = [], block: BlockNode? = nil,
        isSafe: Bool = false, isBareName: Bool = false, hasKeywords: Bool = false
    ) {
        self.receiver = receiver
        self.name = name
        self.arguments = arguments
        self.block = block
        self.isSafe = isSafe
        self.isBareName = isBareName
        self.hasKeywords = hasKeywords
    }
}

/// `{ |a, (b, c), *d| body }`, `do … end`, or the body of a lambda.
package final class BlockNode: Sendable {
    package let parameters: [ParameterNode]
    private let code: Code
    package let span: SourceSpan
    /// What it says, if it is a bottle block as they usually are.
    let bottle: BottleLines?

    package var body: SyntaxNode { code.node }

    package convenience init(parameters: [ParameterNode], body: SyntaxNode, span: SourceSpan) {
        self.init(parameters: parameters, code: .tree(body), span: span)
    }

    private init(parameters: [ParameterNode], code: Code, span: SourceSpan, bottle: BottleLines? = nil) {
        self.parameters = parameters
        self.code = code
        self.span = span
        self.bottle = bottle
    }

    /// A block that is read already; as code, only if somebody asks.
    convenience init(bottle: BottleLines, body: DeferredBody, span: SourceSpan) {
        self.init(parameters: [], code: .deferred(body), span: span, bottle: bottle)
    }

    /// The same block, its body to be read later.
    func deferred(_ body: DeferredBody) -> BlockNode {
        BlockNode(parameters: parameters, code: .deferred(body), span: span)
    }
}

/// The code of a method or block: a tree, or one that is made when it is asked for.
enum Code: Sendable {
    case tree(SyntaxNode)
    case deferred(DeferredBody)

    var node: SyntaxNode {
        switch self {
        case .tree(let node): node
        case .deferred(let body): body.node
        }
    }
}

/// One parameter of a method, block or lambda.
package struct ParameterNode: Sendable {
    package enum Kind: Sendable {
        case required
        case optional(SyntaxNode)
        case rest
        /// `name:`; without a default it is required.
        case keyword(SyntaxNode?)
        case keywordRest
        case block
        /// `(a, b)`; `name` is empty.
        case destructured(SyntaxNode)
        /// `|a; b|`
        case blockLocal
    }
    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// `def name(parameters) … end`, or `def receiver.name`.
package final class MethodNode: Sendable {
    package let receiver: SyntaxNode?
    package let name: String
    package let parameters: [ParameterNode]
    private let code: Code

    package var body: SyntaxNode { code.node }

    init(receiver: SyntaxNode?, name: String, parameters: [ParameterNode], code: Code) {
        self.receiver = receiver
        self.name = name
        self.parameters = parameters
        self.code = code
    }
}

/// `when a, *b then body`
package struct WhenBranch: Sendable {
    package let conditions: [SyntaxNode]
    package let body: SyntaxNode

    package init(conditions: [SyntaxNode], body: SyntaxNode) {
        self.conditions = conditions
        self.body = body
    }
}

/// `rescue Class, Other => name`; no classes means StandardError.
package struct RescueClause: Sendable {
    package let classes: [SyntaxNode]
    package let target: SyntaxNode?
    package let body: SyntaxNode

    package init(classes: [SyntaxNode], target: SyntaxNode?, body: SyntaxNode) {
        self.classes = classes
        self.target = target
        self.body = body
    }
}

/// A parsed file: its tree, what stands after `__END__`, and what was wrong with it.
package struct SyntaxTree: Sendable {
    package let source: SourceText
    package let root: SyntaxNode
    /// The text after a line `__END__`, for `DATA` and `patch :DATA`.
    package let data: String?
    package let diagnostics: [Diagnostic]

    package init(source: SourceText, root: SyntaxNode, data: String?, diagnostics: [Diagnostic]) {
        self.source = source
        self.root = root
        self.data = data
        self.diagnostics = diagnostics
    }
}
