/// Calls: evaluating what is passed, finding the method, running it.
extension Interpreter {
    func evaluateCall(_ call: CallNode, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        var receiver = frame.selfValue
        var isSelfCall = true
        if let target = call.receiver {
            receiver = try evaluate(target, frame)
            if call.isSafe, receiver.isNil { return .nil }
            if case .self = target.kind {} else { isSelfCall = false }
        } else if call.isBareName, let value = implicitArgument(call.name, frame) {
            return value
        }
        var block = call.block.map { ProcBox(.code($0, frame)) }
        let arguments: [Value]
        if call.arguments.isEmpty {
            arguments = []
        } else {
            arguments = try evaluateArguments(call.arguments, frame, &block)
        }
        let hasKeywords = call.hasKeywords && lastIsHash(arguments)
        let request = Call(
            interpreter: self, receiver: receiver, name: call.name, arguments: arguments, hasKeywords: hasKeywords,
            block: block, frame: frame, span: node.span)
        guard let block, call.block != nil else { return try dispatch(request, isSelfCall: isSelfCall) }
        do {
            return try dispatch(request, isSelfCall: isSelfCall)
        } catch Unwind.breaking where baggage.block === block {
            return baggage.value
        }
    }

    private func lastIsHash(_ arguments: [Value]) -> Bool {
        if case .hash? = arguments.last { return true }
        return false
    }

    /// `_1`, `_2` and `it` in a block without parameters.
    private func implicitArgument(_ name: String, _ frame: Frame) -> Value? {
        let index: Int
        switch name {
        case "_1", "it": index = 0
        case "_2": index = 1
        default: return nil
        }
        var next: Frame? = frame
        while let current = next {
            if index < current.implicitArguments.count {
                if index == 0, name == "_1", current.implicitArguments.count == 1 {
                    return current.implicitArguments[0]
                }
                return current.implicitArguments[index]
            }
            next = current.parent
        }
        return nil
    }

