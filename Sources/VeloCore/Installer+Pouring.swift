package import SystemPackage
import VeloFormula
package import VeloSystem

extension Installer {
    /// Installs bottles from files: all of them, or none.
    ///
    /// - Parameter digests: What files have to hash to, by their path, besides what is said beside them.
    /// - Throws: any area's `Problem`; then the prefix is as it was.
    package func pour(
        _ files: [FilePath], digests: [FilePath: SHA256Digest] = [:], manifest: FilePath? = nil,
        ignoreDependencies: Bool = false
    ) async throws -> [Keg] {
        try prefix.check()
        try await recoverIfNeeded()
        let (prefix, platform) = (prefix, platform)
        let bottles = try await BlockingThread.run {
            var bottles: [LocalBottle] = []
            for file in files {
                var bottle = try LocalBottle(file, manifest: manifest)
                if let digest = digests[file] { bottle.digest = digest }
                bottles.append(bottle)
            }
            try Self.check(bottles, platform, prefix, ignoreDependencies)
            return bottles
        }
        try await exclusively { scratch in
            try await stage(bottles, scratch)
            try Task.checkCancellation()
            try await commit(bottles, scratch: scratch)
        }
        return bottles.map { prefix.keg($0.bottle.name, $0.bottle.pkgVersion) }
    }

    /// What cannot work is refused before anything is unpacked.
    private static func check(
        _ bottles: [LocalBottle], _ platform: Platform, _ prefix: Prefix, _ ignoreDependencies: Bool
    ) throws {
        let inventory = try Inventory(of: prefix)
        var problems: [any Problem] = []
        var names: Set<String> = []
        for local in bottles {
            let bottle = local.bottle
            if !names.insert(bottle.name).inserted { problems.append(LocalBottleError.twice(bottle.name)) }
            if let built = bottle.platform, built != .all, built.platform != platform {
                problems.append(
                    LocalBottleError.otherPlatform(
                        bottle.file, built: built.description, here: PlatformTag(platform).description))
            }
            if let misfit = bottle.misfit(for: prefix) {
                problems.append(PlanRefusal.pinnedBottle(bottle.name, prefix: prefix.path, misfit))
            }
        }
        if !ignoreDependencies {
            for local in bottles {
                let missing = (local.bottle.tab?.runtimeDependencies ?? [])
                    .map { Inventory.shortName($0.fullName) }
                    .filter { !names.contains($0) && inventory[$0] == nil }
                if !missing.isEmpty {
                    problems.append(LocalBottleError.missingDependencies(local.bottle.name, missing))
                }
            }
        }
        try Problems.throwIfAny(problems)
    }

    private func stage(_ bottles: [LocalBottle], _ scratch: FilePath) async throws {
        let present = Dictionary(bottles.map { ($0.bottle.name, $0) }) { first, _ in first }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, local) in bottles.enumerated() {
                // A bottle keeps more than one thread busy by itself.
                if index >= 2 { try await group.next() }
                group.addTask {
                    let name = local.bottle.name
                    events(.pouring(name))
                    let record = record(of: local, among: present)
                    let pourer = Pourer(prefix: prefix)
                    let folder = scratch.appending(name)
                    do {
                        let tree = try await BlockingThread.run {
                            try pourer.stage(
                                local.bottle, record: record, in: folder, isHashed: local.digest != nil)
                        }
                        if let expected = local.digest, let actual = tree.digest, expected != actual {
                            throw LocalBottleError.wrongDigest(
                                local.bottle.file, expected: expected, actual: actual)
                        }
                    } catch {
                        throw InstallError.package(name, doing: .pour, cause: error)
                    }
                    events(.poured(name))
                }
            }
            try await group.waitForAll()
        }
    }

    private func record(of local: LocalBottle, among bottles: [String: LocalBottle]) -> PourRecord {
        let needed = bottles.values.contains { other in
            (other.bottle.tab?.runtimeDependencies ?? []).contains {
                Inventory.shortName($0.fullName) == local.bottle.name
            }
        }
        return PourRecord(
            installedOnRequest: !needed, time: Host.now(), aliases: local.aliases, source: local.source)
    }

    private func commit(_ bottles: [LocalBottle], scratch: FilePath) async throws {
        let title = "pour \(bottles.map(\.bottle.name).joined(separator: " "))"
        try await commit(title: title, scratch: scratch) { commit, transaction in
            for local in bottles {
                let bottle = local.bottle
                try commit.pour(
                    InstallCommit.Package(
                        name: bottle.name, pkgVersion: bottle.pkgVersion, isKegOnly: local.isKegOnly,
                        linkOverwrite: local.linkOverwrite, aliases: local.aliases),
                    &transaction)
            }
        }
    }
}

extension BottleFile {
    /// Why it cannot go to a prefix; nil if it can, as far as that is known before its files have been looked at.
    func misfit(for prefix: Prefix) -> PlanRefusal.Misfit? {
        PlanRefusal.Misfit(of: cellar, longestPrefix: tab?.longestPrefix(cellar: cellar), for: prefix)
    }
}
