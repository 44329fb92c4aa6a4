import VeloCore
import VeloSystem

/// An error as people and programs read it.
///
/// ```
/// error: could not download `hello`
/// cause: `http://…/hello-2.10…` answered 404 not found
///
/// hint: …
/// ```
package struct ErrorReport: Sendable {
    package struct Entry: Encodable, Sendable {
        package var message: String
        package var causes: [String]
        /// What a failed build printed last, for one.
        package var details: [String]
        package var hints: [String]
    }

    package var entries: [Entry]
    package var status: ExitStatus

    /// `Problems` become an entry each.
    package init(_ error: any Error) {
        status = ExitStatus(error)
        let errors: [any Error] = (error as? Problems)?.all ?? [error]
        entries = errors.map { error in
            let report = ProblemReport(error)
            var entry = Entry(
                message: report.lines.first ?? "unknown", causes: Array(report.lines.dropFirst()),
                details: ((error as? any DetailedProblem)?.details ?? []).map { TerminalText.harmless($0) },
                hints: report.hints)
            if ExitStatus(error) == .bug {
                entry.hints.append("this is a bug: report it, with the command and this message")
            }
            return entry
        }
    }

    package func text(_ style: TextStyle) -> String {
        var lines: [String] = []
        for (index, entry) in entries.enumerated() {
            if index > 0 { lines.append("") }
            lines.append("\(style("error:", .error)) \(entry.message)")
            lines += entry.causes.map { "\(style("cause:", .error)) \($0)" }
            if !entry.details.isEmpty { lines += [""] + entry.details.map { "  \(style("|", .faint)) \($0)" } }
            if !entry.hints.isEmpty { lines += [""] + entry.hints.map { "\(style("hint:", .hint)) \($0)" } }
        }
        return lines.joined(separator: "\n")
    }

    /// One line, with the same fields.
    package var json: String {
        let document = Document(exit: Int(status.code), errors: entries)
        guard let bytes = try? WireCoding.encode(document) else { return "{}" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private struct Document: Encodable {
        var schema = 1
        var exit: Int
        var errors: [Entry]
    }
}
