package import VeloFormula
import VeloSystem

/// What has to be built for some formulae, each after what it needs, and what each build pours. Pure: formulae are
/// asked for by name.
package struct BuildSequence: Sendable {
    package struct Step: Sendable {
        package var formula: LoadedFormula
        package var isRequested: Bool
        /// In an order in which they can be poured.
        package var pours: [Pour]
        /// Build dependencies that the host satisfies, and the commands that do.
        package var externals: [String: [String]]

        package var name: String { formula.formula.name }
    }

    /// A bottle that a build pours.
    package struct Pour: Sendable, Equatable {
        package var name: String
        package var isDirect: Bool
        package var isBuildOnly: Bool
    }

    /// A formula that cannot be built, and everything that needs it.
    package struct Refusal: Sendable {
        package var name: String
        package var isRequested: Bool
        package var error: any Error
    }

    package private(set) var steps: [Step] = []
    package private(set) var refusals: [Refusal] = []

    /// - Parameters:
    ///   - externals: what the host satisfies for building, and with which commands.
    ///   - load: a formula by the name that another one uses.
    package init(
        _ names: [String], externals: [String: [String]], load: (String) throws -> LoadedFormula
    ) {
        var walk = Walk(externals: externals)
        for name in names { walk.requested.insert((try? load(name).formula.name) ?? name) }
        for name in names { walk.order(name, load) }
        steps = walk.steps
        refusals = walk.refusals
    }

    private struct Walk {
        let externals: [String: [String]]
        var requested: Set<String> = []
        var steps: [Step] = []
        var refusals: [Refusal] = []
        var settled: Set<String> = []
        var failed: Set<String> = []

        init(externals: [String: [String]]) { self.externals = externals }

        mutating func order(_ name: String, _ load: (String) throws -> LoadedFormula) {
            do {
                try visit(name, [], load)
            } catch {
                refuse(name, error)
            }
        }

        private mutating func refuse(_ name: String, _ error: any Error) {
            guard failed.insert(name).inserted else { return }
            refusals.append(Refusal(name: name, isRequested: requested.contains(name), error: error))
        }

        private mutating func visit(
            _ name: String, _ trail: [String], _ load: (String) throws -> LoadedFormula
        ) throws {
            let loaded = try load(name)
            let formula = loaded.formula
            guard !settled.contains(formula.name) else { return }
            if failed.contains(formula.name) { throw BuildSequenceError.needsRefused(formula.name) }
            if let start = trail.firstIndex(of: formula.name) {
                throw BuildSequenceError.cycle(Array(trail[start...]) + [formula.name])
            }
            if let requirement = formula.requirements.first(where: { $0.isSatisfied == false }) {
                let error = BuildSequenceError.requirement(formula.name, requirement.name)
                refuse(formula.name, error)
                throw error
            }
            let poured = try pours(of: formula, load)
            for pour in poured.pours {
                do {
                    try visit(pour.name, trail + [formula.name], load)
                } catch {
                    refuse(pour.name, error)
                    throw error
                }
            }
            settled.insert(formula.name)
            steps.append(
                Step(
                    formula: loaded, isRequested: requested.contains(formula.name), pours: poured.pours,
                    externals: poured.externals))
        }

        /// What building a formula pours: what it names, without what the host does, and what all that needs to run.
        private func pours(
            of formula: Formula, _ load: (String) throws -> LoadedFormula
        ) throws -> (pours: [Pour], externals: [String: [String]]) {
            let runtime = formula.runtimeDependencies.map(\.name)
            var direct = runtime
            var used: [String: [String]] = [:]
            for dependency in formula.buildDependencies + formula.testDependencies where !dependency.isOptional {
                guard !runtime.contains(dependency.name) else { continue }
                let name = (try? load(dependency.name).formula.name) ?? dependency.name
                if let commands = externals[name] ?? externals[dependency.name] {
                    used[name] = commands
                } else {
                    direct.append(dependency.name)
                }
            }
            let needed = Set(try closure(of: runtime, load))
            let named = Set(try direct.map { try load($0).formula.name })
            let pours = try closure(of: direct, load).map { name in
                Pour(name: name, isDirect: named.contains(name), isBuildOnly: !needed.contains(name))
            }
            return (pours, used)
        }

        /// Formulae and what they need to run, each after what it needs, none twice.
        private func closure(of names: [String], _ load: (String) throws -> LoadedFormula) throws -> [String] {
            var order: [String] = []
            var seen: Set<String> = []
            func descend(_ name: String, _ trail: [String]) throws {
                let formula = try load(name).formula
                if let start = trail.firstIndex(of: formula.name) {
                    throw BuildSequenceError.cycle(Array(trail[start...]) + [formula.name])
                }
                guard seen.insert(formula.name).inserted else { return }
                for dependency in formula.runtimeDependencies {
                    try descend(dependency.name, trail + [formula.name])
                }
                order.append(formula.name)
            }
            for name in names { try descend(name, []) }
            return order
        }
    }
}

/// Why a formula is not built, as far as its declarations say.
package enum BuildSequenceError: Problem, Equatable {
    case cycle([String])
    /// It needs something that is no formula: a system, an architecture.
    case requirement(String, String)
    case needsRefused(String)

    package var summary: String {
        switch self {
        case .cycle(let names): "formulae depend on each other in a circle: " + names.joined(separator: " → ")
        case .requirement(let name, let need): "`\(name)` cannot be built on this system: it requires `\(need)`"
        case .needsRefused(let name): "`\(name)` cannot be built, see above"
        }
    }
}
