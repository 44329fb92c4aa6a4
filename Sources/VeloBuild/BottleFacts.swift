package import SystemPackage
package import VeloCore
package import VeloFormula
import VeloSystem

/// What a bottle says of itself besides its files: from the build that made the keg, or from the keg's own receipt.
package struct BottleFacts: Sendable {
    package var formula: Formula
    /// The formula's file.
    package var source: [UInt8]
    package var platform: PlatformTag
    package var rebuild: Int
    package var tapCommit: String?
    /// What it runs with.
    package var dependencies: [Tab.RuntimeDependency]
    /// What stood in for what building needs: commands of the host and their versions, by formula.
    package var externals: [String: String] = [:]
    /// The commits of sources without a revision, by identity.
    package var commits: [String: String] = [:]
    package var compiler: String
    package var builtOn: Tab.BuiltOn
    /// Seconds since 1970: the time of every file in the archive.
    package var sourceModified: Int

    init(_ request: BuildRequest, _ toolchain: HostToolchain, sourceModified: Int) {
        formula = request.formula
        source = request.source.bytes
        platform = request.platform
        rebuild = request.rebuild
        tapCommit = request.tapCommit
        commits = request.commits
        dependencies = request.dependencies.filter { !$0.isBuildOnly }.map { dependency in
            Tab.RuntimeDependency(
                fullName: dependency.formula.fullName, version: dependency.formula.version.description,
                revision: dependency.formula.revision, bottleRebuild: 0, declaredDirectly: dependency.isDirect)
        }
        externals = request.externals.mapValues { commands in
            commands.split(separator: " ").map { HostToolchain.version(of: String($0)) }.joined(separator: "; ")
        }
        compiler = toolchain.compiler
        builtOn = Tab.BuiltOn(
            os: "Linux", osVersion: toolchain.systemName, cpuFamily: nil, glibcVersion: toolchain.glibcVersion,
            oldestCpuFamily: nil)
        self.sourceModified = sourceModified
    }

    /// Reads what an installed keg says of itself: its receipt, and the formula that it was built from. Blocking.
    ///
    /// - Parameter formulaFile: The formula, where the keg has no copy of it.
    package init(of keg: Keg, formulaFile: FilePath?, platform: PlatformTag, rebuild: Int) throws {
        let file = formulaFile ?? keg.location.appending(".brew").appending("\(keg.name).rb")
        guard FileTree.exists(file) else { throw BottlingError.noFormula(keg.location, file) }
        guard let receipt = try Receipt.read(keg) else { throw BottlingError.noReceipt(keg.location) }
        source = try FileTree.read(file)
        let tap = receipt.source?.tap.flatMap { TapName($0) } ?? .core
        formula = try FormulaLoader.load(
            name: keg.name, tap: tap, source: SourceText(name: "\(keg.name).rb", bytes: source),
            context: EvaluationContext(
                platform: platform.platform ?? Platform(.linux, .x86_64), date: CalendarDate.today()),
            formulae: NoFormulae()
        ).formula
        guard formula.pkgVersion == keg.pkgVersion else {
            throw BottlingError.otherVersion(keg.location, formula: formula.pkgVersion)
        }
        self.platform = platform
        self.rebuild = rebuild
        tapCommit = receipt.source?.tapGitHead
        dependencies = receipt.runtimeDependencies ?? []
        externals = receipt.externals ?? [:]
        compiler = receipt.compiler ?? "gcc"
        let host = Host.current()
        builtOn =
            receipt.builtOn
            ?? Tab.BuiltOn(
                os: "Linux", osVersion: host.systemName, cpuFamily: nil, glibcVersion: host.glibcVersion,
                oldestCpuFamily: nil)
        // Homebrew never writes zero, which would be no time at all in gzip's header.
        sourceModified = max(1, receipt.sourceModifiedTime ?? 1)
    }
}

/// Why a keg is not made into a bottle.
package enum BottlingError: Problem {
    case notAKeg(FilePath)
    case noFormula(FilePath, FilePath)
    case noReceipt(FilePath)
    case otherVersion(FilePath, formula: String)

    package var summary: String {
        switch self {
        case .notAKeg(let path): "`\(path)` is no keg: it is not at `PREFIX/Cellar/NAME/VERSION`"
        case .noFormula(let keg, let file): "the keg `\(keg)` has no copy of its formula at `\(file)`"
        case .noReceipt(let keg): "the keg `\(keg)` has no receipt"
        case .otherVersion(let keg, let version): "the formula is about version \(version), and the keg is `\(keg)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .noFormula: ["name the formula's file with `--formula`"]
        default: []
        }
    }
}
