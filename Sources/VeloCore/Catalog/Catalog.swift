import VeloSystem

/// Everything a mirror offers, behind one lookup.
package struct Catalog: Sendable {
    package let document: CatalogDocument
    private let positions: [String: Int]

    package init(_ document: CatalogDocument) {
        self.document = document
        var positions: [String: Int] = [:]
        for (index, formula) in document.formulae.enumerated() {
            for alias in formula.aliases where positions[alias] == nil { positions[alias] = index }
        }
        // Names win over aliases, and the first of two formulae with one name wins.
        for (index, formula) in document.formulae.enumerated().reversed() {
            positions[formula.name] = index
            positions["\(formula.tap)/\(formula.name)"] = index
        }
        self.positions = positions
    }

    /// By name, alias, or `user/tap/name`.
    package subscript(name: String) -> CatalogFormula? { positions[name].map { document.formulae[$0] } }

    /// Like the subscript.
    ///
    /// - Throws: `CatalogError.unknownFormula` with the nearest names.
    package func formula(_ name: String) throws(CatalogError) -> CatalogFormula {
        guard let formula = self[name] else { throw .unknownFormula(name, nearest: nearest(to: name)) }
        return formula
    }

    /// The names that are most like one, best first, at most three.
    package func nearest(to name: String) -> [String] {
        var seen: Set<String> = []
        return NearestNames.to(name, among: document.formulae.lazy.flatMap { [$0.name] + $0.aliases })
            .filter { name in seen.insert(self[name]?.name ?? name).inserted }
    }

    /// Formulae that have to do with a text, best first: by name, by the start of the name, by a part of the name, by
    /// description; and if there are none, by names that are nearly so.
    package func search(_ text: String) -> [CatalogFormula] {
        let text = text.lowercased()
        guard !text.isEmpty else { return document.formulae.sorted { $0.name < $1.name } }
        let ranked = document.formulae.compactMap { formula in Self.rank(formula, for: text).map { (formula, $0) } }
        guard !ranked.isEmpty else { return nearest(to: text).compactMap { self[$0] } }
        return ranked.sorted { ($0.1, $0.0.name) < ($1.1, $1.0.name) }.map(\.0)
    }

    private static func rank(_ formula: CatalogFormula, for text: String) -> Int? {
        let names = ([formula.name] + formula.aliases).map { $0.lowercased() }
        if names.contains(text) { return 0 }
        if names.contains(where: { $0.hasPrefix(text) }) { return 1 }
        if names.contains(where: { $0.contains(text) }) { return 2 }
        guard let desc = formula.desc?.lowercased() else { return nil }
        if desc.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).contains(Substring(text)) { return 3 }
        return desc.contains(text) ? 4 : nil
    }
}

/// What can be wrong with a catalog, or with what is asked of it.
package enum CatalogError: Problem {
    case unknownFormula(String, nearest: [String])
    case unreadable(url: String, cause: any Error)
    case tooNew(url: String, schema: Int)

    package var summary: String {
        switch self {
        case .unknownFormula(let name, _): "no formula is called `\(name)`"
        case .unreadable(let url, _): "the catalog from `\(url)` cannot be read"
        case .tooNew(let url, let schema):
            "the catalog from `\(url)` has the format \(schema), which is newer than this velo"
        }
    }

    package var cause: (any Error)? {
        guard case .unreadable(_, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        switch self {
        case .unknownFormula(let name, let nearest):
            nearest.isEmpty
                ? ["search for it: `velo search \(name)`"]
                : ["did you mean \(Self.alternatives(nearest))?"]
        case .unreadable: ["check that the address is that of a velod"]
        case .tooNew: ["update velo"]
        }
    }

    private static func alternatives(_ names: [String]) -> String {
        let quoted = names.map { "`\($0)`" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}