    private func evaluateArguments(_ nodes: [SyntaxNode], _ frame: Frame, _ block: inout ProcBox?) throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes {
            switch node.kind {
            case .splat(let operand):
                let value = try operand.map { try evaluate($0, frame) } ?? .list(frame.activation.arguments)
                values += try list(from: value)
            case .blockPass(let operand):
                guard let operand else {
                    block = frame.activation.block
                    continue
                }
                block = try proc(from: evaluate(operand, frame), operand)
            default: values.append(try evaluate(node, frame))
            }
        }
        return values
    }

    /// What `&value` passes.
    private func proc(from value: Value, _ node: SyntaxNode) throws -> ProcBox? {
        switch value {
        case .nil: return nil
        case .proc(let proc): return proc
        case .symbol(let name):
            return ProcBox(
                .native { call in
                    guard let receiver = call.arguments.first else {
                        throw call.raising("ArgumentError", "no receiver given")
                    }
                    return try call.interpreter.send(receiver, name, Array(call.arguments.dropFirst()))
                })
        case .object(let method as MethodObject): return method.proc
        default: throw refusal("unsupported.block-argument", "`&` wants a block, a symbol or a method", node)
        }
    }

    // MARK: Finding

    /// Calls a method by name, as Swift code does.
    func send(
        _ receiver: Value, _ name: String, _ arguments: [Value] = [], hasKeywords: Bool = false, block: ProcBox? = nil
    ) throws -> Value {
        let call = Call(
            interpreter: self, receiver: receiver, name: name, arguments: arguments, hasKeywords: hasKeywords,
            block: block,
            frame: frame(for: receiver), span: site)
        return try dispatch(call, isSelfCall: true)
    }

    func dispatch(_ call: Call, isSelfCall: Bool) throws -> Value {
        if let (entry, owner, isClassMethod) = method(named: call.name, of: call.receiver) {
            return try invoke(entry, owner: owner, isClassMethod: isClassMethod, call)
        }
        if let native = nativeMethod(named: call.name, of: call.receiver) { return try native(call) }
        if isSelfCall || call.name == "send" || call.name == "public_send" {
            if let native = KernelMethods.table[call.name] { return try native(call) }
            if let entry = topLevel.methods[call.name] {
                return try invoke(entry, owner: topLevel, isClassMethod: false, call)
            }
        }
        return try missing(call, isSelfCall: isSelfCall)
    }

    private func missing(_ call: Call, isSelfCall: Bool) throws -> Value {
        if let (entry, owner, isClassMethod) = method(named: "method_missing", of: call.receiver) {
            return try invoke(
                entry, owner: owner, isClassMethod: isClassMethod, call.with([.symbol(call.name)] + call.arguments))
        }
        if let value = try dynamicValue(call) { return value }
        if call.receiver.isNil {
            throw call.raising("NoMethodError", "undefined method `\(call.name)' for nil:NilClass")
        }
        let kind = className(of: call.receiver)
        let owner = isSelfCall ? "here" : "for \(kind)"
        throw call.refusing(
            "unsupported.method", "`\(call.name)` is not a method known \(owner)", hint: hint(for: call))
    }

    /// A method that the file defines, with the class that holds it.
    func method(named name: String, of value: Value) -> (MethodEntry, ClassBox, Bool)? {
        switch value {
        case .object(let object):
            if let singleton = object.singleton, let entry = singleton.methods[name] {
                return (entry, singleton, false)
            }
            guard let userClass = object.userClass, let (entry, owner) = instanceMethod(name, in: userClass) else {
                break
            }
            if case .undefined = entry { return nil }
            return (entry, owner, false)
        case .type(let type):
            guard let (entry, owner) = classMethod(name, in: type) else { return nil }
            return (entry, owner, true)
        default: break
        }
        guard hasReopenedClasses else { return nil }
        for ancestor in nativeAncestors(of: value) {
            if let type = nativeClasses[ancestor], let entry = type.methods[name] { return (entry, type, false) }
        }
        return nil
    }

    /// A method for instances of a class, looking up its ancestors.
    func instanceMethod(_ name: String, in type: ClassBox) -> (MethodEntry, ClassBox)? {
        var next: ClassBox? = type
        while let current = next {
            if !current.methods.isEmpty, let entry = current.methods[name] { return (entry, current) }
            if let native = current.native?.instance[name] { return (.native(native), current) }
            for module in current.included.reversed() {
                if let found = instanceMethod(name, in: module) { return found }
            }
            next = current.superclass
        }
        return nil
    }

    /// A method for the class itself.
    func classMethod(_ name: String, in type: ClassBox) -> (MethodEntry, ClassBox)? {
        var next: ClassBox? = type
        while let current = next {
            if !current.classMethods.isEmpty, let entry = current.classMethods[name] { return (entry, current) }
            if !current.extended.isEmpty {
                for module in current.extended.reversed() {
                    if let found = instanceMethod(name, in: module) { return found }
                }
            }
            if let native = current.native?.statics[name] { return (.native(native), current) }
            next = current.superclass
        }
        return nil
    }

    func nativeMethod(named name: String, of value: Value) -> NativeMethod? {
        let own: MethodTable
        switch value {
        case .nil: own = NilMethods.table
        case .bool: own = .empty
        case .int, .float: own = NumberMethods.table
        case .symbol: own = SymbolMethods.table
        case .string: own = StringMethods.table
        case .array: own = ArrayMethods.table
        case .hash: own = HashMethods.table
        case .range: own = RangeMethods.table
        case .regexp: own = RegexpMethods.table
        case .proc: own = ProcMethods.table
        case .path: own = PathnameMethods.table
        case .type: own = ClassMethods.table
        case .object(let object): own = object.nativeMethods
        }
        return own[name] ?? ObjectMethods.table[name]
    }

    func responds(_ value: Value, to name: String) -> Bool {
        method(named: name, of: value) != nil || nativeMethod(named: name, of: value) != nil
    }

    /// The method that was meant, if one is called nearly the same.
    private func hint(for call: Call) -> String? {
        var names: [String]
        switch call.receiver {
        case .type(let type):
            names = Array(type.classMethods.keys)
            var next: ClassBox? = type
            while let current = next {
                names += current.native.map { Array($0.statics.entries.keys) } ?? []
                next = current.superclass
            }
        case .object(let object): names = Array(object.nativeMethods.entries.keys)
        case .string: names = Array(StringMethods.table.entries.keys)
        case .array: names = Array(ArrayMethods.table.entries.keys)
        case .path: names = Array(PathnameMethods.table.entries.keys)
        default: names = []
        }
        return NearestNames.to(call.name, among: names.sorted()).first.map { "did you mean `\($0)`?" }
    }

    /// What no table of methods has: a field of an OpenStruct, or a method that another formula's file defines.
    private func dynamicValue(_ call: Call) throws -> Value? {
        guard case .object(let object) = call.receiver else { return nil }
        switch object {
        case let record as OpenStructObject:
            guard call.name.hasSuffix("=") else { return record.fields[symbol: call.name] }
            record.fields[.symbol(String(call.name.dropLast()))] = call[0]
            return call[0]
        case let other as FormulaObject where !other.isOwn: return try other.callOwnMethod(call)
        default: return nil
        }
    }

    // MARK: Running

    func invoke(_ entry: MethodEntry, owner: ClassBox, isClassMethod: Bool, _ call: Call) throws -> Value {
        switch entry {
        case .native(let native): return try native(call)
        case .reader(let name): return variables(of: call.receiver)?.variables[name] ?? .nil
        case .writer(let name):
            variables(of: call.receiver)?.variables[name] = call[0]
            return call[0]
        case .proc(let proc):
            return try self.call(
                proc, call.arguments, hasKeywords: call.hasKeywords, selfValue: call.receiver, block: call.block,
                asMethod: call.name)
        case .code(let method, let scope):
            return try run(method, scope, owner: owner, isClassMethod: isClassMethod, call)
        case .undefined: return try missing(call, isSelfCall: true)
        }
    }

    private func run(
        _ method: MethodNode, _ scope: LexicalScope, owner: ClassBox, isClassMethod: Bool, _ call: Call
    ) throws -> Value {
        let activation = Activation(
            name: method.name, owner: owner, isClassMethod: isClassMethod, arguments: call.arguments,
            hasKeywords: call.hasKeywords, block: call.block)
        let frame = Frame(selfValue: call.receiver, activation: activation, lexical: scope)
        return try deeper(call.span) {
            try bind(method.parameters, call.arguments, call.hasKeywords, call.block, frame, isStrict: true, call.span)
            do {
                return try evaluate(method.body, frame)
            } catch Unwind.returning where baggage.activation === activation {
                return baggage.value
            }
        }
    }

    /// Calls a block or lambda; with `selfValue`, as `instance_exec` does.
    func call(
        _ proc: ProcBox, _ arguments: [Value], hasKeywords: Bool = false, selfValue: Value? = nil,
        block: ProcBox? = nil,
        definitionTarget: ClassBox? = nil, asMethod: String? = nil
    ) throws -> Value {
        guard case .code(let code, let outer) = proc.body else {
            guard case .native(let native) = proc.body else { return .nil }
            return try native(
                Call(
                    interpreter: self, receiver: selfValue ?? .nil, name: "call", arguments: arguments,
                    hasKeywords: hasKeywords, block: block, frame: topFrame, span: site))
        }
        var activation = outer.activation
        if let asMethod {
            activation = Activation(name: asMethod, owner: outer.lexical.module, arguments: arguments, block: block)
        }
        let frame = Frame(
            selfValue: selfValue ?? outer.selfValue, activation: activation, lexical: outer.lexical, parent: outer,
            definitionTarget: definitionTarget)
        frame.block = proc
        return try deeper(code.span) {
            if code.parameters.isEmpty {
                frame.implicitArguments = arguments
            } else {
                try bind(
                    code.parameters, arguments, hasKeywords, block, frame, isStrict: proc.isLambda || asMethod != nil,
                    code.span)
            }
            do {
                return try evaluate(code.body, frame)
            } catch Unwind.next {
                return baggage.value
            } catch Unwind.returning where (proc.isLambda || asMethod != nil) && baggage.activation === activation {
                return baggage.value
            } catch Unwind.breaking where proc.isLambda && baggage.block === proc {
                return baggage.value
            }
        }
    }

    func evaluateYield(_ arguments: [SyntaxNode], _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        guard let block = frame.activation.block else {
            throw exception("LocalJumpError", "no block given (yield)", node.span)
        }
        return try call(block, evaluateList(arguments, frame))
    }

    func callSuper(_ arguments: [SyntaxNode]?, _ block: BlockNode?, _ node: SyntaxNode, _ frame: Frame) throws -> Value
    {
        let activation = frame.activation
        var passed = block.map { ProcBox(.code($0, frame)) } ?? activation.block
        let values = try arguments.map { try evaluateArguments($0, frame, &passed) } ?? activation.arguments
        var hasKeywords = activation.hasKeywords
        if let arguments {
            hasKeywords = false
            if case .hash? = arguments.last?.kind { hasKeywords = true }
        }
        let call = Call(
            interpreter: self, receiver: frame.selfValue, name: activation.name, arguments: values,
            hasKeywords: hasKeywords, block: passed, frame: frame, span: node.span)
        guard let owner = activation.owner else { return try missing(call, isSelfCall: true) }
        if activation.isClassMethod {
            if let above = owner.superclass, let (entry, holder) = classMethod(activation.name, in: above) {
                return try invoke(entry, owner: holder, isClassMethod: true, call)
            }
        } else {
            for module in owner.included.reversed() {
                if let (entry, holder) = instanceMethod(activation.name, in: module) {
                    return try invoke(entry, owner: holder, isClassMethod: false, call)
                }
            }
            if let above = owner.superclass, let (entry, holder) = instanceMethod(activation.name, in: above) {
                return try invoke(entry, owner: holder, isClassMethod: false, call)
            }
        }
        if let native = nativeMethod(named: activation.name, of: frame.selfValue) { return try native(call) }
        if activation.name == "initialize" { return .nil }
        return try missing(call, isSelfCall: true)
    }
}

/// `method(:name)`
final class MethodObject: ObjectBox {
    let proc: ProcBox
    init(proc: ProcBox) { self.proc = proc }
    override var nativeClassName: String { "Method" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("call", "()", "===", "[]") { call in
            guard case .object(let object as MethodObject) = call.receiver else { return .nil }
            return try call.interpreter.call(
                object.proc, call.arguments, hasKeywords: call.hasKeywords, block: call.block)
        }
        table.define("to_proc") { call in
            guard case .object(let object as MethodObject) = call.receiver else { return .nil }
            return .proc(object.proc)
        }
    }
}
