/// An error written for the person at the terminal: what failed, why, and what to try.
///
/// `summary` is lowercase, without a full stop, and names the file, URL or package. Each layer adds only what it
/// knows; `cause` leads to the next link down.
package protocol Problem: Error {
    var summary: String { get }
    var cause: (any Error)? { get }
    /// Imperative sentences, given only when they are likely to help.
    var hints: [String] { get }
    /// Which exit status this failure asks for.
    var severity: ProblemSeverity { get }
}

/// What a failure means for the caller; the command line maps it to an exit status.
package enum ProblemSeverity: Sendable {
    /// It cannot be done as asked.
    case refused
    /// It may work later: network, lock, busy farm.
    case temporary
    /// A broken invariant of ours.
    case bug
}

extension Problem {
    package var cause: (any Error)? { nil }
    package var hints: [String] { [] }
    package var severity: ProblemSeverity { (cause as? any Problem)?.severity ?? .refused }
}

/// The chain of summaries, outermost first, and the hints of all links without repetition.
package struct ProblemReport: Sendable {
    package var lines: [String] = []
    package var hints: [String] = []

    package init(_ error: any Error) {
        var next: (any Error)? = error
        while let current = next {
            guard let problem = current as? any Problem else {
                lines.append(String(describing: current))
                break
            }
            lines.append(problem.summary)
            for hint in problem.hints where !hints.contains(hint) { hints.append(hint) }
            next = problem.cause
        }
    }

    /// All links in one line, for logs and for storing with a job.
    package var oneLine: String { lines.joined(separator: ": ") }
}
