/// Assignment in all its forms.
extension Interpreter {
    @discardableResult
    func assign(_ target: SyntaxNode, _ value: Value, _ frame: Frame) throws -> Value {
        switch target.kind {
        case .local(let name): frame.assign(name, value)
        case .instanceVariable(let name):
            guard let holder = variables(of: frame.selfValue) else {
                throw refusal("unsupported.assignment", "`\(name)` cannot be kept in this object", target)
            }
            holder.variables[name] = value
        case .globalVariable(let name): globals[name] = value
        case .classVariable(let name): assignClassVariable(name, value, frame)
        case .constant(let scope, let name, _):
            let holder = try scope.map { try classBox(evaluate($0, frame), $0) } ?? frame.lexical.module
            holder.constants[name] = value
        case .call(let call): try assignThroughCall(call, target, value, frame)
        case .destructuring: try destructure(target, value, frame, declares: false)
        case .splat(let inner?): try assign(inner, .list(list(from: value)), frame)
        case .splat(nil): break
        default: throw refusal("unsupported.assignment", "this cannot be assigned to", target)
        }
        return value
    }

    /// `a[i] = v` and `a.b = v`
    private func assignThroughCall(_ call: CallNode, _ node: SyntaxNode, _ value: Value, _ frame: Frame) throws {
        guard let receiver = call.receiver else {
            throw refusal("unsupported.assignment", "this cannot be assigned to", node)
        }
        let object = try evaluate(receiver, frame)
        if call.isSafe, object.isNil { return }
        let arguments = try evaluateList(call.arguments, frame)
        _ = try setter(call, object, arguments, value, node, frame)
    }

    private func setter(
        _ call: CallNode, _ object: Value, _ arguments: [Value], _ value: Value, _ node: SyntaxNode, _ frame: Frame
    ) throws -> Value {
        let request = Call(
            interpreter: self, receiver: object, name: call.name + "=", arguments: arguments + [value],
            hasKeywords: false,
            block: nil, frame: frame, span: node.span)
        return try dispatch(request, isSelfCall: true)
    }

    /// `a += b`, `a ||= b`, `a &&= b`
    func assignWithOperator(
        _ target: SyntaxNode, _ name: String, _ operand: SyntaxNode, _ node: SyntaxNode, _ frame: Frame
    ) throws -> Value {
        guard case .call(let call) = target.kind, let receiver = call.receiver else {
            let current = try currentValue(of: target, frame)
            guard let value = try combined(current, name, operand, node, frame) else { return current }
            return try assign(target, value, frame)
        }
        let object = try evaluate(receiver, frame)
        if call.isSafe, object.isNil { return .nil }
        let arguments = try evaluateList(call.arguments, frame)
        let request = Call(
            interpreter: self, receiver: object, name: call.name, arguments: arguments, hasKeywords: false, block: nil,
            frame: frame, span: node.span)
        let current = try dispatch(request, isSelfCall: false)
        guard let value = try combined(current, name, operand, node, frame) else { return current }
        _ = try setter(call, object, arguments, value, node, frame)
        return value
    }

    /// What is to be assigned, or nil where the old value stays.
    private func combined(
        _ current: Value, _ name: String, _ operand: SyntaxNode, _ node: SyntaxNode, _ frame: Frame
    ) throws -> Value? {
        switch name {
        case "||": return current.isTruthy ? nil : try evaluate(operand, frame)
        case "&&": return current.isTruthy ? try evaluate(operand, frame) : nil
        default:
            let request = Call(
                interpreter: self, receiver: current, name: name, arguments: [try evaluate(operand, frame)],
                hasKeywords: false, block: nil, frame: frame, span: node.span)
            return try dispatch(request, isSelfCall: false)
        }
    }

    private func currentValue(of target: SyntaxNode, _ frame: Frame) throws -> Value {
        switch target.kind {
        case .constant(nil, let name, _): return frame.lexical.module.constants[name] ?? .nil
        case .classVariable(let name): return frame.lexical.module.classVariables[name] ?? .nil
        default: return try evaluate(target, frame)
        }
    }

