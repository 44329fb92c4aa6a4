/// A call on its way to a native method.
struct Call {
    let interpreter: Interpreter
    let receiver: Value
    let name: String
    /// Keyword arguments are a hash at the end, then `hasKeywords`.
    var arguments: [Value]
    var hasKeywords: Bool
    let block: ProcBox?
    /// The caller's frame.
    let frame: Frame
    let span: SourceSpan

    var count: Int { arguments.count }

    /// An argument, or nil's value where there is none.
    subscript(index: Int) -> Value { index < arguments.count ? arguments[index] : .nil }

    /// The keyword arguments, if any.
    var keywords: HashBox? {
        guard hasKeywords, case .hash(let box)? = arguments.last else { return nil }
        return box
    }

    /// The arguments without the keywords.
    var positional: [Value] { hasKeywords ? arguments.dropLast() : arguments }

    func keyword(_ name: String) -> Value? { keywords?[symbol: name] }

    func keywordText(_ name: String) throws -> String? {
        guard let value = keyword(name), !value.isNil else { return nil }
        return try interpreter.string(of: value)
    }

    /// The characters of a string, symbol or path argument.
    func text(_ index: Int) throws -> String {
        guard index < arguments.count else { throw wrongCount() }
        if let text = arguments[index].characters { return text }
        throw raising(
            "TypeError", "no implicit conversion of \(interpreter.className(of: arguments[index])) into String")
    }

    func optionalText(_ index: Int) throws -> String? {
        index < arguments.count && !arguments[index].isNil ? try text(index) : nil
    }

    func integer(_ index: Int) throws -> Int {
        guard index < arguments.count else { throw wrongCount() }
        if let number = arguments[index].integer { return number }
        throw raising(
            "TypeError", "no implicit conversion of \(interpreter.className(of: arguments[index])) into Integer")
    }

    func list(_ index: Int) throws -> [Value] {
        guard index < arguments.count else { throw wrongCount() }
        return try interpreter.list(from: arguments[index])
    }

    func needBlock() throws -> ProcBox {
        guard let block else { throw raising("LocalJumpError", "no block given (yield)") }
        return block
    }

    /// Calls the block.
    func yield(_ values: Value...) throws -> Value { try interpreter.call(needBlock(), values) }

    func yields(_ values: Value...) throws -> Bool { try interpreter.call(needBlock(), values).isTruthy }

    /// All arguments as texts, arrays flattened: how commands and file operations take theirs.
    func texts(from start: Int = 0) throws -> [String] {
        try interpreter.flattened(Array(positional.dropFirst(start))).map { try interpreter.string(of: $0) }
    }

    func wrongCount() -> Unwind {
        raising("ArgumentError", "wrong number of arguments (given \(arguments.count)) for `\(name)`")
    }

    func raising(_ className: String, _ message: String) -> Unwind {
        interpreter.raise(ExceptionObject(className, message, span: span))
    }

    func refusing(_ id: String, _ message: String, hint: String? = nil) -> Unwind {
        .refused(Refusal(id: id, message: message, hint: hint, span: span))
    }

    /// For a known name with arguments that are not understood.
    func unsupported(_ what: String) -> Unwind {
        refusing("unsupported.argument", "`\(name)` with \(what) is not supported")
    }

    /// The same call of another object's method.
    func on(_ receiver: Value) -> Call {
        Call(
            interpreter: interpreter, receiver: receiver, name: name, arguments: arguments, hasKeywords: hasKeywords,
            block: block, frame: frame, span: span)
    }

    /// The same call with other arguments.
    func with(_ arguments: [Value], hasKeywords: Bool = false) -> Call {
        var copy = self
        copy.arguments = arguments
        copy.hasKeywords = hasKeywords
        return copy
    }
}
