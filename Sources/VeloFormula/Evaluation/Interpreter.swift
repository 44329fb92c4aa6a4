/// Evaluates the syntax tree of one formula file. Made anew for each evaluation, used by one thread.
final class Interpreter {
    let context: EvaluationContext
    let lookup: any FormulaLookup
    let tree: SyntaxTree
    /// Effects; nil while the class body is evaluated, when there must be none.
    var host: (any FormulaHost)?

    /// `Object`, which top-level definitions belong to.
    let topLevel: ClassBox
    /// The formula class of the file, once it was met.
    var formulaClass: ClassBox?
    /// The formula whose methods run.
    var formula: FormulaObject?

    var folder = "/"
    var environment: [String: String] = [:]
    var globals: [String: Value] = [:]
    var lastMatch: MatchObject?
    var lastStatus: Int = 0
    /// Classes of the language that were asked for, by full name.
    var nativeClasses: [String: ClassBox] = [:]
    /// The file adds methods to classes of the language.
    var hasReopenedClasses = false
    /// Regular expressions without interpolation, by node.
    var regexps: [ObjectIdentifier: RegexpBox] = [:]
    var exceptions: [ExceptionObject] = []
    var baggage = Baggage()
    /// An `on_…` block or helper was met.
    var metPlatformBlock = false
    var randomState: UInt64 = 0x9E37_79B9_7F4A_7C15
    var formulae: [String: FormulaObject] = [:]
    /// `fork` blocks that are running.
    var forks: [ForkedBlock] = []

    private var steps: Int
    private var depth = 0
    private var nesting = 0
    private let depthLimit: Int
    /// Where the evaluation stands, for errors that know no better.
    private(set) var site = SourceSpan(0, 0)

    /// How many expressions may wait for one another: what the stack of any thread holds.
    private static let nestingLimit = 1_500

    init(tree: SyntaxTree, context: EvaluationContext, lookup: any FormulaLookup) {
        self.tree = tree
        self.context = context
        self.lookup = lookup
        steps = context.budget.steps
        depthLimit = context.budget.depth
        topLevel = ClassBox(name: "Object")
    }

    deinit {
        // Classes hold their methods, which hold the scope they were written in, which holds the classes.
        topLevel.dismantle()
        formulaClass?.dismantle()
        for type in nativeClasses.values { type.dismantle() }
    }

    var topFrame: Frame {
        Frame(
            selfValue: .object(MainObject()), activation: Activation(name: "", owner: topLevel),
            lexical: LexicalScope(topLevel, parent: nil))
    }

    /// A frame whose `self` is something else than the file's top level: for calls that Swift starts.
    func frame(for value: Value) -> Frame {
        Frame(
            selfValue: value, activation: Activation(name: "", owner: topLevel),
            lexical: LexicalScope(formulaClass ?? topLevel, parent: LexicalScope(topLevel, parent: nil)))
    }

    /// Counts a step of evaluation.
    @inline(__always)
    func step(_ node: SyntaxNode) throws {
        steps -= 1
        if steps < 0 {
            throw Unwind.refused(
                Refusal(
                    id: "budget.steps", message: "the evaluation did not end after \(context.budget.steps) steps",
                    hint: "look for a loop that never ends", span: node.span))
        }
    }

    /// Runs one level deeper.
    func deeper<Result>(_ span: SourceSpan, _ body: () throws -> Result) throws -> Result {
        guard depth < depthLimit else {
            throw Unwind.refused(
                Refusal(id: "budget.depth", message: "calls are nested more than \(depthLimit) deep", span: span))
        }
        depth += 1
        defer { depth -= 1 }
        return try body()
    }

    func refusal(_ id: String, _ message: String, _ node: SyntaxNode, hint: String? = nil) -> Unwind {
        .refused(Refusal(id: id, message: message, hint: hint, span: node.span))
    }

    func exception(_ className: String, _ message: String, _ span: SourceSpan? = nil) -> Unwind {
        raise(ExceptionObject(className, message, span: span ?? site))
    }

