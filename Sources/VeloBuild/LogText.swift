/// Makes text that anybody may have written safe to show at a terminal and in a page.
package enum LogText {
    /// Characters of a line that are kept.
    package static let lineLimit = 4000

    /// A line without escape sequences and control characters.
    ///
    /// Sequences that colour or move the cursor are taken out; what else is invisible, or turns the direction of
    /// writing, is spelled out: `\u{202E}`. Of a progress display that rewrites its line, the last state is kept.
    package static func sanitize(_ line: String) -> String {
        var scalars = Substring.UnicodeScalarView(line.unicodeScalars)
        while scalars.last == "\r" || scalars.last == "\n" { scalars.removeLast() }
        if let rewritten = scalars.lastIndex(of: "\r") { scalars = scalars[scalars.index(after: rewritten)...] }
        var result = String.UnicodeScalarView()
        var kept = 0
        while let scalar = scalars.popFirst() {
            guard kept < lineLimit else {
                result.append("…")
                break
            }
            if scalar == "\u{1B}" {
                skipEscapeSequence(&scalars)
            } else if scalar == "\u{9B}" {
                skipControlSequence(&scalars)
            } else if isShown(scalar) {
                result.append(scalar)
                kept += 1
            } else {
                let spelled = "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
                result.append(contentsOf: spelled.unicodeScalars)
                kept += spelled.unicodeScalars.count
            }
        }
        return String(result)
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: true
        case 0x00...0x1F, 0x7F...0x9F: false
        // Marks and overrides of the writing direction, and line separators.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        case 0xFEFF, 0xE0000...0xE007F: false
        default: true
        }
    }

    /// After ESC: a control sequence, a string that ends with BEL or ESC \, or one more character.
    private static func skipEscapeSequence(_ scalars: inout Substring.UnicodeScalarView) {
        guard let kind = scalars.popFirst() else { return }
        switch kind {
        case "[": skipControlSequence(&scalars)
        case "]", "P", "X", "^", "_":
            while let scalar = scalars.popFirst() {
                if scalar == "\u{07}" || scalar == "\u{9C}" { return }
                if scalar == "\u{1B}" {
                    if scalars.first == "\\" { scalars.removeFirst() }
                    return
                }
            }
        case "\u{20}"..."\u{2F}":
            // A character set: intermediates, then one final character.
            while let scalar = scalars.popFirst() { if !("\u{20}"..."\u{2F}").contains(scalar) { return } }
        default: break
        }
    }

    /// Parameters up to the final character.
    private static func skipControlSequence(_ scalars: inout Substring.UnicodeScalarView) {
        while let scalar = scalars.popFirst() { if ("\u{40}"..."\u{7E}").contains(scalar) { return } }
    }
}
