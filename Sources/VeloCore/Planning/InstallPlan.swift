package import VeloFormula
import VeloSystem

/// What an install will do, as data: made before anything is downloaded, carried out by the `Installer`.
package struct InstallPlan: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case install
        case upgrade(from: String)
        case reinstall
        /// The version that is installed will do.
        case keep(installed: String)
    }

    package struct Step: Sendable, Equatable {
        package var formula: CatalogFormula
        package var action: Action
        /// What the plan was made for, not only needed by something that is.
        package var isRequested: Bool
        /// Somebody has asked for it by name, now or before: what its receipt will say.
        package var isOnRequest: Bool
        /// Nil when the mirror has none for this platform: it has to be built.
        package var bottle: CatalogBottle?

        package init(
            formula: CatalogFormula, action: Action, isRequested: Bool, isOnRequest: Bool, bottle: CatalogBottle?
        ) {
            self.formula = formula
            self.action = action
            self.isRequested = isRequested
            self.isOnRequest = isOnRequest
            self.bottle = bottle
        }

        package var name: String { formula.name }
        package var isUpgrade: Bool { if case .upgrade = action { true } else { false } }
        package var changesAnything: Bool {
            if case .keep = action { false } else { true }
        }
    }

    /// Each after what it needs.
    package var steps: [Step]

    package init(steps: [Step]) { self.steps = steps }

    package var toPour: [Step] { steps.filter(\.changesAnything) }
    /// It does something, and that is nothing but upgrades.
    package var isUpgrade: Bool { !toPour.isEmpty && toPour.allSatisfy(\.isUpgrade) }
    package var kept: [Step] { steps.filter { !$0.changesAnything } }
    package var missingBottles: [String] { toPour.filter { $0.bottle == nil }.map(\.name) }
    /// Bytes of all bottles that are there.
    package var downloadSize: Int { toPour.reduce(0) { $0 + ($1.bottle?.size ?? 0) } }

    /// The named formulae that need a bottle which is not there.
    package func rootsToBuild(in resolver: Resolver) throws -> [String] {
        let missing = Set(missingBottles)
        return try steps.filter(\.isRequested).map(\.name).filter { name in
            try resolver.closure(of: [name]).contains { missing.contains($0.name) }
        }
    }
}

/// An installed package that there is a newer version of.
package struct OutdatedPackage: Sendable, Equatable {
    package var name: String
    package var installed: String
    package var available: String
    package var isOnRequest: Bool
}

/// What somebody wants with the packages that are named.
package enum InstallIntent: Sendable {
    case install
    /// Pour them again, even if they are current.
    case reinstall
    /// Bring what is there up to date; that does not make it something that was asked for.
    case upgrade
}

/// Makes plans: catalog and inventory in, plan or refusals out. Pure.
package struct Planner: Sendable {
    private let catalog: Catalog
    private let inventory: Inventory
    private let prefix: Prefix
    private let platform: Platform

    package init(catalog: Catalog, inventory: Inventory, prefix: Prefix, platform: Platform) {
        self.catalog = catalog
        self.inventory = inventory
        self.prefix = prefix
        self.platform = platform
    }

    /// - Throws: `Problems` with a `PlanRefusal` or `CatalogError` for each formula that is in the way.
    package func plan(_ names: [String], _ intent: InstallIntent = .install) throws -> InstallPlan {
        var problems: [any Problem] = []
        var roots: [String] = []
        for name in names {
            do throws(CatalogError) {
                let formula = try catalog.formula(name)
                if !roots.contains(formula.name) { roots.append(formula.name) }
            } catch {
                problems.append(error)
            }
        }
        try Problems.throwIfAny(problems)
        let plan = InstallPlan(
            steps: try Resolver(catalog: catalog).closure(of: roots).map { formula in
                let isRequested = roots.contains(formula.name)
                return InstallPlan.Step(
                    formula: formula, action: action(for: formula, reinstall: intent == .reinstall && isRequested),
                    isRequested: isRequested,
                    isOnRequest: isRequested && intent != .upgrade || inventory[formula.name]?.isOnRequest == true,
                    bottle: bottle(of: formula))
            })
        try Problems.throwIfAny(refusals(of: plan))
        return plan
    }

    private func action(for formula: CatalogFormula, reinstall: Bool) -> InstallPlan.Action {
        guard let installed = inventory[formula.name] else { return .install }
        let present = installed.current.pkgVersion
        if present == formula.pkgVersion { return reinstall ? .reinstall : .keep(installed: present) }
        let scheme = installed.receipt?.source?.versions?.versionScheme ?? formula.versionScheme
        let isNewer =
            scheme != formula.versionScheme
            ? scheme > formula.versionScheme : PkgVersion(present).order(PkgVersion(formula.pkgVersion)) > 0
        return isNewer && !reinstall ? .keep(installed: present) : .upgrade(from: present)
    }

    /// What is installed in an older version than the catalog has, and what the catalog does not know, by name.
    package func outdated() -> (packages: [OutdatedPackage], unknown: [String]) {
        var packages: [OutdatedPackage] = []
        var unknown: [String] = []
        for package in inventory.sorted {
            guard let formula = catalog[package.name] else {
                unknown.append(package.name)
                continue
            }
            guard case .upgrade(let present) = action(for: formula, reinstall: false) else { continue }
            packages.append(
                OutdatedPackage(
                    name: package.name, installed: present, available: formula.pkgVersion,
                    isOnRequest: package.isOnRequest))
        }
        return (packages, unknown)
    }

    private func bottle(of formula: CatalogFormula) -> CatalogBottle? {
        let tags = formula.bottles.compactMap { PlatformTag($0.platform) }
        guard let best = PlatformTag.best(for: platform, among: tags) else { return nil }
        return formula.bottles.first { PlatformTag($0.platform) == best }
    }

    /// Why the plan cannot be carried out.
    package func refusals(of plan: InstallPlan) -> [PlanRefusal] {
        let names = Set(plan.steps.map(\.name))
        return plan.toPour.flatMap { step -> [PlanRefusal] in
            // They become parts of paths.
            let parts = [step.name, step.formula.pkgVersion] + step.formula.aliases
            if let bad = parts.first(where: { !Self.isFolderName($0) }) { return [.badName(bad)] }
            var refusals: [PlanRefusal] = []
            if step.formula.isDisabled { refusals.append(.disabled(step.name, reason: step.formula.deprecation)) }
            if let bottle = step.bottle, let reason = misfit(bottle) {
                refusals.append(.pinnedBottle(step.name, prefix: prefix.path, reason))
            }
            for rival in rivals(of: step.formula) {
                if names.contains(rival) {
                    if step.name < rival { refusals.append(.conflict(step.name, rival, isInstalled: false)) }
                } else if inventory[rival]?.isLinked == true {
                    refusals.append(.conflict(step.name, rival, isInstalled: true))
                }
            }
            return refusals
        }
    }

    private static func isFolderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count < 256 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }
    }

    /// Why a bottle cannot be poured into this prefix.
    private func misfit(_ bottle: CatalogBottle) -> PlanRefusal.Misfit? {
        PlanRefusal.Misfit(of: bottle.cellar, longestPrefix: bottle.longestPrefix, for: prefix)
    }

    /// Formulae that a formula says it cannot be beside, or that say so of it.
    private func rivals(of formula: CatalogFormula) -> [String] {
        var rivals = formula.conflictsWith.map { catalog[$0]?.name ?? $0 }
        for other in catalog.rivals(of: formula.name) where !rivals.contains(other.name) { rivals.append(other.name) }
        return rivals
    }
}
