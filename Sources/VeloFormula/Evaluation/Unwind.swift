/// How control leaves an expression other than by a value.
enum Unwind: Error {
    case raised(ExceptionObject)
    /// It cannot go on: something unknown, or a budget spent. Formulae cannot rescue it.
    case refused(Refusal)
    case breaking(from: ProcBox, Value)
    case next(Value)
    case returning(from: Activation, Value)
    case thrown(tag: Value, Value)
    case retry
    case redo
    case loopBreak(Value)
    /// `exit`
    case exit(Int)
}

/// Why evaluation stopped: becomes a diagnostic.
struct Refusal: Error {
    /// Stable: `unsupported.method`, `budget.steps`.
    let id: String
    let message: String
    var hint: String?
    var span: SourceSpan?
}
