import SystemPackage
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

/// Gathers what a build needs, from what the farm has now: formulae, bottles, commands of the host.
struct RequestAssembly: Sendable {
    let database: FarmDatabase
    let blobs: BlobStore
    let catalog: CatalogPublisher
    let reading: FormulaReading
    /// Build dependencies that the host satisfies, and the command that does.
    let externals: [String: String]
    /// Folders in which commands of the host are looked for.
    let searchPath: [FilePath]
    let keys: FarmKeys

    /// The key of a request, or nil where there is nothing to tell by.
    ///
    /// - Parameter digests: of the bottles that it pours, by full name.
    func key(
        _ request: BuildRequest, on digests: [String: String], _ claim: JobQueue.Claim
    ) async throws -> BuildKey? {
        guard let tap = TapName(claim.formula.tap) else { return nil }
        return try await keys.key(
            request.source, tap, dependencies: digests, externals: request.externals, platform: claim.platform)
    }

    /// A request, the digests of the bottles that it pours, and the formula's record for publishing.
    func request(
        _ claim: JobQueue.Claim
    ) async throws -> (request: BuildRequest, digests: [String: String], record: FormulaRecord) {
        let index = try await catalog.current().index
        let record = try known(claim.formula, index)
        let (formula, source, commit) = try await load(claim.formula)
        guard formula.pkgVersion == claim.pkgVersion, let platform = PlatformTag(claim.platform) else {
            throw FarmError.formulaGone("\(claim.formula.fullName) \(claim.pkgVersion)")
        }
        let planner = BuildPlanner(index: index, externals: externals) { _ in true }
        let list = try planner.pourList(record)
        try checkCommands(list.externals)
        var dependencies: [BuildRequest.DependencyBottle] = []
        var digests: [String: String] = [:]
        for item in list.items {
            let (bottle, digest) = try await bottle(item, platform: claim.platform, index)
            dependencies.append(bottle)
            digests[item.formula.fullName] = digest.hex
        }
        let request = BuildRequest(
            formula: formula, source: source, dependencies: dependencies, externals: list.externals, platform: platform,
            rebuild: claim.rebuild, tapCommit: commit)
        return (request, digests, record)
    }

    private func bottle(
        _ item: PourList.Item, platform: String, _ index: FormulaIndex
    ) async throws -> (bottle: BuildRequest.DependencyBottle, digest: SHA256Digest) {
        let version = try known(item.formula, index).catalog.pkgVersion
        guard let row = try await database.bottle(item.formula, pkgVersion: version, platform: platform),
            try blobs.size(row.digest) == row.size
        else { throw FarmError.bottleGone("\(item.formula.fullName) \(version)") }
        let (formula, source, _) = try await load(item.formula)
        let bottle = BuildRequest.DependencyBottle(
            formula: formula, source: source, file: blobs.path(row.digest), tab: row.tab, cellar: row.cellar,
            isDirect: item.isDirect, isBuildOnly: item.isBuildOnly)
        return (bottle, row.digest)
    }

    private func known(_ formula: FormulaReference, _ index: FormulaIndex) throws -> FormulaRecord {
        guard let record = try index.find(formula.fullName) else { throw FarmError.formulaGone(formula.fullName) }
        return record
    }

    private func load(
        _ reference: FormulaReference
    ) async throws -> (formula: Formula, source: SourceText, commit: String?) {
        guard let tap = TapName(reference.tap),
            let (source, commit) = try await database.formulaSource(tap: reference.tap, name: reference.name),
            let formula = try await reading.formula(source, tap: tap)
        else { throw FarmError.formulaGone(reference.fullName) }
        return (formula, source, commit)
    }

    private func checkCommands(_ externals: [String: String]) throws {
        for (dependency, commands) in externals.sorted(by: { $0.key < $1.key }) {
            for command in commands.split(separator: " ").map(String.init) {
                let isThere = searchPath.contains { FileTree.isExecutable($0.appending(command)) }
                if !isThere { throw FarmError.externalMissing(dependency: dependency, command: command) }
            }
        }
    }
}
