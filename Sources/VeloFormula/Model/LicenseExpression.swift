/// The `license` stanza.
package indirect enum LicenseExpression: Hashable, Sendable {
    case identifier(String)
    /// `:public_domain`, `:cannot_represent`
    case symbol(String)
    case exception(LicenseExpression, with: String)
    case anyOf([LicenseExpression])
    case allOf([LicenseExpression])

    /// The SPDX expression; groups inside a group stand in parentheses.
    ///
    /// Homebrew 4.0 wrote `or`, `and`, `with` in lower case and symbols as titles.
    package func text(era: EvaluationContext.Era) -> String { text(era: era, isNested: false) }

    private func text(era: EvaluationContext.Era, isNested: Bool) -> String {
        let isOld = era == .homebrew4
        switch self {
        case .identifier(let name): return name
        case .symbol(let name): return isOld ? Self.title(of: name) : Self.reference(to: name)
        case .exception(let license, let exception):
            let text = "\(license.text(era: era, isNested: true)) \(isOld ? "with" : "WITH") \(exception)"
            return isNested ? "(\(text))" : text
        case .anyOf(let parts):
            return Self.joined(parts, isOld ? " or " : " OR ", era: era, isNested: isNested)
        case .allOf(let parts):
            return Self.joined(parts, isOld ? " and " : " AND ", era: era, isNested: isNested)
        }
    }

    private static func joined(
        _ parts: [LicenseExpression], _ word: String, era: EvaluationContext.Era, isNested: Bool
    ) -> String {
        let text = parts.map { $0.text(era: era, isNested: true) }.joined(separator: word)
        return isNested ? "(\(text))" : text
    }

    /// `public_domain` as `Public Domain`.
    private static func title(of symbol: String) -> String {
        symbol.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }

    private static func reference(to symbol: String) -> String {
        "LicenseRef-Homebrew-" + symbol.split(separator: "_").joined(separator: "-")
    }
}
