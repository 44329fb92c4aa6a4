package import VeloFormula

extension CatalogFormula {
    /// What a catalog says of an evaluated formula, bottles apart.
    package init(_ formula: Formula, aliases: [String], caveats: String?) {
        self.init(name: formula.name, tap: formula.tap.description, version: formula.version.text)
        revision = formula.revision
        versionScheme = formula.versionScheme
        desc = formula.desc
        homepage = formula.homepage
        license = formula.license?.text(era: .current)
        dependencies = Self.names(formula.runtimeDependencies)
        buildDependencies = Self.names(formula.buildDependencies)
        self.aliases = aliases
        conflictsWith = formula.conflicts.map(\.name)
        linkOverwrite = formula.linkOverwrite
        kegOnly = formula.isKegOnly ? formula.kegOnly?.explanation : nil
        deprecation = Self.retirement(formula)
        isDisabled = formula.isDisabled
        self.caveats = caveats
    }

    /// Each name once, in the order declared.
    package static func names(_ dependencies: [Dependency]) -> [String] {
        var seen: Set<String> = []
        return dependencies.map(\.name).filter { seen.insert($0).inserted }
    }

    private static func retirement(_ formula: Formula) -> String? {
        guard formula.isDisabled || formula.isDeprecated else { return nil }
        let retirement = formula.disabling ?? formula.deprecation
        var text = formula.isDisabled ? "disabled" : "deprecated"
        if let reason = retirement?.reason {
            text +=
                " because it "
                + (retirement?.isReasonSymbol == true ? reason.split(separator: "_").joined(separator: " ") : reason)
        }
        if let replacement = retirement?.replacement { text += "; use `\(replacement)` instead" }
        return text
    }
}
