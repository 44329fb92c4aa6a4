import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

/// Works out the keys of builds from what the farm and its host have now.
struct FarmKeys: Sendable {
    let database: FarmDatabase
    let reading: FormulaReading
    /// What sources without a revision stand for now; asks the network.
    let commits: @Sendable (Formula) async throws -> [String: String]

    /// The key of a build, or nil where there is nothing to tell by: without a compiler, say.
    ///
    /// - Parameters:
    ///   - dependencies: digests of the bottles it is built on, by full name.
    ///   - externals: commands of the host, separated by blanks, by formula.
    func key(
        _ source: SourceText, _ tap: TapName, dependencies: [String: String], externals: [String: String],
        platform: String
    ) async throws -> BuildKey? {
        guard let toolchain = try? await BlockingThread.run(HostToolchain.find),
            let loaded = try await reading.loaded(source, tap: tap)
        else { return nil }
        let commits = try await commits(loaded.formula)
        return try await BlockingThread.run {
            BuildKey(
                loaded, dependencies: dependencies, externals: Self.versions(externals), toolchain: toolchain,
                platform: platform, commits: commits)
        }
    }

    /// What the keys of formulae are now, without dependencies: of those an order may come to build, and whose bottles
    /// tell what they were built from. Head versions are left out: what they stand for is asked when they are built.
    func bases(for name: String, platform: String, _ planner: BuildPlanner) async throws -> [FormulaReference: String] {
        let keyed = try await database.keyedBottles()
        guard !keyed.isEmpty, let toolchain = try? await BlockingThread.run(HostToolchain.find) else { return [:] }
        var bases: [FormulaReference: String] = [:]
        for record in try planner.reach(name) where keyed.contains(record.reference) {
            let reference = record.reference
            guard let tap = TapName(reference.tap),
                let (source, _) = try await database.formulaSource(tap: reference.tap, name: reference.name),
                let loaded = try await reading.loaded(source, tap: tap), loaded.formula.stable != nil
            else { continue }
            let externals = try planner.pourList(record).externals
            bases[reference] = try await BlockingThread.run {
                BuildKey(
                    loaded, dependencies: [:], externals: Self.versions(externals), toolchain: toolchain,
                    platform: platform
                ).base.hex
            }
        }
        return bases
    }

    /// Blocking: asks each command.
    private static func versions(_ externals: [String: String]) -> [String: String] {
        externals.mapValues { commands in
            commands.split(separator: " ").map { "\($0): \(HostToolchain.version(of: String($0)))" }
                .joined(separator: "; ")
        }
    }
}
