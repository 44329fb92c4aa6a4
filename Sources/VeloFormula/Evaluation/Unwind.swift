/// How control leaves an expression other than by a value.
///
/// An error must be `Sendable` and values are not, so what travels along is in the interpreter's `Baggage`.
enum Unwind: Error {
    case raised
    /// It cannot go on: something unknown, or a budget spent. Formulae cannot rescue it.
    case refused(Refusal)
    case breaking
    case loopBreak
    case next
    case returning
    case thrown
    case retry
    /// `exit`
    case exit(Int)
}

/// What an `Unwind` on its way takes along. One is under way at a time.
struct Baggage {
    /// The result of `break`, `next`, `return`, `throw`.
    var value = Value.nil
    /// The block that `break` leaves.
    var block: ProcBox?
    /// The method that `return` leaves.
    var activation: Activation?
    /// What `throw` names.
    var tag = Value.nil
    var exception: ExceptionObject?
}

/// Why evaluation stopped: becomes a diagnostic.
struct Refusal: Error {
    /// Stable: `unsupported.method`, `budget.steps`.
    let id: String
    let message: String
    var hint: String?
    var span: SourceSpan?
}

extension Interpreter {
    /// Raises an exception.
    func raise(_ exception: ExceptionObject) -> Unwind {
        baggage.exception = exception
        return .raised
    }

    func leave(_ unwind: Unwind, _ value: Value, block: ProcBox? = nil, activation: Activation? = nil) -> Unwind {
        baggage.value = value
        baggage.block = block
        baggage.activation = activation
        return unwind
    }
}
