import VeloCore
import VeloFormula

/// Catalogs for tests, in a line per formula.
enum CatalogFixture {
    static func formula(
        _ name: String, _ version: String = "1.0", needs: [String] = [], hasBottle: Bool = true,
        _ change: (inout CatalogFormula) -> Void = { _ in }
    ) -> CatalogFormula {
        var formula = CatalogFormula(name: name, tap: "velo/recipes", version: version)
        formula.dependencies = needs
        if hasBottle { formula.bottles = [bottle(name, version)] }
        change(&formula)
        return formula
    }

    static func bottle(_ name: String, _ version: String, platform: String = "x86_64_linux") -> CatalogBottle {
        CatalogBottle(
            platform: platform, sha256: String(repeating: "0", count: 64), size: 1000, installedSize: 4000,
            cellar: "any", path: "/bottles/\(name)-\(version).\(platform).bottle.tar.gz")
    }

    static func catalog(_ formulae: CatalogFormula...) -> Catalog { catalog(formulae) }

    static func catalog(_ formulae: [CatalogFormula]) -> Catalog {
        guard let catalog = try? Catalog(document(formulae)) else { preconditionFailure("no catalog of \(formulae)") }
        return catalog
    }

    static func document(_ formulae: [CatalogFormula]) -> CatalogDocument {
        CatalogDocument(
            generated: 1_795_492_800, taps: [CatalogTap(name: "velo/recipes", commit: "4f0c")], formulae: formulae)
    }

    static let platform = Platform(.linux, .x86_64)
}
