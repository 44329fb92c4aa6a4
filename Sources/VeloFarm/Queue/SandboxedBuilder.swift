package import SystemPackage
package import VeloBuild
import VeloSystem

/// Builds bottles in the sandbox of this host.
package struct SandboxedBuilder: BottleBuilder {
    private let settings: BuildSettings

    package init(settings: BuildSettings) {
        self.settings = settings
    }

    package func build(
        _ request: BuildRequest, jobID: Int, scratch: FilePath, events: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> BuiltBottle {
        let build = BottleBuild(
            request, settings: settings, scratch: scratch, interruption: Interruption(), events: events)
        return try await build.run()
    }
}
