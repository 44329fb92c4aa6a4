import VeloSystem

/// Finds what formulae need to run, and an order in which each comes after what it needs.
package struct Resolver: Sendable {
    private let catalog: Catalog

    package init(catalog: Catalog) { self.catalog = catalog }

    /// The formulae and all that they need, dependencies first; otherwise in the order of asking.
    ///
    /// - Throws: `ResolverError`, and `CatalogError` for a root that does not exist.
    package func closure(of roots: [String]) throws -> [CatalogFormula] {
        var walk = Walk(catalog: catalog)
        for root in roots { try walk.visit(try catalog.formula(root)) }
        return walk.order
    }

    private struct Walk {
        let catalog: Catalog
        var order: [CatalogFormula] = []
        private var finished: Set<String> = []

        init(catalog: Catalog) { self.catalog = catalog }

        /// Depth first, with a path of its own instead of the call stack: a chain may be as long as a catalog.
        mutating func visit(_ root: CatalogFormula) throws(ResolverError) {
            var path: [(formula: CatalogFormula, next: Int)] = [(root, 0)]
            var onPath: Set<String> = [root.name]
            guard !finished.contains(root.name) else { return }
            while let (formula, next) = path.last {
                guard next < formula.dependencies.count else {
                    path.removeLast()
                    onPath.remove(formula.name)
                    finished.insert(formula.name)
                    order.append(formula)
                    continue
                }
                path[path.count - 1].next += 1
                let name = formula.dependencies[next]
                guard let dependency = catalog[name] else {
                    throw .missingDependency(name, of: formula.name)
                }
                if finished.contains(dependency.name) { continue }
                guard onPath.insert(dependency.name).inserted else {
                    let names = path.map(\.formula.name)
                    let start = names.firstIndex(of: dependency.name) ?? 0
                    throw .cycle(Array(names[start...]) + [dependency.name])
                }
                path.append((dependency, 0))
            }
        }
    }
}

/// A catalog that contradicts itself.
package enum ResolverError: Problem, Equatable {
    case missingDependency(String, of: String)
    /// From a formula back to itself.
    case cycle([String])

    package var summary: String {
        switch self {
        case .missingDependency(let name, let formula): "`\(formula)` needs `\(name)`, which the mirror does not have"
        case .cycle(let names):
            "formulae need each other in a circle: \(names.map { "`\($0)`" }.joined(separator: " → "))"
        }
    }

    package var hints: [String] {
        switch self {
        case .missingDependency: ["ask whoever runs the mirror to add the tap that holds it"]
        case .cycle: ["report it to whoever maintains the tap"]
        }
    }
}
