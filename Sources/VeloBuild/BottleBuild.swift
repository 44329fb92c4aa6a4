package import SystemPackage
package import VeloCore
import VeloFormula
package import VeloSystem

/// What all builds of a worker have in common.
package struct BuildSettings: Sendable {
    /// This program, `velod`: what evaluates formulae inside the sandbox lies beside it.
    package var program: FilePath
    package var toolchain: HostToolchain
    package var limits: SandboxRunner.Limits
    package var makeJobs: Int
    package var sources: BlobCache
    package var engine: TransferEngine
    package var repositories: any CommitSources
    /// Where builds get control groups of their own; nil where the host has none to give.
    package var groups: ControlGroups?
    /// Folders with archives named by their sha256, looked into before the network is asked.
    package var archiveFolders: [FilePath] = []
    /// The folder in which things are compiled, as it is called inside the sandbox.
    package var root = BuildLayout.Inside.build
    /// Days by which programs see the clock advanced.
    package var daysAhead: Int?
    /// Where what builds see of the host is kept; nil for each build's own scratch folder.
    package var views: FilePath?
    /// `YYYY-MM-DD`, for formulae that look at the date.
    package var today: @Sendable () -> String

    package init(
        program: FilePath, toolchain: HostToolchain, limits: SandboxRunner.Limits, makeJobs: Int, sources: BlobCache,
        engine: TransferEngine, repositories: any CommitSources, today: @escaping @Sendable () -> String
    ) {
        self.program = program
        self.toolchain = toolchain
        self.limits = limits
        self.makeJobs = makeJobs
        self.sources = sources
        self.engine = engine
        self.repositories = repositories
        self.today = today
    }
}