    /// Evaluates an expression.
    func evaluate(_ node: SyntaxNode, _ frame: Frame) throws -> Value {
        try step(node)
        nesting += 1
        defer { nesting -= 1 }
        guard nesting < Self.nestingLimit else {
            throw refusal("budget.depth", "expressions are nested more than \(Self.nestingLimit) deep", node)
        }
        switch node.kind {
        case .nil: return .nil
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .self: return frame.selfValue
        case .integer(let number): return .int(number)
        case .float(let number): return .float(number)
        case .string(let text): return .text(text)
        case .symbol(let text): return .symbol(text)
        case .local(let name): return frame.value(of: name) ?? .nil
        case .call(let call):
            site = node.span
            return try evaluateCall(call, node, frame)
        case .sequence(let nodes):
            var value = Value.nil
            for child in nodes { value = try evaluate(child, frame) }
            return value
        case .assign(let target, let value):
            return try assign(target, evaluate(value, frame), frame)
        case .conditional(let condition, let then, let otherwise):
            let branch = try evaluate(condition, frame).isTruthy ? then : otherwise
            return try branch.map { try evaluate($0, frame) } ?? .nil
        case .and(let left, let right):
            let value = try evaluate(left, frame)
            return value.isTruthy ? try evaluate(right, frame) : value
        case .or(let left, let right):
            let value = try evaluate(left, frame)
            return value.isTruthy ? value : try evaluate(right, frame)
        case .not(let operand): return .bool(!(try evaluate(operand, frame).isTruthy))
        default: return try evaluateLiteral(node, frame)
        }
    }

    private func evaluateLiteral(_ node: SyntaxNode, _ frame: Frame) throws -> Value {
        switch node.kind {
        case .interpolatedString(let parts): return .text(try text(of: parts, frame))
        case .interpolatedSymbol(let parts): return .symbol(try text(of: parts, frame))
        case .regexp(let parts, let flags): return try regexp(node, parts, flags, frame)
        case .shellString(let parts): return .text(try shellOutput(text(of: parts, frame)))
        case .array(let nodes): return .list(try evaluateList(nodes, frame))
        case .hash(let elements): return .hash(try evaluateHash(elements, frame))
        case .range(let lower, let upper, let isExclusive):
            let low = try lower.map { try evaluate($0, frame) } ?? .nil
            let high = try upper.map { try evaluate($0, frame) } ?? .nil
            return .range(RangeBox(low, high, isExclusive: isExclusive))
        case .instanceVariable(let name): return variables(of: frame.selfValue)?.variables[name] ?? .nil
        case .globalVariable(let name): return try global(name, node)
        case .classVariable(let name): return try classVariable(name, node, frame)
        case .constant(let scope, let name, let isTop):
            return try constant(name, scope: scope, isTop: isTop, node, frame)
        case .lambda(let block): return .proc(ProcBox(.code(block, frame), isLambda: true))
        case .splat(let operand):
            return .list(try list(from: operand.map { try evaluate($0, frame) } ?? .nil))
        default: return try evaluateControl(node, frame)
        }
    }

    private func evaluateControl(_ node: SyntaxNode, _ frame: Frame) throws -> Value {
        switch node.kind {
        case .superCall(let arguments, let block): return try callSuper(arguments, block, node, frame)
        case .yield(let arguments): return try evaluateYield(arguments, node, frame)
        case .operatorAssign(let target, let name, let value):
            return try assignWithOperator(target, name, value, node, frame)
        case .multipleAssign(let targets, let value): return try assignSeveral(targets, value, frame)
        case .defined(let operand): return try evaluateDefined(operand, frame)
        case .loop(let condition, let body, let runsFirst):
            return try evaluateLoop(condition, body, runsFirst: runsFirst, frame)
        case .forLoop(let target, let sequence, let body): return try evaluateFor(target, sequence, body, frame)
        case .caseWhen(let subject, let branches, let otherwise):
            return try evaluateCase(subject, branches, otherwise, frame)
        case .begin(let body, let rescues, let otherwise, let ensure):
            return try evaluateBegin(body, rescues, otherwise, ensure, frame)
        case .return(let value):
            throw leave(.returning, try value.map { try evaluate($0, frame) } ?? .nil, activation: frame.activation)
        case .next(let value): throw leave(.next, try value.map { try evaluate($0, frame) } ?? .nil)
        case .break(let value):
            let result = try value.map { try evaluate($0, frame) } ?? .nil
            if frame.loops == 0, let block = frame.block { throw leave(.breaking, result, block: block) }
            throw leave(.loopBreak, result)
        case .redo: throw refusal("unsupported.redo", "`redo` is not supported", node)
        case .retry: throw Unwind.retry
        default: return try evaluateDefinition(node, frame)
        }
    }

