package import VeloSystem

/// What an upgrade is going to do, and what it leaves alone.
package struct UpgradePlan: Sendable {
    /// Installed packages to bring up to date.
    package var packages: [OutdatedPackage] = []
    /// Why others that are out of date stay as they are, by name. Only when everything is upgraded: what is named and
    /// cannot be upgraded is an error.
    package var refused: [(name: String, problem: any Problem)] = []
    /// Installed, and not in the catalog.
    package var unknown: [String] = []
}

extension Installer {
    /// Brings installed packages up to date: the named ones, or all; and what they need.
    ///
    /// - Throws: any area's `Problem`; then the prefix is as it was.
    package func upgrade(_ names: [String]) async throws -> (UpgradePlan, InstallSummary) {
        let started = ContinuousClock.now
        try prefix.check()
        try await recoverIfNeeded()
        let answer = try await client.catalog()
        events(.catalog(mirror: answer.mirror, answer.origin))
        let upgrade = try await plan(upgrading: names, answer.catalog)
        guard !upgrade.packages.isEmpty else { return (upgrade, InstallSummary(plan: InstallPlan(steps: []))) }
        let summary = try await carryOut(upgrade.packages.map(\.name), .upgrade, answer, since: started)
        return (upgrade, summary)
    }

    /// What `upgrade` would do, and the packages that it would pour.
    package func upgradePlan(_ names: [String]) async throws -> (UpgradePlan, InstallPlan) {
        try prefix.check()
        let answer = try await client.catalog()
        events(.catalog(mirror: answer.mirror, answer.origin))
        let upgrade = try await plan(upgrading: names, answer.catalog)
        let roots = upgrade.packages.map(\.name)
        return (upgrade, try await planning(answer.catalog) { planner, _ in try planner.plan(roots, .upgrade) })
    }

    /// What could be upgraded, and what no mirror has.
    package func outdated() async throws -> (packages: [OutdatedPackage], unknown: [String]) {
        let answer = try await client.catalog()
        return try await planning(answer.catalog) { planner, _ in planner.outdated() }
    }

    private func plan(upgrading names: [String], _ catalog: Catalog) async throws -> UpgradePlan {
        try await planning(catalog) { planner, inventory in
            let (outdated, unknown) = planner.outdated()
            guard names.isEmpty else {
                let wanted = Set(try Self.installed(names, in: inventory, catalog))
                return UpgradePlan(
                    packages: outdated.filter { wanted.contains($0.name) }, unknown: unknown.filter(wanted.contains))
            }
            var upgrade = UpgradePlan(unknown: unknown)
            for package in outdated {
                do {
                    _ = try planner.plan([package.name], .upgrade)
                    upgrade.packages.append(package)
                } catch let problem as any Problem {
                    upgrade.refused.append((package.name, problem))
                }
            }
            return upgrade
        }
    }

    /// The names that packages are installed under.
    private static func installed(
        _ names: [String], in inventory: Inventory, _ catalog: Catalog
    ) throws -> [String] {
        var found: [String] = []
        var problems: [any Problem] = []
        for name in names {
            let short = Inventory.shortName(name)
            if let package = inventory[short] ?? catalog[name].flatMap({ inventory[$0.name] }) {
                found.append(package.name)
            } else {
                problems.append(InstallError.notInstalled(name, nearest: inventory.nearest(to: short)))
            }
        }
        try Problems.throwIfAny(problems)
        return found
    }
}
