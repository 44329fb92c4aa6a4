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

    /// A request, and the formula's record for publishing.
    func request(_ claim: JobQueue.Claim) async throws -> (request: BuildRequest, record: FormulaRecord) {
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
        for item in list.items {
            dependencies.append(try await bottle(item, platform: claim.platform, index))
        }
        let request = BuildRequest(
            formula: formula, source: source, dependencies: dependencies, externals: list.externals, platform: platform,
            rebuild: claim.rebuild, tapCommit: commit)
        return (request, record)
    }

    private func bottle(
        _ item: PourList.Item, platform: String, _ index: FormulaIndex
    ) async throws -> BuildRequest.DependencyBottle {
        let version = try known(item.formula, index).catalog.pkgVersion
        guard let row = try await database.bottle(item.formula, pkgVersion: version, platform: platform),
            try blobs.size(row.digest) == row.size
        else { throw FarmError.bottleGone("\(item.formula.fullName) \(version)") }
        let (formula, source, _) = try await load(item.formula)
        return BuildRequest.DependencyBottle(
            formula: formula, source: source, file: blobs.path(row.digest), tab: row.tab, cellar: row.cellar,
            isDirect: item.isDirect, isBuildOnly: item.isBuildOnly)
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
