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
        catalog = CatalogFormula(formula, aliases: aliases, caveats: caveats)
        testDependencies = CatalogFormula.names(formula.testDependencies)
    }
}

/// A formula as a tap has it: text and record.
struct StoredFormula: Sendable, Equatable {
    /// Inside the tap.
    var path: String
    var source: [UInt8]
    var record: FormulaRecord
}
