import SystemPackage
import VeloFormula
import VeloSystem

extension Installer {
    /// Downloads the plan's bottles and pours each into staging as soon as it is here, while others still arrive.
    ///
    /// Returns the names of those that were in the cache.
    func bring(
        _ plan: InstallPlan, _ answer: MirrorClient.CatalogAnswer, into scratch: FilePath
    ) async throws -> Set<String> {
        let steps = plan.toPour.compactMap { step in
            step.bottle.map { (step, client.request(for: $0, listedBy: answer.mirror)) }
        }
        try blobs.require(
            steps.filter { step, request in
                request.digest.map { kegs?.has(step.name, $0) != true } ?? true
            }.map(\.1))
        let records = PourRecords(plan: plan, catalog: answer.catalog, time: Host.now())
        return try await withThrowingTaskGroup(of: String?.self) { group in
            var cached: Set<String> = []
            for (index, (step, request)) in steps.enumerated() {
                if index >= concurrency, let name = try await group.next() { name.map { _ = cached.insert($0) } }
                group.addTask {
                    let record = try records.record(for: step)
                    if try await restage(step, request.digest, record, scratch) { return step.name }
                    let (file, wasCached) = try await download(step, request)
                    try await stage(step, file, request.digest, record, scratch)
                    return wasCached ? step.name : nil
                }
            }
            for try await name in group { name.map { _ = cached.insert($0) } }
            return cached
        }
    }

    private func download(_ step: InstallPlan.Step, _ request: TransferRequest) async throws -> (FilePath, Bool) {
        guard let digest = request.digest else {
            throw InstallError.package(step.name, doing: .download, cause: CatalogFlaw.noDigest(step.name))
        }
        if let file = blobs.blob(digest) {
            events(.downloaded(step.name, bytes: request.size ?? 0, fromCache: true))
            return (file, true)
        }
        let (name, size, events) = (step.name, request.size ?? 0, events)
        do {
            let file = try await blobs.fetch(digest, from: request, using: client.engine) { event in
                switch event {
                case .received(let bytes): events(.downloading(name, received: bytes, total: size))
                case .retrying(let reason, _): events(.retrying(name, reason: reason))
                default: break
                }
            }
            events(.downloaded(name, bytes: size, fromCache: false))
            return (file, false)
        } catch FetchError.cancelled {
            throw CancellationError()
        } catch {
            throw InstallError.package(name, doing: .download, cause: error)
        }
    }

    /// Stages a keg that was poured here before; false if there is none.
    private func restage(
        _ step: InstallPlan.Step, _ digest: SHA256Digest?, _ record: PourRecord, _ scratch: FilePath
    ) async throws -> Bool {
        guard let kegs, let digest, kegs.has(step.name, digest) else { return false }
        let (pourer, folder) = (Pourer(prefix: prefix), scratch.appending(step.name))
        let isThere = try await BlockingThread.run {
            try pourer.restage(
                step.name, step.formula.pkgVersion, digest, record: record, in: folder, from: kegs)
        }
        guard isThere else { return false }
        events(.downloaded(step.name, bytes: step.bottle?.size ?? 0, fromCache: true))
        events(.pouring(step.name))
        events(.poured(step.name))
        return true
    }

    private func stage(
        _ step: InstallPlan.Step, _ file: FilePath, _ digest: SHA256Digest?, _ record: PourRecord, _ scratch: FilePath
    ) async throws {
        events(.pouring(step.name))
        let bottle = BottleFile(
            name: step.name, pkgVersion: step.formula.pkgVersion, file: file, tab: nil,
            cellar: step.bottle?.cellar ?? "any")
        let pourer = Pourer(prefix: prefix)
        let folder = scratch.appending(step.name)
        do {
            try await BlockingThread.run {
                _ = try pourer.stage(bottle, record: record, in: folder) { keg, tab in
                    if let digest { kegs?.keep(keg, tab, of: step.name, digest) }
                }
            }
        } catch {
            throw InstallError.package(step.name, doing: .pour, cause: error)
        }
        events(.poured(step.name))
    }
}

/// Makes the receipts' share of a plan: what was asked for, and what each package runs with.
private struct PourRecords: Sendable {
    let plan: InstallPlan
    let catalog: Catalog
    let time: Int

    func record(for step: InstallPlan.Step) throws -> PourRecord {
        let formula = step.formula
        let commit = catalog.taps.first { $0.name == formula.tap }?.commit
        return PourRecord(
            installedOnRequest: step.isOnRequest, time: time, aliases: formula.aliases,
            source: Receipt.Source(
                tap: formula.tap, tapGitHead: commit, stableVersion: formula.version,
                versionScheme: formula.versionScheme),
            runtimeDependencies: try dependencies(of: formula))
    }

    private func dependencies(of formula: CatalogFormula) throws -> [Tab.RuntimeDependency] {
        let direct = Set(formula.dependencies.compactMap { catalog[$0]?.name })
        return try Resolver(catalog: catalog).closure(of: [formula.name]).dropLast().map { dependency in
            var entry = Tab.RuntimeDependency(
                fullName: dependency.name, version: dependency.version, revision: dependency.revision,
                bottleRebuild: plan.steps.first { $0.name == dependency.name }?.bottle?.rebuild ?? 0,
                declaredDirectly: direct.contains(dependency.name))
            if case .keep(let installed)? = plan.steps.first(where: { $0.name == dependency.name })?.action,
                installed != dependency.pkgVersion
            {
                let present = PkgVersion(installed)
                entry.version = present.version.text
                entry.revision = present.revision
                entry.pkgVersion = installed
            }
            return entry
        }
    }
}

/// A catalog that leaves out what it must say.
private enum CatalogFlaw: Problem {
    case noDigest(String)

    var summary: String {
        switch self {
        case .noDigest(let name): "the catalog gives no sha256 for the bottle of `\(name)`"
        }
    }
}
