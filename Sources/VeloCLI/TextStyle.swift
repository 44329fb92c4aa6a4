/// Colour for the few words that carry a meaning. Text reads the same without it.
package struct TextStyle: Sendable {
    package enum Role: Sendable {
        case error, warning, success, hint, faint, strong

        fileprivate var code: String {
            switch self {
            case .error: "31;1"
            case .warning: "33;1"
            case .success: "32"
            case .hint: "36"
            case .faint: "2"
            case .strong: "1"
            }
        }
    }

    package let isColored: Bool

    package init(isColored: Bool) { self.isColored = isColored }

    package func callAsFunction(_ text: String, _ role: Role) -> String {
        isColored ? "\u{1b}[\(role.code)m\(text)\u{1b}[0m" : text
    }
}

/// Text from elsewhere: a farm's log, a formula's caveats.
enum TerminalText {
    /// Without characters that move the cursor or change colours; tabs become blanks.
    static func harmless(_ text: String, keepsLines: Bool = false) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                result.append(" ")
            } else if scalar == "\n" && keepsLines {
                result.append(scalar)
            } else if scalar.properties.generalCategory != .control {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// How wide text is on a terminal, and how to make it fit.
enum DisplayWidth {
    /// Columns; wide characters of East Asian scripts and emoji take two, combining marks none.
    static func of(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    private static func width(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }

    /// At most so many columns, an ellipsis in place of what does not fit.
    static func fitted(_ text: String, to columns: Int) -> String {
        guard columns > 0 else { return "" }
        guard of(text) > columns else { return text }
        var result = ""
        var used = 0
        for character in text {
            let next = used + width(of: character)
            if next > columns - 1 { break }
            result.append(character)
            used = next
        }
        return result + "…"
    }
}

/// Numbers as people read them.
enum Quantity {
    /// `1.2 MB`, `340 kB`, `12 bytes`
    static func bytes(_ count: Int) -> String {
        guard count >= 1000 else { return count == 1 ? "1 byte" : "\(count) bytes" }
        var value = Double(count)
        for unit in ["kB", "MB", "GB"] {
            value /= 1000
            if value < 999.95 || unit == "GB" { return "\(rounded(value)) \(unit)" }
        }
        return "\(count) bytes"
    }

    /// One digit after the point below ten, none above.
    private static func rounded(_ value: Double) -> String {
        guard value < 9.95 else { return String(Int(value.rounded())) }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`
    static func duration(_ duration: Duration) -> String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        guard seconds >= 0 else { return "0 s" }
        guard seconds >= 59.5 else { return "\(rounded(seconds)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// A clock that counts up: `0:42`, `1:02:03`
    static func clock(_ duration: Duration) -> String {
        let seconds = max(0, Int(duration.components.seconds))
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        if seconds < 3600 { return "\(seconds / 60):\(padded(seconds % 60))" }
        return "\(seconds / 3600):\(padded(seconds % 3600 / 60)):\(padded(seconds % 60))"
    }

    /// `1 bottle`, `3 bottles`
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
