import VeloSystem

/// A formula that cannot be understood, or whose method ended in an error: by file, line and construct.
package struct FormulaProblem: Problem {
    package let source: SourceText
    /// At least one.
    package let diagnostics: [Diagnostic]
    /// The command that failed, where that was it.
    package let failedCommand: FailedCommand?

    package struct FailedCommand: Sendable, Equatable {
        package let arguments: [String]
        package let status: Int
        package let folder: String
    }

    package init(source: SourceText, diagnostics: [Diagnostic], failedCommand: FailedCommand? = nil) {
        self.source = source
        self.diagnostics = diagnostics
        self.failedCommand = failedCommand
    }

    package var summary: String {
        guard let first = diagnostics.first else { return "`\(source.name)` cannot be evaluated" }
        let line = source.position(of: Int(first.span.start)).line
        let more = diagnostics.count > 1 ? " (and \(diagnostics.count - 1) more)" : ""
        return "`\(source.name)`, line \(line): \(first.message)\(more)"
    }

    package var hints: [String] { diagnostics.compactMap(\.hint) }

    /// All diagnostics with their lines and carets.
    package var rendered: String { diagnostics.map { $0.rendered(in: source) }.joined(separator: "\n") }
}

extension Interpreter {
    /// What left the evaluation, as a problem for the formula's author.
    func problem(for error: any Error) -> FormulaProblem {
        switch error {
        case let problem as FormulaProblem: return problem
        case Unwind.refused(let refusal):
            return problem(refusal.id, refusal.message, refusal.span, hint: refusal.hint)
        case Unwind.raised:
            return baggage.exception.map { problem(for: $0) }
                ?? problem("exception.unknown", "an exception was raised", nil)
        case let error as HostError:
            return problem("exception.\(error.code.rawValue)", "\(error.code.rawValue): \(error.message)", nil)
        case Unwind.exit(let status): return problem("exception.exit", "`exit` with status \(status)", nil)
        case Unwind.thrown:
            return problem("exception.throw", "nothing catches \((try? inspect(baggage.tag)) ?? "what is thrown")", nil)
        case Unwind.breaking, Unwind.loopBreak, Unwind.next, Unwind.returning, Unwind.retry:
            return problem("exception.jump", "a jump that leads nowhere", nil)
        default: return problem("exception.unknown", String(describing: error), nil)
        }
    }

    private func problem(for exception: ExceptionObject) -> FormulaProblem {
        let name = exception.userClass?.name ?? exception.className
        if let facts = exception.facts {
            let words = facts.arguments.joined(separator: " ")
            let isCheck = name == "Minitest::Assertion"
            let message =
                isCheck ? exception.message : "`\(words)` ended with status \(facts.status) in `\(facts.folder)`"
            return problem(
                isCheck ? "test.assertion" : "command.failed", message, exception.span,
                command: .init(arguments: facts.arguments, status: facts.status, folder: facts.folder))
        }
        if name == "Minitest::Assertion" { return problem("test.assertion", exception.message, exception.span) }
        return problem("exception.\(name)", "\(name): \(exception.message)", exception.span)
    }

    private func problem(
        _ id: String, _ message: String, _ span: SourceSpan?, hint: String? = nil,
        command: FormulaProblem.FailedCommand? = nil
    ) -> FormulaProblem {
        let diagnostic = Diagnostic(id: id, span: span ?? site, message: message, hint: hint)
        return FormulaProblem(source: tree.source, diagnostics: [diagnostic], failedCommand: command)
    }
}
