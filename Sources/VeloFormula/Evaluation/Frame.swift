/// Where names are looked up: the class or module that a piece of code stands in, and those around it.
final class LexicalScope {
    let module: ClassBox
    let parent: LexicalScope?

    init(_ module: ClassBox, parent: LexicalScope?) {
        self.module = module
        self.parent = parent
    }
}

/// A running method; its blocks share it.
final class Activation {
    let name: String
    /// The class that holds the method, for `super`.
    let owner: ClassBox?
    let isClassMethod: Bool
    let arguments: [Value]
    let hasKeywords: Bool
    let block: ProcBox?

    init(
        name: String, owner: ClassBox?, isClassMethod: Bool = false, arguments: [Value] = [], hasKeywords: Bool = false,
        block: ProcBox? = nil
    ) {
        self.name = name
        self.owner = owner
        self.isClassMethod = isClassMethod
        self.arguments = arguments
        self.hasKeywords = hasKeywords
        self.block = block
    }
}

/// The local variables of a method, class body or block, with the self they run under.
final class Frame {
    let selfValue: Value
    let activation: Activation
    let lexical: LexicalScope
    /// The frame around a block; its variables are visible here.
    let parent: Frame?
    /// Where `def` puts methods when it is not the lexical module (`class_eval`).
    let definitionTarget: ClassBox?
    /// The block that runs in this frame, for `break`.
    var block: ProcBox?
    /// How many `while` loops of this frame are running, for `break`.
    var loops = 0
    /// What a block without parameters was given: `_1`, `it`.
    var implicitArguments: [Value] = []
    private var names: [String] = []
    private var values: [Value] = []

    init(
        selfValue: Value, activation: Activation, lexical: LexicalScope, parent: Frame? = nil,
        definitionTarget: ClassBox? = nil
    ) {
        self.selfValue = selfValue
        self.activation = activation
        self.lexical = lexical
        self.parent = parent
        self.definitionTarget = definitionTarget
    }

    func value(of name: String) -> Value? {
        var frame = self
        while true {
            if let index = frame.names.lastIndex(of: name) { return frame.values[index] }
            guard let parent = frame.parent else { return nil }
            frame = parent
        }
    }

    /// Assigns where the variable is, or declares it here.
    func assign(_ name: String, _ value: Value) {
        var frame = self
        while true {
            if let index = frame.names.lastIndex(of: name) {
                frame.values[index] = value
                return
            }
            guard let parent = frame.parent else { break }
            frame = parent
        }
        declare(name, value)
    }

    /// Declares here, hiding what is around.
    func declare(_ name: String, _ value: Value) {
        if let index = names.lastIndex(of: name) {
            values[index] = value
        } else {
            names.append(name)
            values.append(value)
        }
    }
}
