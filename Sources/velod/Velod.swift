import ArgumentParser
import VeloCLI

/// `velod`
struct Velod: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "velod", abstract: "Mirrors Homebrew bottles, and builds those that are missing.",
        discussion: """
            `velod serve` runs the server. The other commands talk to the server of the same data folder, and taps can \
            also be changed while none runs. Settings are flags, `VELOD_…` variables, or a file: see velod.example.toml.
            """,
        version: Velo.version,
        subcommands: [
            ServeCommand.self, TapCommand.self, BuildCommand.self, RebuildCommand.self, StatusCommand.self,
            DoctorCommand.self, BottleCommand.self, RelinkCommand.self, MirrorCommand.self, SourcesCommand.self,
            APICommand.self, ExportCommand.self,
            ImportCommand.self, TokenCommand.self, CollectCommand.self, PinCommand.self, CheckCommand.self,
            BackupCommand.self, RestoreCommand.self, BrewEnvCommand.self,
        ])
}
