import Synchronization
package import VeloFormula
import VeloSystem

/// The formulae of a tap, evaluated for one platform and day, each once.
package final class TapFormulae: FormulaLookup {
    private let folder: FormulaFolder
    private let context: EvaluationContext
    private let loaded = Mutex<[String: LoadedFormula]>([:])

    package init(_ folder: FormulaFolder, context: EvaluationContext) {
        self.folder = folder
        self.context = context
    }

    /// By name, alias, former name, or `user/tap/name`.
    ///
    /// - Throws: `FormulaFolderError.unknown`, or what evaluating it says.
    package func load(_ name: String) throws -> LoadedFormula {
        guard let canonical = canonicalName(of: name) else {
            throw FormulaFolderError.unknown(name, nearest: nearest(to: name))
        }
        if let known = loaded.withLock({ $0[canonical] }) { return known }
        let formula = try FormulaLoader.load(
            name: canonical, tap: folder.tap, source: try folder.source(canonical), context: context, formulae: self)
        loaded.withLock { $0[canonical] = formula }
        return formula
    }

    package func canonicalName(of name: String) -> String? {
        folder.names.canonicalName(of: name.split(separator: "/").last.map(String.init) ?? name)
    }

    package func formula(named name: String, context: EvaluationContext) throws -> Formula? {
        guard canonicalName(of: name) != nil else { return nil }
        return try load(name).formula
    }

    package func aliases(of name: String) -> [String] { folder.names.aliases(of: name) }
    package func versionedFormulae(of name: String) -> [String] { folder.names.versionedFormulae(of: name) }
    package func formerName(of name: String) -> String? { folder.names.formerName(of: name) }

    private func nearest(to name: String) -> [String] {
        let start = name.prefix(3)
        return folder.names.names.filter { $0.hasPrefix(start) && abs($0.count - name.count) <= 2 }.sorted().prefix(3)
            .map { $0 }
    }
}
