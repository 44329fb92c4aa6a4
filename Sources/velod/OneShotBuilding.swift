import SystemPackage
import VeloBuild
import VeloCLI
import VeloCore
import VeloFarm
import VeloFormula
import VeloGit
import VeloSystem

/// `velod build --tap`: reads the tap, works out what is to be built, builds it and tells how it went.
struct OneShotBuilding: Sendable {
    let names: [String]
    let options: OneShotOptions
    let configuration: FarmConfiguration
    let console: Console

    func run(following: Bool) async throws {
        let records = try await build(following: following)
        let failed = records.filter { $0.requested && ($0.verdict == .failed || $0.verdict == .blocked) }
        let unproven = records.filter { $0.requested && $0.verdict == .unproven }
        if !failed.isEmpty || !unproven.isEmpty { throw NotAllBuilt(failed: failed, unproven: unproven) }
    }

    /// Builds, and prints as it goes on.
    func build(following: Bool) async throws -> [BuildRecord] {
        try await oneShot(following: following, printing: true).run()
    }

    /// Builds what is not there, and then again.
    func compare() async throws -> [BottleComparison] {
        let build = try oneShot(following: false, printing: false)
        return try await build.compare(try await build.run())
    }

    private func oneShot(following: Bool, printing: Bool) throws -> OneShotBuild {
        let formulae = try tapFormulae()
        let externals = HostCommands(text: configuration.externals).present()
        let order = BuildSequence(names, externals: externals) { try formulae.load($0) }
        let output = try OutputFolder(absolute(options.out ?? "."))
        let json = options.json
        let console = console
        return OneShotBuild(order, settings: try settings(output), output: output) { notice in
            switch notice {
            case .started(let name, let version): console.talk("building \(name) \(version)")
            case .phase(let name, let phase): console.detail("\(name): \(phase.rawValue)")
            case .line(let name, let line): if following { console.tell("\(name) | \(line)") }
            case .ended(let record):
                if !printing {
                    if let failure = record.failure { console.warn("\(record.formula): \(failure.message)") }
                } else if json {
                    if let line = try? record.line() { console.data(line) }
                } else {
                    console.data(Self.line(record))
                }
            }
        }
    }

    private func tapFormulae() throws -> TapFormulae {
        let location = absolute(options.tap ?? ".")
        var name: TapName?
        if let text = options.tapName {
            guard let given = TapName(text) else { throw ConfigurationError.badValue("tap-name", text) }
            name = given
        }
        let folder = try FormulaFolder.reading(location, name: name)
        guard let platform = configuration.platform.platform else {
            throw ConfigurationError.badValue("platform", configuration.platform.description)
        }
        let context = EvaluationContext(platform: platform, date: CalendarDate.today(), prefix: try prefix()?.path)
        return TapFormulae(folder, context: context)
    }

    private func settings(_ output: OutputFolder) throws -> OneShotBuild.Settings {
        let folders = options.sources.map(absolute)
        var settings = OneShotBuild.Settings(
            program: try FileTree.realPath("/proc/self/exe"), toolchain: try HostToolchain.find(),
            limits: SandboxLimits(total: configuration.buildTimeLimit, silence: configuration.buildSilenceLimit),
            platform: configuration.platform, jobs: options.jobs ?? Host.current().processorCount,
            archiveFolders: folders,
            repositories: GitSources(root: output.downloads.appending("git"), folders: folders), tapCommit: nil,
            today: { CalendarDate.today().description })
        settings.prefix = try prefix()
        settings.groups = ControlGroups.find()
        return settings
    }

    private func prefix() throws -> BuildPrefix? { try options.prefix.map { try BuildPrefix($0) } }

    private func absolute(_ path: String) -> FilePath {
        (try? Host.workingFolder().pushing(FilePath(path)).lexicallyNormalized()) ?? FilePath(path)
    }

    /// `gpx 2.5.2: proven in 12.3 s (fetch 0.1, install 9.8, …)`
    private static func line(_ record: BuildRecord) -> String {
        let version = record.version.isEmpty ? "" : " \(record.version)"
        let start = "\(record.formula)\(version): \(record.verdict.rawValue)"
        if record.reused { return start + ", as before" }
        if let failure = record.failure, record.verdict != .unproven { return "\(start): \(failure.message)" }
        let times = record.phases.map { "\($0.phase.rawValue) \(tenths($0.seconds))" }.joined(separator: ", ")
        var reason = record.failure.map { ": \($0.message)" } ?? ""
        if let proof = record.proof, proof.elsewhere != nil { reason = ", for \(proof.prefix) alone" }
        return "\(start) in \(tenths(record.seconds)) s (\(times))\(reason)"
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// Some of what was asked for is not there, or not proven.
private struct NotAllBuilt: Problem {
    var failed: [BuildRecord]
    var unproven: [BuildRecord]

    var summary: String {
        var parts: [String] = []
        if !failed.isEmpty { parts.append("not built: " + failed.map(\.formula).joined(separator: ", ")) }
        if !unproven.isEmpty {
            parts.append("built, but not proven: " + unproven.map(\.formula).joined(separator: ", "))
        }
        return parts.joined(separator: "; ")
    }

    var hints: [String] { (failed + unproven).compactMap(\.log).prefix(3).map { "the log: \($0)" } }
}
