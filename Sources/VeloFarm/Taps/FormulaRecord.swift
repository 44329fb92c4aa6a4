import VeloCore
import VeloFormula

/// What the farm remembers of an evaluated formula: what the catalog says of it, and what planning needs besides.
struct FormulaRecord: Codable, Sendable, Equatable {
    /// Without bottles: those are joined when the catalog is made.
    var catalog: CatalogFormula
    /// What only the test needs.
    var testDependencies: [String]

    init(catalog: CatalogFormula, testDependencies: [String] = []) {
        self.catalog = catalog
        self.testDependencies = testDependencies
    }

    init(_ formula: Formula, aliases: [String], caveats: String?) {
        catalog = CatalogFormula(
            name: formula.name, tap: formula.tap.description, version: formula.version.text)
        catalog.revision = formula.revision
        catalog.versionScheme = formula.versionScheme
        catalog.desc = formula.desc
        catalog.homepage = formula.homepage
        catalog.license = formula.license?.text(era: .current)
        catalog.dependencies = Self.names(formula.runtimeDependencies)
        catalog.buildDependencies = Self.names(formula.buildDependencies)
        catalog.aliases = aliases
        catalog.conflictsWith = formula.conflicts.map(\.name)
        catalog.linkOverwrite = formula.linkOverwrite
        catalog.kegOnly = formula.isKegOnly ? formula.kegOnly?.explanation : nil
        catalog.deprecation = Self.retirement(formula)
        catalog.isDisabled = formula.isDisabled
        catalog.caveats = caveats
        testDependencies = Self.names(formula.testDependencies)
    }

    /// Each name once, in the order declared.
    private static func names(_ dependencies: [Dependency]) -> [String] {
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

/// A formula as a tap has it: text and record.
struct StoredFormula: Sendable, Equatable {
    /// Inside the tap.
    var path: String
    var source: [UInt8]
    var record: FormulaRecord
}
