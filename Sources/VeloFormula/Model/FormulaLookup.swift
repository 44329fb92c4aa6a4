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
    /// Names of formulae.
    package let names: Set<String>
    /// Alias to name.
    package let aliases: [String: String]
    /// Former name to present name.
    package let renames: [String: String]
    private let aliasesByName: [String: [String]]
    private let formerNames: [String: String]
    private let versionedByBase: [String: [String]]

    package init(names: some Sequence<String>, aliases: [String: String] = [:], renames: [String: String] = [:]) {
        self.names = Set(names)
        self.aliases = aliases
        self.renames = renames
        aliasesByName = Dictionary(grouping: aliases.keys.sorted()) { aliases[$0] ?? $0 }
        // Where several names led to one, the first of the file counts; the file is in the order of the alphabet.
        formerNames = Dictionary(
            renames.sorted { $0.key < $1.key }.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        let versioned = self.names.filter { $0.contains("@") }
        versionedByBase = Dictionary(grouping: versioned) { Self.base(of: $0) }
            .mapValues { $0.sorted { Self.isNewer($0, $1) } }
    }

    package func canonicalName(of name: String) -> String? {
        if names.contains(name) { return name }
        if let target = aliases[name], names.contains(target) { return target }
        if let target = renames[name], names.contains(target) { return target }
        return nil
    }

    package func aliases(of name: String) -> [String] { aliasesByName[name] ?? [] }
    package func formerName(of name: String) -> String? { formerNames[name] }

    package func versionedFormulae(of name: String) -> [String] {
        (versionedByBase[Self.base(of: name)] ?? []).filter { $0 != name }
    }

    /// The name without `@1.2`.
    private static func base(of name: String) -> String {
        guard let mark = name.lastIndex(of: "@") else { return name }
        let version = name[name.index(after: mark)...]
        return version.utf8.allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") } ? String(name[..<mark]) : name
    }

    private static func isNewer(_ left: String, _ right: String) -> Bool {
        func version(_ name: String) -> PackageVersion {
            PackageVersion(name.split(separator: "@").last.map(String.init) ?? "")
        }
        let order = version(left).order(version(right))
        return order != 0 ? order > 0 : left < right
    }
}
