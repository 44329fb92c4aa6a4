import SystemPackage
import VeloFormula
import VeloSystem

extension Installer {
    /// Removes packages: links, opt records and kegs, of all versions.
    ///
    /// - Throws: `InstallError.needed` if something installed needs one of them, unless that is to be ignored.
    package func uninstall(_ names: [String], ignoreDependencies: Bool = false) async throws -> [Keg] {
        try prefix.check()
        try await recoverIfNeeded()
        var removed: [Keg] = []
        guard FileTree.exists(prefix.cellar) else {
            try Problems.throwIfAny(names.map { InstallError.notInstalled($0, nearest: []) })
            return []
        }
        let title = "uninstall \(names.joined(separator: " "))"
        try await exclusively { scratch in
            let commit = InstallCommit(prefix: prefix, scratch: scratch, events: events)
            let (watch, prefix, events, kegs) = (watch, prefix, events, kegs)
            removed = try await BlockingThread.run {
                let packages = try Self.packages(names, ignoreDependencies, in: prefix)
                try Transaction.run(in: prefix, scratch: scratch, title: title, time: Host.now(), watch: watch) {
                    transaction in
                    for package in packages {
                        events(.unlinking(package.name))
                        for keg in package.kegs {
                            try transaction.perform(try Linker(prefix: prefix).unlinkChanges(keg))
                            try transaction.perform([try commit.retire(keg)])
                            events(.removed(keg))
                        }
                        try transaction.perform([.removeFolder("Cellar/\(package.name)")])
                    }
                    try transaction.perform(try LoaderLink.changes(in: prefix))
                }
                for package in packages { kegs?.forget(package.name) }
                return packages.flatMap(\.kegs)
            }
        }
        return removed
    }

    private static func packages(
        _ names: [String], _ ignoreDependencies: Bool, in prefix: Prefix
    ) throws -> [Inventory.Package] {
        let inventory = try Inventory(of: prefix)
        var packages: [Inventory.Package] = []
        var problems: [any Problem] = []
        for name in names {
            let short = Inventory.shortName(name)
            let resolved = inventory[short] ?? prefix.owner(ofLink: prefix.opt(short)).flatMap { inventory[$0.name] }
            if let resolved {
                if !packages.contains(where: { $0.name == resolved.name }) { packages.append(resolved) }
            } else {
                problems.append(InstallError.notInstalled(name, nearest: inventory.nearest(to: short)))
            }
        }
        try Problems.throwIfAny(problems)
        let dependents = inventory.dependents(of: Set(packages.map(\.name)))
        guard ignoreDependencies || dependents.isEmpty else {
            throw InstallError.needed(packages.map(\.name), by: dependents.map(\.name))
        }
        return packages
    }
}

extension Inventory {
    /// Installed names that are most like one.
    package func nearest(to name: String) -> [String] {
        NearestNames.to(name, among: packages.keys)
    }
}
