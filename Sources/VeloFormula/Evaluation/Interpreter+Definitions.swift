/// `def`, `class`, `module`, `alias`, and constants.
extension Interpreter {
    func define(_ method: MethodNode, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        if let receiver = method.receiver {
            switch try evaluate(receiver, frame) {
            case .type(let type): type.classMethods[method.name] = .code(method, frame.lexical)
            case .object(let object):
                let singleton = object.singleton ?? ClassBox(name: "singleton")
                object.singleton = singleton
                singleton.methods[method.name] = .code(method, frame.lexical)
            default:
                throw refusal("unsupported.definition", "a method cannot be defined on this object", node)
            }
            return .symbol(method.name)
        }
        if let target = frame.definitionTarget {
            target.methods[method.name] = .code(method, frame.lexical)
            return .symbol(method.name)
        }
        let module = frame.lexical.module
        module.methods[method.name] = .code(method, frame.lexical)
        if module.definesModuleFunctions { module.classMethods[method.name] = .code(method, frame.lexical) }
        return .symbol(method.name)
    }

    func alias(_ new: String, _ old: String, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        if new.hasPrefix("$") {
            globals[new] = globals[old] ?? .nil
            return .nil
        }
        let module = frame.lexical.module
        if let (entry, _) = instanceMethod(old, in: module) {
            module.methods[new] = entry
            return .nil
        }
        throw refusal("unsupported.method", "`\(old)` is not a method known here", node)
    }

    func defineClass(_ path: SyntaxNode, _ superclass: SyntaxNode?, _ body: SyntaxNode, _ frame: Frame) throws -> Value
    {
        let (holder, name) = try place(of: path, frame)
        let above = try superclass.map { try classBox(evaluate($0, frame), $0) }
        let type: ClassBox
        if case .type(let known)? = holder.constants[name] {
            type = known
        } else if above == nil, let native = reopenable(name, in: holder) {
            type = native
            hasReopenedClasses = true
        } else {
            type = ClassBox(name: fullName(name, in: holder), superclass: above)
            holder.constants[name] = .type(type)
            if above?.hasAncestor(named: "Formula") ?? false { begin(type) }
        }
        return try evaluateBody(of: type, body, frame)
    }

    /// A class that inherits from Formula starts a formula's draft; the last one in the file is the formula.
    private func begin(_ type: ClassBox) {
        type.draft = type.superclass?.nearestDraft.map { FormulaDraft(inheriting: $0) } ?? FormulaDraft()
        formulaClass = type
    }

    func defineModule(_ path: SyntaxNode, _ body: SyntaxNode, _ frame: Frame) throws -> Value {
        let (holder, name) = try place(of: path, frame)
        let type: ClassBox
        if case .type(let known)? = holder.constants[name] {
            type = known
        } else if let native = reopenable(name, in: holder) {
            type = native
            hasReopenedClasses = true
        } else {
            type = ClassBox(name: fullName(name, in: holder), isModule: true)
            holder.constants[name] = .type(type)
        }
        return try evaluateBody(of: type, body, frame)
    }

    private func reopenable(_ name: String, in holder: ClassBox) -> ClassBox? {
        nativeClass(fullName(name, in: holder))
    }

    private func fullName(_ name: String, in holder: ClassBox) -> String {
        holder === topLevel ? name : "\(holder.name)::\(name)"
    }

    private func place(of path: SyntaxNode, _ frame: Frame) throws -> (ClassBox, String) {
        guard case .constant(let scope, let name, let isTop) = path.kind else {
            throw refusal("unsupported.definition", "a class needs a constant for its name", path)
        }
        if isTop { return (topLevel, name) }
        return (try scope.map { try classBox(evaluate($0, frame), $0) } ?? frame.lexical.module, name)
    }

    private func evaluateBody(of type: ClassBox, _ body: SyntaxNode, _ frame: Frame) throws -> Value {
        let inner = Frame(
            selfValue: .type(type), activation: Activation(name: "", owner: type, isClassMethod: true),
            lexical: LexicalScope(type, parent: frame.lexical))
        return try evaluate(body, inner)
    }

    /// `class << self`: what is defined inside are class methods.
    func openSingleton(_ object: SyntaxNode, _ body: SyntaxNode, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        guard case .type(let type) = try evaluate(object, frame) else {
            throw refusal("unsupported.definition", "`class <<` is supported for classes only", node)
        }
        let holder = ClassBox(name: type.name)
        let inner = Frame(
            selfValue: .type(holder), activation: Activation(name: "", owner: holder),
            lexical: LexicalScope(holder, parent: frame.lexical))
        let value = try evaluate(body, inner)
        type.classMethods.merge(holder.methods) { _, new in new }
        return value
    }

    func classBox(_ value: Value, _ node: SyntaxNode) throws -> ClassBox {
        guard case .type(let type) = value else {
            throw refusal("unsupported.constant", "a class or module is wanted here", node)
        }
        return type
    }

    // MARK: Constants

    func constant(
        _ name: String, scope: SyntaxNode?, isTop: Bool, _ node: SyntaxNode, _ frame: Frame
    ) throws -> Value {
        if let scope {
            let holder = try classBox(evaluate(scope, frame), scope)
            for type in holder.ancestors {
                if let value = type.constants[name] { return value }
            }
            let full = "\(holder.name)::\(name)"
            if let type = nativeClass(full) { return .type(type) }
            if let value = try NativeConstants.value(full, self) { return value }
            throw refusal("unsupported.constant", "`\(full)` is not known", node)
        }
        if !isTop, let value = lexicalConstant(name, frame) { return value }
        if let value = topLevel.constants[name] { return value }
        if let type = nativeClass(name) { return .type(type) }
        if let value = try NativeConstants.value(name, self) { return value }
        if let value = constantMissing(name, frame) { return value }
        throw refusal("unsupported.constant", "`\(name)` is not known", node)
    }

    private func lexicalConstant(_ name: String, _ frame: Frame) -> Value? {
        var next: LexicalScope? = frame.lexical
        while let scope = next {
            if !scope.module.constants.isEmpty, let value = scope.module.constants[name] { return value }
            next = scope.parent
        }
        for type in frame.lexical.module.ancestors {
            if let value = type.constants[name] { return value }
        }
        return nil
    }

    /// Names that are found because a module of the language was included.
    private func constantMissing(_ name: String, _ frame: Frame) -> Value? {
        for type in frame.lexical.module.ancestors where type.native != nil {
            if let found = nativeClass("\(type.name)::\(name)") { return .type(found) }
        }
        return nil
    }

    /// The stand-in for a class of the language.
    func nativeClass(_ name: String) -> ClassBox? {
        if let known = nativeClasses[name] { return known }
        guard let native = NativeClasses.all[name] else { return nil }
        let above = native.superclass.flatMap { $0 == name || $0 == "Object" ? nil : nativeClass($0) }
        let type = ClassBox(name: native.name, isModule: native.isModule, superclass: above, native: native)
        nativeClasses[name] = type
        return type
    }
}
