/// Other formulae, as the evaluation of one may ask for them.
///
/// Names are as `Formula["…"]` takes them: a name, an alias, a former name, or `user/tap/name`.
package protocol FormulaLookup: Sendable {
    /// The name of the formula itself; nil where there is none.
    func canonicalName(of name: String) -> String?
    /// The formula, evaluated for a context; nil where there is none or it cannot be evaluated.
    func formula(named name: String, context: EvaluationContext) throws -> Formula?
    /// Other names that lead to a formula, sorted.
    func aliases(of name: String) -> [String]
    /// The names of `name@…`, newest version first, without the formula itself.
    func versionedFormulae(of name: String) -> [String]
    /// The name that a formula had before.
    func formerName(of name: String) -> String?
    /// The text of a formula, read, for the methods that it defines; nil where there is none.
    func tree(named name: String) throws -> SyntaxTree?
    /// The names of all formulae.
    var allNames: [String] { get }
}

extension FormulaLookup {
    package func tree(named name: String) throws -> SyntaxTree? { nil }
    package var allNames: [String] { [] }
}

/// No other formulae: everything is what it is called.
package struct NoFormulae: FormulaLookup {
    package init() {}
    package func canonicalName(of name: String) -> String? { name }
    package func formula(named name: String, context: EvaluationContext) -> Formula? { nil }
    package func aliases(of name: String) -> [String] { [] }
    package func versionedFormulae(of name: String) -> [String] { [] }
    package func formerName(of name: String) -> String? { nil }
}

/// The names of a tap: pure bookkeeping over its file names, aliases and renames.
package struct TapNames: Sendable {
    /// Names of formulae, sorted.
    package let names: [String]
    /// Alias to name.
    package let aliases: [String: String]
    /// Former name to present name.
    package let renames: [String: String]
    private let aliasesByName: [String: [String]]
    private let formerNames: [String: String]
    /// By the name without `@1.2`; only of those that come in versions.
    private let versionedByBase: [String: [String]]

    /// - Parameter names: each once, sorted.
    package init(sorted names: [String], aliases: [String: String] = [:], renames: [String: String] = [:]) {
        self.names = names
        self.aliases = aliases
        self.renames = renames
        aliasesByName = Dictionary(grouping: aliases.keys.sorted()) { aliases[$0] ?? $0 }
        // Where several names led to one, the first of the file counts; the file is in the order of the alphabet.
        formerNames = Dictionary(
            renames.sorted { $0.key < $1.key }.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        versionedByBase = Dictionary(grouping: names.filter(Self.hasMark)) { Self.base(of: $0) }
            .mapValues(Self.newestFirst)
    }

    package init(names: some Sequence<String>, aliases: [String: String] = [:], renames: [String: String] = [:]) {
        self.init(sorted: names.sorted(by: Self.isBefore), aliases: aliases, renames: renames)
    }

    /// The order of the names.
    package static func isBefore(_ left: String, _ right: String) -> Bool {
        left < right
    }

    /// Where a name stands among the names; nil where it does not.
    package func position(of name: String) -> Int? {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if Self.isBefore(names[middle], name) { low = middle + 1 } else { high = middle }
        }
        return low < names.count && names[low] == name ? low : nil
    }

    package func canonicalName(of name: String) -> String? {
        if position(of: name) != nil { return name }
        if let target = aliases[name], position(of: target) != nil { return target }
        if let target = renames[name], position(of: target) != nil { return target }
        return nil
    }

    package func aliases(of name: String) -> [String] { aliasesByName[name] ?? [] }
    package func formerName(of name: String) -> String? { formerNames[name] }

    package func versionedFormulae(of name: String) -> [String] {
        guard let family = versionedByBase[Self.base(of: name)] else { return [] }
        return family.filter { $0 != name }
    }

    /// There are formulae of the same name with versions, or the name has one itself.
    package func comesInVersions(_ name: String) -> Bool { versionedByBase[Self.base(of: name)] != nil }

    /// The name without `@1.2`.
    private static func base(of name: String) -> String {
        guard hasMark(name), let mark = name.utf8.lastIndex(of: UInt8(ascii: "@")) else { return name }
        let version = name.utf8[name.index(after: mark)...]
        return version.allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") } ? String(name[..<mark]) : name
    }

    private static func hasMark(_ name: String) -> Bool {
        let bytes = name.utf8.span
        return bytes.indices.contains { bytes[$0] == UInt8(ascii: "@") }
    }

    private static func newestFirst(_ family: [String]) -> [String] {
        if family.count < 2 { return family }
        let versions = family.map { (name: $0, PackageVersion($0.split(separator: "@").last.map(String.init) ?? "")) }
        let sorted = versions.sorted { left, right in
            let order = left.1.order(right.1)
            return order != 0 ? order > 0 : left.name < right.name
        }
        return sorted.map(\.name)
    }
}
