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
        var lines = ["\(source.name):\(line):\(column): \(severity.rawValue): \(message) [\(id)]"]
        lines += excerpt(of: source, column: column)
        if let hint { lines.append("    hint: \(hint)") }
        return lines.joined(separator: "\n")
    }

    /// The line around the span's start, with the carets under it; of long lines only a part.
    private func excerpt(of source: SourceText, column: Int) -> [String] {
        let start = min(Int(span.start), source.bytes.count)
        let lead = source.bytes[max(start - min(column - 1, Self.excerptLead), 0)..<start]
        let rest = source.bytes[start...].prefix(Self.excerptLength - lead.count).prefix { $0 != UInt8(ascii: "\n") }
        let before = String(decoding: lead, as: UTF8.self)
        let after = String(decoding: rest, as: UTF8.self).filter { $0 != "\r" }
        if (before + after).allSatisfy(\.isWhitespace) { return [] }
        let isCutBefore = lead.count < column - 1
        let isCutAfter = rest.endIndex < source.bytes.count && source.bytes[rest.endIndex] != UInt8(ascii: "\n")
        let shown = (isCutBefore ? "…" : "") + before + after + (isCutAfter ? "…" : "")
        let indent = (isCutBefore ? " " : "") + before.map { $0 == "\t" ? "\t" : " " }.joined()
        let marked = String(decoding: rest.prefix(max(1, Int(span.end) - start)), as: UTF8.self).filter { $0 != "\r" }
        return ["    " + shown, "    " + indent + "^" + String(repeating: "~", count: max(0, marked.count - 1))]
    }

    /// How many bytes of a line are shown, and how many of them at most before the caret.
    private static let excerptLength = 160
    private static let excerptLead = 120
}
