package import ArgumentParser

/// `velo`
package struct Velo: ParsableCommand {
    package static let version = "0.1.0"

    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "velo", abstract: "Installs Homebrew bottles, without Homebrew.",
            discussion: """
                Bottles come from a velod, which builds those that are missing. Settings are flags, environment \
                variables, or lines of a file: see `velo config list`.

                Exit status: \(ExitStatus.summary).
                """,
            version: version,
            groupedSubcommands: [
                CommandGroup(
                    name: "Packages",
                    subcommands: [
                        InstallCommand.self, UpgradeCommand.self, UninstallCommand.self, PourCommand.self,
                        FetchCommand.self,
                    ]),
                CommandGroup(
                    name: "Questions",
                    subcommands: [
                        ListCommand.self, OutdatedCommand.self, InfoCommand.self, SearchCommand.self, WhichCommand.self,
                        DoctorCommand.self,
                    ]),
                CommandGroup(name: "Formulae", subcommands: [FormulaCommand.self]),
                CommandGroup(name: "Set-up", subcommands: [ConfigCommand.self, CompletionsCommand.self]),
            ])
    }

    package init() {}
}
