package import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// The program inside the sandbox: unpacks, patches, and evaluates `install`; or evaluates `test`.
///
/// Blocking; one step a process.
package struct StepRunner {
    private let folder: FilePath
    private let log = StepLog()

    /// - Parameter folder: `/velo/step`
    package init(folder: FilePath = FilePath(BuildLayout.Inside.step)) {
        self.folder = folder
    }

    /// Does what `request.json` says, and writes the outcome. True when it went well.
    package func run() throws -> Bool {
        let request = try StepRequest.read(from: folder)
        let place = FilePath(request.kind == .install ? request.root : BuildLayout.Inside.temporary)
        var outcome = StepOutcome()
        do {
            switch request.kind {
            case .install: outcome.sourceModified = try install(request)
            case .test: try test(request)
            }
        } catch {
            outcome.failure = failure(error)
        }
        try outcome.write(to: place)
        return outcome.failure == nil
    }

    private func install(_ request: StepRequest) throws -> Int {
        let loaded = try load(request)
        let formula = loaded.formula
        guard let source = formula.active else { throw BuildError(formula.fullName, .fetch, .noSource) }
        let archives = StepArchives(folder: StepRequest.archives(in: folder))
        let buildPath = FilePath(BuildLayout.Inside.source(of: formula, in: request.root))

        log.phase(.unpack)
        try FileTree.makeFolder(buildPath)
        try archives.unpack(source.download, into: buildPath)
        let modified = try newestFile(in: buildPath)

        if !source.patches.isEmpty { log.phase(.patch) }
        try archives.apply(source.patches, in: buildPath, prefix: request.prefix, log: log)

        log.phase(.install)
        let keg = FilePath(request.prefix).appending("Cellar/\(formula.name)/\(formula.pkgVersion)")
        try FileTree.makeFolder(keg)
        let home = buildPath.appending(".brew_home")
        try FileTree.makeFolder(home)
        let environment = environment(request, formula, sourceDate: modified).forInstall(home: home.string)
        let host = BuildHost(log: log, archives: archives, prefix: request.prefix)
        try loaded.run(.install, host: host, folder: buildPath.string, environment: environment)
        try Metafiles.install(from: buildPath, to: keg)
        return modified
    }

    private func test(_ request: StepRequest) throws {
        let loaded = try load(request)
        let testPath = FilePath(BuildLayout.Inside.temporary).appending("test")
        try FileTree.makeFolder(testPath)
        let environment = environment(request, loaded.formula, sourceDate: 1).forTest(home: testPath.string)
        let host = BuildHost(
            log: log, archives: StepArchives(folder: StepRequest.archives(in: folder)), prefix: request.prefix)
        try loaded.run(.test, host: host, folder: testPath.string, environment: environment)
    }

    // MARK: Surroundings

    private func load(_ request: StepRequest) throws -> LoadedFormula {
        let catalog = StepFormulae(folder: folder, entries: [request.formula] + request.others)
        return try catalog.load(request.formula, context: try context(request))
    }

    private func context(_ request: StepRequest) throws -> EvaluationContext {
        guard let platform = PlatformTag(request.platform)?.platform, let date = CalendarDate(request.date) else {
            throw BuildError(request.formula.name, .install, .sandbox("the request names no platform or no date"))
        }
        var context = EvaluationContext(
            platform: platform, date: date, prefix: request.prefix, compiler: request.compiler,
            compilerVersion: request.compilerVersion, makeJobs: request.makeJobs)
        if request.kind == .install { context.shimsFolder = BuildLayout.Inside.shims }
        context.temporaryFolder = BuildLayout.Inside.temporary
        context.cacheFolder = "\(BuildLayout.Inside.temporary)/cache"
        context.logFolder = "\(BuildLayout.Inside.temporary)/logs"
        return context
    }

    private func environment(_ request: StepRequest, _ formula: Formula, sourceDate: Int) -> BuildEnvironment {
        BuildEnvironment(
            prefix: request.prefix, formula: formula,
            dependencies: request.dependencies.map { .init(name: $0.name, isKegOnly: $0.isKegOnly) },
            compiler: request.compiler, makeJobs: request.makeJobs, sourceDate: sourceDate, root: request.root,
            daysAhead: request.daysAhead)
    }

    /// The time of the newest file, which stands for the time of the release.
    private func newestFile(in folder: FilePath) throws -> Int {
        var newest = 1
        try FileTree.walk(folder) { _, _, status in
            if status.kind == .file { newest = max(newest, status.modified) }
            return true
        }
        return newest
    }

    private func failure(_ error: any Error) -> StepOutcome.Failure {
        if let problem = error as? FormulaProblem {
            log.line(problem.rendered)
            return StepOutcome.Failure(
                command: problem.failedCommand?.arguments, status: problem.failedCommand?.status,
                message: problem.summary)
        }
        let words = (error as? HostError)?.message ?? ProblemReport(error).oneLine
        log.line("error: \(words)")
        return StepOutcome.Failure(command: nil, status: nil, message: words)
    }
}

/// The formulae that a step can ask about: those whose files were given to it.
struct StepFormulae: FormulaLookup {
    let folder: FilePath
    private let entries: [String: StepRequest.FormulaEntry]

    init(folder: FilePath, entries: [StepRequest.FormulaEntry]) {
        self.folder = folder
        self.entries = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    }

    func load(_ entry: StepRequest.FormulaEntry, context: EvaluationContext) throws -> LoadedFormula {
        let file = StepRequest.formulaFile(entry.name, in: folder)
        let source = SourceText(name: entry.path, bytes: try FileTree.read(file))
        return try FormulaLoader.load(
            name: entry.name, tap: TapName(entry.tap) ?? .core, source: source, context: context, formulae: self)
    }

    func canonicalName(of name: String) -> String? {
        let bare = name.split(separator: "/").last.map(String.init) ?? name
        return entries[bare] == nil ? name : bare
    }

    func formula(named name: String, context: EvaluationContext) throws -> Formula? {
        guard let bare = canonicalName(of: name), let entry = entries[bare] else { return nil }
        return try load(entry, context: context).formula
    }

    func aliases(of name: String) -> [String] { [] }
    func versionedFormulae(of name: String) -> [String] { entries.keys.filter { $0.hasPrefix(name + "@") }.sorted() }
    func formerName(of name: String) -> String? { nil }
}
