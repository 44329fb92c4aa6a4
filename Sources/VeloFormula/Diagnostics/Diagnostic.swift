/// Something a formula's author should know, at a place in the source.
package struct Diagnostic: Sendable, Equatable {
    package enum Severity: String, Sendable { case error, warning }

    /// Stable, for scripts and tests: `syntax.unterminated-string`, `unsupported.method`.
    package var id: String
    package var severity: Severity
    package var span: SourceSpan
    /// One sentence, lowercase, without a full stop.
    package var message: String
    /// What to do about it.
    package var hint: String?

    package init(id: String, severity: Severity = .error, span: SourceSpan, message: String, hint: String? = nil) {
        self.id = id
        self.severity = severity
        self.span = span
        self.message = message
        self.hint = hint
    }

    /// `file:line:column: error: message [id]`, the line, and a caret under the span.
    package func rendered(in source: SourceText) -> String {
        let (line, column) = source.position(of: Int(span.start))
        let text = source.line(line)
        let shown = text.count > 160 ? String(text.prefix(160)) + "…" : text
        var lines = ["\(source.name):\(line):\(column): \(severity.rawValue): \(message) [\(id)]"]
        if !shown.allSatisfy(\.isWhitespace) {
            let lead = text.utf8.prefix(column - 1).map { $0 == UInt8(ascii: "\t") ? "\t" : " " }.joined()
            let width = max(1, min(Int(span.end) - Int(span.start), max(1, text.utf8.count - column + 1)))
            lines.append("    " + shown)
            if column <= 160 { lines.append("    " + lead + "^" + String(repeating: "~", count: min(width, 100) - 1)) }
        }
        if let hint { lines.append("    hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