    private func evaluateDefinition(_ node: SyntaxNode, _ frame: Frame) throws -> Value {
        switch node.kind {
        case .method(let method): return try define(method, node, frame)
        case .classDefinition(let path, let superclass, let body):
            return try defineClass(path, superclass, body, frame)
        case .singletonClass(let object, let body): return try openSingleton(object, body, node, frame)
        case .module(let path, let body): return try defineModule(path, body, frame)
        case .alias(let new, let old): return try alias(new, old, node, frame)
        case .undefine(let names):
            for name in names { frame.lexical.module.methods[name] = .undefined }
            return .nil
        case .magic(let name): return try magic(name, node, frame)
        case .missing: throw refusal("syntax.missing", "this could not be parsed", node)
        case .splat, .blockPass, .destructuring:
            throw refusal("unsupported.syntax", "this construct is not supported here", node)
        default: throw refusal("unsupported.syntax", "this construct is not supported", node)
        }
    }

    // MARK: Literals

    func text(of parts: [StringPart], _ frame: Frame) throws -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .code(let node): text += try string(of: evaluate(node, frame))
            }
        }
        return text
    }

    /// Elements of an array literal or arguments: splats spread.
    func evaluateList(_ nodes: [SyntaxNode], _ frame: Frame) throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes {
            if case .splat(let operand?) = node.kind {
                values += try list(from: evaluate(operand, frame))
            } else {
                values.append(try evaluate(node, frame))
            }
        }
        return values
    }

    func evaluateHash(_ elements: [HashElement], _ frame: Frame) throws -> HashBox {
        let hash = HashBox()
        hash.reserve(elements.count)
        for element in elements {
            switch element {
            case .pair(let key, let value): hash[try evaluate(key, frame)] = try evaluate(value, frame)
            case .constant(let key, let value):
                hash[key.isSymbol ? .symbol(key.text) : .text(key.text)] =
                    value.isSymbol ? .symbol(value.text) : .text(value.text)
            case .doubleSplat(let operand):
                switch try evaluate(operand, frame) {
                case .hash(let other): for (key, value) in other.pairs { hash[key] = value }
                case .nil: break
                default: throw refusal("unsupported.double-splat", "`**` wants a hash", operand)
                }
            }
        }
        return hash
    }

    private func regexp(_ node: SyntaxNode, _ parts: [StringPart], _ flags: String, _ frame: Frame) throws -> Value {
        let identity = ObjectIdentifier(node)
        if let known = regexps[identity] { return .regexp(known) }
        var source = ""
        var isConstant = true
        for part in parts {
            switch part {
            case .text(let piece): source += piece
            case .code(let code):
                isConstant = false
                let value = try evaluate(code, frame)
                if case .regexp(let inner) = value {
                    source += inner.embeddedSource
                } else {
                    source += try string(of: value)
                }
            }
        }
        do {
            let regexp = try RegexpBox(source, options: RegexpOptions(flags: flags))
            if isConstant { regexps[identity] = regexp }
            return .regexp(regexp)
        } catch let error as RegexpSyntaxError {
            throw refusal(
                "unsupported.regexp", "the regular expression `\(source)` is not understood: \(error.reason)", node)
        }
    }

    private func magic(_ name: String, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        switch name {
        case "__method__": return frame.activation.name.isEmpty ? .nil : .symbol(frame.activation.name)
        case "__FILE__": return .text(formulaPath)
        case "__dir__": return .text(PathText.folder(formulaPath))
        case "__LINE__": return .int(tree.source.position(of: Int(node.span.start)).line)
        default: throw refusal("unsupported.syntax", "`\(name)` is not supported", node)
        }
    }

    /// Where the formula's file would be in an installation.
    var formulaPath: String { context.repository + "/Library/Taps/" + tree.source.name }
}

/// `self` at the top of a file.
final class MainObject: ObjectBox {
    override var displayText: String { "main" }
}
