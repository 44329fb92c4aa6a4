package import SystemPackage
import VeloCore
package import VeloFormula
package import VeloSystem

/// Builds some formulae and what they need, without a server: as many at a time as there are jobs for.
package struct OneShotBuild: Sendable {
    package struct Settings: Sendable {
        package var program: FilePath
        package var toolchain: HostToolchain
        package var limits: SandboxLimits
        package var platform: PlatformTag
        /// Processes of compilers in all, and builds at a time at most.
        package var jobs: Int
        package var archiveFolders: [FilePath]
        package var repositories: any CommitSources
        package var groups: ControlGroups?
        package var tapCommit: String?
        /// What bottles are built for; nil for Homebrew's prefix.
        package var prefix: BuildPrefix?
        package var today: @Sendable () -> String

        package init(
            program: FilePath, toolchain: HostToolchain, limits: SandboxLimits, platform: PlatformTag, jobs: Int,
            archiveFolders: [FilePath], repositories: any CommitSources, tapCommit: String?,
            today: @escaping @Sendable () -> String
        ) {
            self.program = program
            self.toolchain = toolchain
            self.limits = limits
            self.platform = platform
            self.jobs = jobs
            self.archiveFolders = archiveFolders
            self.repositories = repositories
            self.tapCommit = tapCommit
            self.today = today
        }
    }

    /// What is told while it goes on.
    package enum Notice: Sendable {
        case started(String, version: String)
        case phase(String, BuildPhase)
        case line(String, String)
        case ended(BuildRecord)
    }

    let order: BuildSequence
    let settings: Settings
    let output: OutputFolder
    let notices: @Sendable (Notice) -> Void

    package init(
        _ order: BuildSequence, settings: Settings, output: OutputFolder, notices: @escaping @Sendable (Notice) -> Void
    ) {
        self.order = order
        self.settings = settings
        self.output = output
        self.notices = notices
    }

    /// One record for each formula of the order, in the order in which they ended. Cancelling the task stops it.
    package func run() async throws -> [BuildRecord] {
        var done: [String: BuildRecord] = [:]
        var ended: [BuildRecord] = []
        func finish(_ record: BuildRecord) {
            done[record.formula] = record
            ended.append(record)
            notices(.ended(record))
        }
        for refusal in order.refusals { finish(refused(refusal)) }

        var waiting = order.steps
        let fetcher = BlobCache(root: output.downloads)
        let engine = TransferEngine()
        try await withThrowingTaskGroup(of: BuildRecord.self) { group in
            var running = 0
            while !waiting.isEmpty || running > 0 {
                try Task.checkCancellation()
                var index = 0
                while index < waiting.count {
                    let step = waiting[index]
                    let needed = step.pours.compactMap { done[$0.name] }
                    if let broken = needed.first(where: { $0.facts == nil }) {
                        waiting.remove(at: index)
                        finish(blocked(step, by: broken))
                        index = 0
                    } else if needed.count == step.pours.count, running < settings.jobs {
                        waiting.remove(at: index)
                        running += 1
                        let ready = waiting.count { next in next.pours.allSatisfy { done[$0.name] != nil } }
                        let share = max(1, settings.jobs / min(settings.jobs, max(running, running + ready)))
                        let bottles = done
                        group.addTask {
                            try await build(step, on: bottles, makeJobs: share, cache: fetcher, engine: engine)
                        }
                    } else {
                        index += 1
                    }
                }
                if running > 0, let record = try await group.next() {
                    running -= 1
                    finish(record)
                }
            }
        }
        return ended
    }

    private func build(
        _ step: BuildSequence.Step, on done: [String: BuildRecord], makeJobs: Int, cache: BlobCache,
        engine: TransferEngine
    ) async throws -> BuildRecord {
        let formula = step.formula.formula
        var record = BuildRecord(
            formula: formula.name, version: formula.pkgVersion, platform: settings.platform.description,
            requested: step.isRequested, verdict: .failed)
        for pour in step.pours { record.dependencies[pour.name] = done[pour.name]?.digest }
        let commands = step.externals
        record.externals = try await BlockingThread.run {
            commands.mapValues { $0.map { "\($0): \(HostToolchain.version(of: $0))" }.joined(separator: "; ") }
        }
        record.toolchain = [
            "compiler": "\(settings.toolchain.compiler) \(settings.toolchain.compilerVersion)",
            "glibc": settings.toolchain.glibcVersion, "system": settings.toolchain.systemName,
        ]
        do {
            record.commits = try await SourceFetcher(
                cache: cache, engine: engine, archiveFolders: settings.archiveFolders,
                repositories: settings.repositories
            )
            .commits(of: formula)
        } catch {
            try Task.checkCancellation()
            record.failure = failure(error, [])
            return record
        }
        let commits = record.commits
        record.sources = SourceFetcher.downloads(of: formula).map {
            $0.locator(commits) + ($0.sha256.map { " sha256:\($0)" } ?? "")
        }
        let key = BuildKey(
            step.formula, dependencies: record.dependencies, externals: record.externals,
            toolchain: settings.toolchain, platform: record.platform, prefix: settings.prefix, commits: record.commits
        ).digest.hex
        record.key = key
        if var known = output.known(formula, settings.platform, key: key) {
            known.reused = true
            known.requested = step.isRequested
            known.bottle = output.bottle(known).string
            return known
        }
        notices(.started(formula.name, version: formula.pkgVersion))
        let log = try OneShotLog(file: output.log(formula.name), formula: formula.name, notices: notices)
        record.log = output.log(formula.name).string
        let scratch = try FileTree.makeScratch(in: output.work, prefix: "\(formula.name)-")
        defer { try? FileTree.remove(scratch) }
        do {
            var request = try request(step, done)
            request.commits = record.commits
            let build = BottleBuild(
                request, settings: buildSettings(makeJobs, cache, engine), scratch: scratch,
                interruption: Interruption(), events: log.hear)
            let (built, proof) = try await build.makeProven()
            log.finish()
            record.phases = log.phases
            record.proof = proof
            record.test = proof.test.rawValue
            record.verdict = !proof.isProven ? .unproven : proof.test == .none ? .untested : .proven
            if record.verdict == .unproven {
                record.failure = BuildRecord.Failure(
                    phase: proof.test == .failed ? .test : .prove,
                    cause: FailureCause(BuildError(formula.name, .test, .unprovable("")), lastLines: log.lastLines),
                    message: proof.problems, hints: [])
            }
            try output.keep(built, formula, settings.platform, &record)
        } catch {
            try Task.checkCancellation()
            log.finish()
            record.phases = log.phases
            record.failure = failure(error, log.lastLines)
            log.note("error: \(record.failure?.message ?? "")")
        }
        return record
    }

    func buildSettings(_ makeJobs: Int, _ cache: BlobCache, _ engine: TransferEngine) -> BuildSettings {
        var result = BuildSettings(
            program: settings.program, toolchain: settings.toolchain, limits: settings.limits, makeJobs: makeJobs,
            sources: cache, engine: engine, repositories: settings.repositories, today: settings.today)
        result.archiveFolders = settings.archiveFolders
        result.views = output.work
        result.groups = settings.groups
        return result
    }

    func request(_ step: BuildSequence.Step, _ done: [String: BuildRecord]) throws -> BuildRequest {
        let steps = Dictionary(order.steps.map { ($0.name, $0) }) { first, _ in first }
        let dependencies = step.pours.compactMap { pour -> BuildRequest.DependencyBottle? in
            guard let other = steps[pour.name], let record = done[pour.name], let facts = record.facts else {
                return nil
            }
            return BuildRequest.DependencyBottle(
                formula: other.formula.formula, source: other.formula.source, file: output.bottle(record),
                tab: facts.tab, cellar: facts.cellar, isDirect: pour.isDirect, isBuildOnly: pour.isBuildOnly)
        }
        var request = BuildRequest(
            formula: step.formula.formula, source: step.formula.source, dependencies: dependencies,
            externals: step.externals.mapValues { $0.joined(separator: " ") }, platform: settings.platform,
            rebuild: 0, tapCommit: settings.tapCommit)
        request.prefix = settings.prefix
        return request
    }

    // MARK: What did not come to a build

    private func failure(_ error: any Error, _ lines: [String]) -> BuildRecord.Failure {
        let report = ProblemReport(error)
        let own = error as? BuildError
        return BuildRecord.Failure(
            phase: own?.phase, cause: FailureCause(own, lastLines: lines), message: report.oneLine, hints: report.hints)
    }

    private func refused(_ refusal: BuildSequence.Refusal) -> BuildRecord {
        var record = BuildRecord(
            formula: refusal.name, version: "", platform: settings.platform.description,
            requested: refusal.isRequested, verdict: .failed)
        let report = ProblemReport(refusal.error)
        var cause = FailureCause.ours
        if case .requirement? = refusal.error as? BuildSequenceError { cause = .host }
        if case .needsRefused? = refusal.error as? BuildSequenceError {
            (cause, record.verdict) = (.dependency, .blocked)
        }
        record.failure = BuildRecord.Failure(
            phase: nil, cause: cause, message: report.oneLine, hints: report.hints)
        return record
    }

    private func blocked(_ step: BuildSequence.Step, by other: BuildRecord) -> BuildRecord {
        var record = BuildRecord(
            formula: step.name, version: step.formula.formula.pkgVersion, platform: settings.platform.description,
            requested: step.isRequested, verdict: .blocked)
        record.failure = BuildRecord.Failure(
            phase: .dependencies, cause: .dependency, message: "`\(other.formula)`, which it needs, was not built",
            hints: [])
        return record
    }
}
