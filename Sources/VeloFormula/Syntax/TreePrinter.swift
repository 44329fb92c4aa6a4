/// A stable text of a tree, a node a line, for tests and for people who look at what the parser made of a formula.
package struct TreePrinter {
    private var lines: [String] = []
    private var depth = 0

    /// The tree, what stands after `__END__`, and the diagnostics.
    package static func text(of tree: SyntaxTree) -> String {
        var printer = TreePrinter()
        printer.print(tree.root)
        if let data = tree.data { printer.line("data " + quoted(data)) }
        let diagnostics = tree.diagnostics.map { $0.rendered(in: tree.source) }
        return (printer.lines + diagnostics).joined(separator: "\n") + "\n"
    }

    /// One node and what is under it.
    package static func text(of node: SyntaxNode) -> String {
        var printer = TreePrinter()
        printer.print(node)
        return printer.lines.joined(separator: "\n") + "\n"
    }

    private init() {}

    // MARK: Lines

    private mutating func line(_ text: String) { lines.append(String(repeating: "  ", count: depth) + text) }

    /// A head, and under it the children that there are.
    private mutating func branch(_ head: String, _ children: SyntaxNode?...) {
        branch(head, children)
    }

    private mutating func branch(_ head: String, _ children: [SyntaxNode?]) {
        line(head)
        depth += 1
        for child in children { if let child { print(child) } }
        depth -= 1
    }

    /// A child by its role; left out if it is missing.
    private mutating func role(_ name: String, _ child: SyntaxNode?) {
        guard let child else { return }
        depth += 1
        branch(name, child)
        depth -= 1
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20: result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    // MARK: Nodes

    private mutating func print(_ node: SyntaxNode) {
        switch node.kind {
        case .call(let call): print(call)
        case .method(let method): print(method)
        case .lambda(let block): print("lambda", block)
        default:
            if printLeaf(node.kind) || printLiteral(node.kind) || printAssignment(node.kind) { return }
            printControl(node.kind)
        }
    }

    /// Nodes without children.
    private mutating func printLeaf(_ kind: SyntaxKind) -> Bool {
        switch kind {
        case .nil: line("nil")
        case .true: line("true")
        case .false: line("false")
        case .self: line("self")
        case .integer(let value): line("integer \(value)")
        case .float(let value): line("float \(value)")
        case .string(let text): line("string " + Self.quoted(text))
        case .bytes(let bytes): line("bytes " + bytes.map { String($0, radix: 16) }.joined(separator: " "))
        case .symbol(let name): line("symbol " + Self.quoted(name))
        case .local(let name): line("local \(name)")
        case .instanceVariable(let name), .globalVariable(let name), .classVariable(let name): line("variable \(name)")
        case .magic(let name): line("magic \(name)")
        case .alias(let new, let old): line("alias \(new) \(old)")
        case .undefine(let names): line("undef " + names.joined(separator: " "))
        case .redo: line("redo")
        case .retry: line("retry")
        case .missing: line("missing")
        default: return false
        }
        return true
    }

    private mutating func printLiteral(_ kind: SyntaxKind) -> Bool {
        switch kind {
        case .interpolatedString(let parts): print("interpolated string", parts)
        case .interpolatedSymbol(let parts): print("interpolated symbol", parts)
        case .regexp(let parts, let flags): print(flags.isEmpty ? "regexp" : "regexp \(flags)", parts)
        case .shellString(let parts): print("shell", parts)
        case .array(let elements): branch("array", elements)
        case .hash(let elements): print("hash", elements)
        case .range(let low, let high, let isExclusive):
            line(isExclusive ? "range exclusive" : "range")
            role("from", low)
            role("to", high)
        case .constant(let scope, let name, let isTop): branch("constant \(isTop ? "::" : "")\(name)", scope)
        case .splat(let value): branch("splat", value)
        case .blockPass(let value): branch("block pass", value)
        default: return false
        }
        return true
    }

    private mutating func print(_ head: String, _ parts: [StringPart]) {
        line(head)
        depth += 1
        for part in parts {
            switch part {
            case .text(let text): line(Self.quoted(text))
            case .code(let node): branch("code", node)
            }
        }
        depth -= 1
    }

    private mutating func print(_ head: String, _ elements: [HashElement]) {
        line(head)
        depth += 1
        for element in elements {
            switch element {
            case .pair(let key, let value): branch("pair", key, value)
            case .constant(let key, let value): branch("pair", key.node, value.node)
            case .doubleSplat(let node): branch("double splat", node)
            }
        }
        depth -= 1
    }

    private mutating func printAssignment(_ kind: SyntaxKind) -> Bool {
        switch kind {
        case .assign(let target, let value): branch("assign", target, value)
        case .operatorAssign(let target, let name, let value): branch("assign \(name)", target, value)
        case .multipleAssign(let targets, let value):
            line("assign several")
            for target in targets { role("target", target) }
            role("value", value)
        case .destructuring(let targets): branch("destructuring", targets)
        default: return false
        }
        return true
    }
}

// MARK: Calls and control

extension TreePrinter {
    private mutating func print(_ call: CallNode) {
        var head = "call \(call.name)"
        if call.isSafe { head += " safe" }
        if call.isBareName { head += " bare" }
        if call.hasKeywords { head += " keywords" }
        line(head)
        role("receiver", call.receiver)
        depth += 1
        for argument in call.arguments { print(argument) }
        if let block = call.block { print("block", block) }
        depth -= 1
    }

    private mutating func print(_ head: String, _ block: BlockNode) {
        line(head)
        depth += 1
        for parameter in block.parameters { print(parameter) }
        branch("body", block.body)
        depth -= 1
    }

    private mutating func print(_ method: MethodNode) {
        line("def \(method.name)")
        role("receiver", method.receiver)
        depth += 1
        for parameter in method.parameters { print(parameter) }
        branch("body", method.body)
        depth -= 1
    }

    private mutating func print(_ parameter: ParameterNode) {
        let name = parameter.name.isEmpty ? "" : " \(parameter.name)"
        switch parameter.kind {
        case .required: line("required" + name)
        case .optional(let value): branch("optional" + name, value)
        case .rest: line("rest" + name)
        case .keyword(let value): branch("keyword" + name, value)
        case .keywordRest: line("keyword rest" + name)
        case .block: line("block" + name)
        case .destructured(let node): branch("destructured", node)
        case .blockLocal: line("block local" + name)
        }
    }

    private mutating func printControl(_ kind: SyntaxKind) {
        switch kind {
        case .sequence(let nodes): branch("sequence", nodes)
        case .and(let left, let right): branch("and", left, right)
        case .or(let left, let right): branch("or", left, right)
        case .not(let operand): branch("not", operand)
        case .defined(let operand): branch("defined", operand)
        case .conditional(let condition, let then, let otherwise):
            branch("if", condition)
            role("then", then)
            role("else", otherwise)
        case .loop(let condition, let body, let runsFirst):
            branch(runsFirst ? "do while" : "while", condition)
            role("body", body)
        case .forLoop(let target, let sequence, let body):
            branch("for", target, sequence)
            role("body", body)
        case .caseWhen(let subject, let branches, let otherwise): printCase(subject, branches, otherwise)
        case .begin(let body, let rescues, let otherwise, let ensure): printBegin(body, rescues, otherwise, ensure)
        case .return(let value): branch("return", value)
        case .break(let value): branch("break", value)
        case .next(let value): branch("next", value)
        case .yield(let arguments): branch("yield", arguments)
        case .superCall(let arguments, let block):
            branch(arguments == nil ? "super with the same" : "super", arguments ?? [])
            depth += 1
            if let block { print("block", block) }
            depth -= 1
        default: printDefinition(kind)
        }
    }

    private mutating func printCase(_ subject: SyntaxNode?, _ branches: [WhenBranch], _ otherwise: SyntaxNode?) {
        branch("case", subject)
        depth += 1
        for item in branches {
            branch("when", item.conditions)
            role("body", item.body)
        }
        depth -= 1
        role("else", otherwise)
    }

    private mutating func printBegin(
        _ body: SyntaxNode, _ rescues: [RescueClause], _ otherwise: SyntaxNode?, _ ensure: SyntaxNode?
    ) {
        branch("begin", body)
        depth += 1
        for clause in rescues {
            branch("rescue", clause.classes)
            role("target", clause.target)
            role("body", clause.body)
        }
        depth -= 1
        role("else", otherwise)
        role("ensure", ensure)
    }

    private mutating func printDefinition(_ kind: SyntaxKind) {
        switch kind {
        case .classDefinition(let path, let superclass, let body):
            branch("class", path)
            role("superclass", superclass)
            role("body", body)
        case .singletonClass(let object, let body):
            branch("singleton class", object)
            role("body", body)
        case .module(let path, let body):
            branch("module", path)
            role("body", body)
        default: break
        }
    }
}