/// From a formula to a proven bottle, phase by phase, in a scratch folder of its own.
package struct BottleBuild: Sendable {
    let settings: BuildSettings
    let request: BuildRequest
    let layout: BuildLayout
    let interruption: Interruption
    let events: @Sendable (BuildEvent) -> Void

    package init(
        _ request: BuildRequest, settings: BuildSettings, scratch: FilePath, interruption: Interruption,
        events: @escaping @Sendable (BuildEvent) -> Void
    ) {
        self.request = request
        self.settings = settings
        self.interruption = interruption
        self.events = events
        layout = BuildLayout(scratch: scratch, views: settings.views)
    }

    var formula: Formula { request.formula }
    /// What it is built for: Homebrew's prefix, unless another one is asked for.
    var prefixPath: String { request.prefix?.path ?? request.platform.defaultPrefix }

    /// Builds, bottles and proves. Cancelling the task stops the build.
    ///
    /// - Throws: also when the bottle fails its proof.
    package func run() async throws -> BuiltBottle {
        let (built, proof) = try await makeProven()
        guard proof.isProven else {
            throw BuildError(formula.fullName, proof.test == .failed ? .test : .prove, .unprovable(proof.problems))
        }
        return built
    }

    /// Builds, bottles, and finds out what the bottle is worth: a failed proof is an answer, not an error.
    package func makeProven() async throws -> (bottle: BuiltBottle, proof: Proof) {
        try await make { archives in
            try proven(try bottle(archives), archives)
        }
    }

    /// Builds and bottles only: to compare with what is proven already.
    package func makeUnproven() async throws -> BuiltBottle {
        try await make { try bottle($0) }
    }

    private func make<Result: Sendable>(
        _ body: @escaping @Sendable ([ArchiveMount]) throws -> Result
    ) async throws
        -> Result
    {
        if case .unusable(let problem) = SandboxProbe.run() { throw problem }
        for companion in Companion.allCases { _ = try companion.beside(settings.program) }
        events(.phase(.fetch))
        let fetcher = SourceFetcher(
            cache: settings.sources, engine: settings.engine, archiveFolders: settings.archiveFolders,
            repositories: settings.repositories, transfers: { events(.transfer($0)) })
        let files = try await fetcher.fetch(formula, commits: request.commits, scratch: layout.scratch) {
            events(.line($0))
        }
        return try await withTaskCancellationHandler {
            // Compiling takes minutes on threads that block.
            try await BlockingThread.run {
                try layout.prepare()
                let archives = try archiveMounts(files)
                try writeFormulae()
                return try body(archives)
            }
        } onCancel: {
            interruption.trigger()
        }
    }

    private func bottle(_ archives: [ArchiveMount]) throws -> BuiltBottle {
        events(.phase(.dependencies))
        let prefix = Prefix(at: layout.prefix, path: prefixPath)
        let stage = PrefixStage(prefix: prefix, events: events)
        try stage.pour(request.dependencies)
        try stage.standIn(for: request.externals)
        let configuration = try ConfigurationFiles(prefix: prefix)

        let outcome = try install(archives, prefix: prefix)
        let keg = prefix.keg(formula.name, formula.pkgVersion)
        events(.phase(.clean))
        try KegGuard.check(keg, formula: formula)
        try configuration.collect(into: keg.location)
        try KegCleaner(keg: keg.location, name: formula.name, skip: formula.skipClean).run()
        try NeededNames.repair(in: keg.location) { events(.line($0)) }

        events(.phase(.bottle))
        let built = try BottleWriter(request: request, toolchain: settings.toolchain, keg: keg, prefixPath: prefixPath)
            .write(to: layout.output, sourceModified: outcome.sourceModified ?? 1)
        events(.line("\(built.file.lastComponent?.string ?? ""): \(built.size) bytes, cellar \(built.cellar)"))

        return built
    }

    /// Unpacks, patches and runs `install` in the sandbox.
    private func install(_ archives: [ArchiveMount], prefix: Prefix) throws -> StepOutcome {
        for folder in ["Cellar/\(formula.name)", "etc", "var"] { try FileTree.makeFolder(prefix.absolute(folder)) }
        try stepRequest(.install, prefix: prefixPath).write(to: layout.step)
        let spec = BuildSandbox(
            layout: layout, program: settings.program, prefix: prefixPath, root: settings.root
        )
        .forInstall(of: formula, archives: archives, environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
        return try runStep(spec, outcomeIn: layout.build, phase: .install)
    }

    // MARK: Steps

    func runStep(_ spec: SandboxSpec, outcomeIn folder: FilePath, phase: BuildPhase) throws -> StepOutcome {
        let current = PhaseBox(phase)
        let exit = try SandboxRunner(limits: settings.limits, interruption: interruption, groups: settings.groups).run(
            spec
        ) { event in
            if case .phase(let phase) = event { current.set(phase) }
            events(event)
        }
        let failed = { (reason: BuildError.Reason) in BuildError(formula.fullName, current.phase, reason) }
        guard case .ended(let exit) = exit else {
            if case .exceeded(let excess) = exit { throw failed(.exceeded(excess)) }
            throw failed(.sandbox("it ended without saying how"))
        }
        switch exit {
        case .timeLimit: throw failed(.timeLimit(seconds: Int(settings.limits.total.components.seconds)))
        case .silenceLimit: throw failed(.silence(seconds: Int(settings.limits.silence.components.seconds)))
        case .interrupted, .stopped: throw failed(.interrupted)
        case .code, .signal: break
        }
        let outcome = StepOutcome.read(from: folder)
        if let failure = outcome?.failure {
            if let command = failure.command {
                throw failed(.commandFailed(command, status: failure.status ?? exit.status))
            }
            throw failed(.formula(failure.message))
        }
        guard exit.isSuccess, let outcome else { throw failed(.sandbox("status \(exit.status)")) }
        return outcome
    }

    func stepRequest(_ kind: StepRequest.Kind, prefix: String) -> StepRequest {
        StepRequest(
            kind: kind, formula: entry(formula), others: request.dependencies.map { entry($0.formula) },
            platform: request.platform.description, prefix: prefix, root: settings.root,
            daysAhead: settings.daysAhead, compiler: settings.toolchain.compiler,
            compilerVersion: settings.toolchain.compilerVersion, makeJobs: settings.makeJobs, date: settings.today(),
            dependencies: request.dependencies.map { .init(name: $0.formula.name, isKegOnly: $0.formula.isKegOnly) })
    }

    private func entry(_ formula: Formula) -> StepRequest.FormulaEntry {
        .init(name: formula.name, tap: formula.tap.description, path: formula.path)
    }

    /// The formula's file, and those of its dependencies, for the evaluator inside.
    private func writeFormulae() throws {
        try FileTree.makeFolder(layout.step.appending("formulae"))
        try FileTree.write(request.source.bytes, to: StepRequest.formulaFile(formula.name, in: layout.step))
        for dependency in request.dependencies {
            try FileTree.write(
                dependency.source.bytes, to: StepRequest.formulaFile(dependency.formula.name, in: layout.step))
        }
    }

    /// Where each downloaded file is seen inside. The places have to exist before the step's folder is mounted.
    private func archiveMounts(_ files: [String: FilePath]) throws -> [ArchiveMount] {
        var mounts: [ArchiveMount] = []
        for download in SourceFetcher.downloads(of: formula) {
            let identity = download.identity
            guard let file = files[identity], !mounts.contains(where: { $0.digest == identity }) else { continue }
            // What came out of a repository was packed here; other files are called as their URL says.
            let name = download.sha256 == nil ? file.lastComponent?.string : SourceFetcher.fileName(of: download)
            let mount = ArchiveMount(file: file, digest: identity, name: name ?? "source")
            let place = StepRequest.archives(in: layout.step).appending(identity)
            try FileTree.makeFolder(place)
            try FileTree.write([], to: place.appending(mount.name))
            mounts.append(mount)
        }
        return mounts
    }
}

/// The phase that a step announced last; it is set on the thread that reads its output.
private final class PhaseBox: @unchecked Sendable {
    // Set and read by the thread that runs the step, one after the other.
    private(set) var phase: BuildPhase

    init(_ phase: BuildPhase) { self.phase = phase }

    func set(_ phase: BuildPhase) { self.phase = phase }
}
