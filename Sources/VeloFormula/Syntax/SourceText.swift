/// A range of bytes in a source text.
package struct SourceSpan: Hashable, Sendable {
    package var start: UInt32
    package var end: UInt32

    package init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    /// From the start of one span to the end of another.
    package func extended(to other: SourceSpan) -> SourceSpan { SourceSpan(Int(start), Int(max(end, other.end))) }
}

/// The bytes of a formula file and its name, with a table of where lines start.
package struct SourceText: Sendable {
    /// As shown in diagnostics; a path relative to the tap.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    package init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    package func text(_ span: SourceSpan) -> String {
        String(decoding: bytes[min(Int(span.start), bytes.count)..<min(Int(span.end), bytes.count)], as: UTF8.self)
    }

    /// Line and column of a byte, both from 1; the column counts bytes. Reads the text up to there.
    package func position(of offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var start = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            start = index + 1
        }
        return (line, offset - start + 1)
    }

    /// The text of a line (from 1), without its end.
    package func line(_ number: Int) -> String {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        return number >= 1 && number <= lines.count ? String(decoding: lines[number - 1], as: UTF8.self) : ""
    }
}
