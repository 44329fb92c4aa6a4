import VeloCore
import VeloSystem

/// The jobs that bring the missing bottles of a formula's closure, in an order in which they can run.
struct BuildPlan: Sendable, Equatable {
    struct Step: Sendable, Equatable {
        var tap: String
        var formula: String
        var pkgVersion: String
        /// Positions in `steps` of the bottles that building this one pours.
        var needs: [Int]
    }

    var target: FormulaReference
    var steps: [Step] = []
}

/// A formula by its tap and name.
struct FormulaReference: Hashable, Sendable {
    var tap: String
    var name: String

    var fullName: String { "\(tap)/\(name)" }
}

/// What a job pours before it builds, each after what it needs.
struct PourList: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        var formula: FormulaReference
        var isDirect: Bool
        var isBuildOnly: Bool
    }

    var items: [Item] = []
    /// Build dependencies left to the host: name and command.
    var externals: [String: String] = [:]
}

/// Works out which bottles are missing and what each needs. Pure: formulae and bottles are given.
struct BuildPlanner {
    var index: FormulaIndex
    /// Build dependencies that the host satisfies, and the command that does.
    var externals: [String: String]
    /// Whether there is a bottle of a formula's present version for the platform in question.
    var hasBottle: (FormulaRecord) throws -> Bool
    /// What is known of how such a bottle was made.
    var standing: (FormulaRecord) throws -> Standing = { _ in .unknown }

    /// Whether a bottle that is there would be built as it is now.
    enum Standing: Sendable, Equatable {
        /// Nothing says how it was made: it came from elsewhere, and will do.
        case unknown
        /// It would, if what it was built on is still the same.
        case current
        /// Its formula or a bottle that it was built on has changed, or the host's toolchain.
        case stale
    }

    func plan(_ name: String) throws -> BuildPlan {
        guard let target = try index.find(name) else {
            throw PlanError.unknownFormula(name, nearest: index.nearest(name))
        }
        if target.catalog.isDisabled {
            throw PlanError.disabled(name, reason: target.catalog.deprecation ?? "disabled")
        }
        var walk = Walk()
        for record in try closure([target]) { try visit(record, &walk) }
        return BuildPlan(target: target.reference, steps: walk.steps)
    }

    private struct Walk {
        var steps: [BuildPlan.Step] = []
        /// Formulae that are settled, with the position of their step if they have one.
        var done: [String: Int?] = [:]
        /// The builds that lead to where we are.
        var trail: [String] = []
    }

    /// Makes sure of one bottle: steps for what building it pours, then its own.
    private func visit(_ record: FormulaRecord, _ walk: inout Walk) throws {
        let name = FormulaIndex.fullName(record)
        if walk.done[name] != nil { return }
        if let start = walk.trail.firstIndex(of: name) {
            throw PlanError.cycle(Array(walk.trail[start...]) + [name])
        }
        if try hasBottle(record), try !isToBeMadeAgain(record, walk) {
            walk.done[name] = .some(nil)
            return
        }
        walk.trail.append(name)
        let poured = try pourClosure(record)
        for dependency in poured { try visit(dependency, &walk) }
        walk.trail.removeLast()
        let needs = poured.compactMap { walk.done[FormulaIndex.fullName($0)] ?? nil }
        walk.done[name] = walk.steps.count
        walk.steps.append(
            BuildPlan.Step(
                tap: record.catalog.tap, formula: record.catalog.name, pkgVersion: record.catalog.pkgVersion,
                needs: needs.sorted()))
    }

    /// Whether a bottle that is there may turn out differently: then its key decides, when all that it is built on is
    /// there.
    private func isToBeMadeAgain(_ record: FormulaRecord, _ walk: Walk) throws -> Bool {
        switch try standing(record) {
        case .unknown: return false
        case .stale: return true
        case .current:
            return try pourClosure(record).contains { (walk.done[FormulaIndex.fullName($0)] ?? nil) != nil }
        }
    }

