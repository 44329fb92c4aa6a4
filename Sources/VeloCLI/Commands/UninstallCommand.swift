import ArgumentParser
import VeloCore

struct UninstallCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall", abstract: "Remove packages.",
        discussion: "A package that others need stays, unless those go too.", aliases: ["remove", "rm"])

    @Argument(help: ArgumentHelp("Installed packages.", valueName: "name"))
    var names: [String]

    @Flag(
        name: [.customLong("ignore-dependencies"), .customLong("force")],
        help: "Remove them even if others need them.")
    var ignoresDependencies = false

    @OptionGroup var place: PrefixOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(progress.flags) { $1 } }

    func run(in session: Session) async throws {
        let progress = session.makeProgress()
        let installer = try session.makeInstaller(session.makeClient(), progress)
        let kegs = try await progress.run {
            try await installer.uninstall(names, ignoreDependencies: ignoresDependencies)
        }
        if session.console.verbosity == .quiet {
            for keg in kegs { session.console.data(keg.name) }
        }
    }
}