    /// `a, (b, *c) = value`
    func assignSeveral(_ targets: [SyntaxNode], _ value: SyntaxNode, _ frame: Frame) throws -> Value {
        let result = try evaluate(value, frame)
        try spread(targets, try list(from: result, spreadsHash: false), frame, declares: false)
        return result
    }

    /// The pattern of a block parameter or nested target.
    func destructure(_ pattern: SyntaxNode, _ value: Value, _ frame: Frame, declares: Bool = true) throws {
        guard case .destructuring(let targets) = pattern.kind else {
            try place(pattern, value, frame, declares: declares)
            return
        }
        try spread(targets, try list(from: value, spreadsHash: false), frame, declares: declares)
    }

    private func spread(_ targets: [SyntaxNode], _ values: [Value], _ frame: Frame, declares: Bool) throws {
        let splat = targets.firstIndex {
            if case .splat = $0.kind { return true }
            return false
        }
        let tail = splat.map { targets.count - $0 - 1 } ?? 0
        for (index, target) in targets.enumerated() {
            guard let splat, index >= splat else {
                try place(target, index < values.count ? values[index] : .nil, frame, declares: declares)
                continue
            }
            if index == splat {
                let end = max(splat, values.count - tail)
                let middle = splat < end ? Array(values[splat..<end]) : []
                if case .splat(let inner?) = target.kind { try place(inner, .list(middle), frame, declares: declares) }
            } else {
                let position = max(splat, values.count - tail) + (index - splat - 1)
                try place(target, position < values.count ? values[position] : .nil, frame, declares: declares)
            }
        }
    }

    private func place(_ target: SyntaxNode, _ value: Value, _ frame: Frame, declares: Bool) throws {
        switch target.kind {
        case .local(let name) where declares: frame.declare(name, value)
        case .destructuring: try destructure(target, value, frame, declares: declares)
        case .splat: try spread([target], try list(from: value, spreadsHash: false), frame, declares: declares)
        default: try assign(target, value, frame)
        }
    }

    // MARK: Variables

    /// The object that holds the instance variables of a value.
    func variables(of value: Value) -> ObjectBox? {
        switch value {
        case .object(let object): object
        case .type(let type): type
        default: nil
        }
    }

    func classVariable(_ name: String, _ node: SyntaxNode, _ frame: Frame) throws -> Value {
        for type in frame.lexical.module.ancestors {
            if let value = type.classVariables[name] { return value }
        }
        throw exception("NameError", "uninitialized class variable \(name)", node.span)
    }

    private func assignClassVariable(_ name: String, _ value: Value, _ frame: Frame) {
        let holder = frame.lexical.module.ancestors.first { $0.classVariables[name] != nil } ?? frame.lexical.module
        holder.classVariables[name] = value
    }

    func global(_ name: String, _ node: SyntaxNode) throws -> Value {
        if let value = globals[name] { return value }
        switch name {
        case "$~": return lastMatch.map { .object($0) } ?? .nil
        case "$&": return lastMatch.map { $0.group(0) } ?? .nil
        case "$`": return lastMatch.map { .text($0.before) } ?? .nil
        case "$'": return lastMatch.map { .text($0.after) } ?? .nil
        case "$?", "$CHILD_STATUS": return .object(StatusObject(status: lastStatus))
        case "$!": return exceptions.last.map { .object($0) } ?? .nil
        case "$/": return .text("\n")
        case "$,", "$;": return .nil
        case "$stdout", "$stderr", "$stdin": return .object(StreamObject(name: name))
        case "$PROGRAM_NAME", "$0": return .text("brew")
        case "$LOAD_PATH", "$:", "$LOADED_FEATURES", "$\"": return .list([])
        default:
            if let number = Int(name.dropFirst()) { return lastMatch.map { $0.group(number) } ?? .nil }
            throw refusal("unsupported.global", "the global variable `\(name)` is not supported", node)
        }
    }
}
