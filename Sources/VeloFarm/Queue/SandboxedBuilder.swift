package import SystemPackage
package import VeloBuild
import VeloCore
import VeloFormula
import VeloGit
import VeloSystem

/// Builds bottles in the sandbox of this host.
package struct SandboxedBuilder: BottleBuilder {
    private let configuration: FarmConfiguration
    private let engine: TransferEngine
    private let groups: ControlGroups?

    package init(_ configuration: FarmConfiguration) {
        self.configuration = configuration
        engine = TransferEngine()
        groups = ControlGroups.find()
    }

    package func build(
        _ request: BuildRequest, jobID: Int, scratch: FilePath, events: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> BuiltBottle {
        var settings = BuildSettings(
            program: try FileTree.realPath("/proc/self/exe"),
            toolchain: try await BlockingThread.run(HostToolchain.find),
            limits: SandboxRunner.Limits(
                total: configuration.buildTimeLimit, silence: configuration.buildSilenceLimit),
            makeJobs: max(1, Host.current().processorCount / max(1, configuration.workers)),
            sources: BlobCache(root: configuration.folder.sources), engine: engine,
            repositories: GitSources(root: configuration.folder.sources.appending("git"), folders: []),
            today: { CalendarDate.today().description })
        settings.groups = groups
        settings.views = configuration.folder.scratch
        let build = BottleBuild(
            request, settings: settings, scratch: scratch, interruption: Interruption(), events: events)
        return try await build.run()
    }
}