    /// The formulae that an order may come to build: the whole closure, with what building needs.
    func reach(_ name: String) throws -> [FormulaRecord] {
        guard let target = try index.find(name) else { return [] }
        var found: [FormulaRecord] = []
        var seen: Set<String> = []
        var open = [target]
        while let record = open.popLast() {
            guard seen.insert(FormulaIndex.fullName(record)).inserted else { continue }
            found.append(record)
            open += try directDependencies(record)
        }
        return found
    }

    /// What a build of this formula pours: its dependencies of all kinds, with what those need to run.
    func pourList(_ record: FormulaRecord) throws -> PourList {
        let runtime = try closure(try resolve(record.catalog.dependencies, of: record)).map(\.reference)
        let direct = Set(try directDependencies(record).map(\.reference))
        var list = PourList()
        list.items = try pourClosure(record).map {
            let reference = $0.reference
            return PourList.Item(
                formula: reference, isDirect: direct.contains(reference), isBuildOnly: !runtime.contains(reference))
        }
        for name in record.catalog.buildDependencies + record.testDependencies {
            if let command = externals[name] { list.externals[name] = command }
        }
        return list
    }

    private func pourClosure(_ record: FormulaRecord) throws -> [FormulaRecord] {
        try closure(try directDependencies(record))
    }

    private func directDependencies(_ record: FormulaRecord) throws -> [FormulaRecord] {
        let buildOnly = (record.catalog.buildDependencies + record.testDependencies).filter { externals[$0] == nil }
        return try resolve(record.catalog.dependencies + buildOnly, of: record)
    }

    private func resolve(_ names: [String], of record: FormulaRecord) throws -> [FormulaRecord] {
        try names.map { name in
            guard let found = try index.find(name, home: record.catalog.tap) else {
                throw PlanError.unknownDependency(name, of: record.catalog.name)
            }
            return found
        }
    }

    /// The formulae and what they need to run, each after what it needs, none twice.
    private func closure(_ roots: [FormulaRecord]) throws -> [FormulaRecord] {
        var order: [FormulaRecord] = []
        var settled: Set<String> = []
        var trail: [String] = []
        func descend(_ record: FormulaRecord) throws {
            let name = FormulaIndex.fullName(record)
            if settled.contains(name) { return }
            if let start = trail.firstIndex(of: name) { throw PlanError.cycle(Array(trail[start...]) + [name]) }
            trail.append(name)
            for dependency in try resolve(record.catalog.dependencies, of: record) { try descend(dependency) }
            trail.removeLast()
            settled.insert(name)
            order.append(record)
        }
        for root in roots { try descend(root) }
        return order
    }
}

extension FormulaRecord {
    var reference: FormulaReference { FormulaReference(tap: catalog.tap, name: catalog.name) }
}

/// Why there is no plan for a formula.
package enum PlanError: Problem, Equatable {
    case unknownFormula(String, nearest: [String])
    case unknownDependency(String, of: String)
    case ambiguous(String, [String])
    case cycle([String])
    case disabled(String, reason: String)
    case foreignPlatform(String, own: String)

    package var summary: String {
        switch self {
        case .unknownFormula(let name, _): "no tap of this farm has a formula `\(name)`"
        case .unknownDependency(let name, let formula):
            "`\(formula)` depends on `\(name)`, which no tap of this farm has"
        case .ambiguous(let name, _): "more than one tap has a formula `\(name)`"
        case .cycle(let names): "formulae depend on each other in a circle: " + names.joined(separator: " → ")
        case .disabled(let name, let reason): "`\(name)` is \(reason)"
        case .foreignPlatform(let tag, let own): "this farm builds for `\(own)`, not for `\(tag)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .unknownFormula(_, let nearest):
            nearest.isEmpty
                ? ["`velod tap list` shows the taps, `velod tap update` reads them again"]
                : ["similar names: " + nearest.joined(separator: ", ")]
        case .unknownDependency(let name, _):
            [
                "add a tap that has `\(name)`",
                "if the host provides it for building, name it in `[externals]` of velod.toml",
            ]
        case .ambiguous(_, let names): ["say which: " + names.joined(separator: ", ")]
        case .cycle, .disabled, .foreignPlatform: []
        }
    }
}
