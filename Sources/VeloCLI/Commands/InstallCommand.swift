import ArgumentParser
import VeloCore
import VeloSystem

struct InstallCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install packages and what they need.",
        discussion: """
            A package that is installed in an older version is upgraded. A bottle that the mirror does not have is built \
            there first, and the build is shown as it happens.
            """)

    @Argument(help: ArgumentHelp("Formulae, by name, alias or `user/tap/name`.", valueName: "name"))
    var names: [String]

    @Flag(help: "Install the named packages again, even if they are current.")
    var reinstall = false

    @Flag(name: [.customLong("dry-run"), .customShort("n")], help: "Only say what would be done.")
    var isDryRun = false

    @OptionGroup var place: PrefixOptions
    @OptionGroup var source: MirrorOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] {
        place.flags.merging(source.flags) { $1 }.merging(progress.flags) { $1 }
    }

    func run(in session: Session) async throws {
        let progress = session.makeProgress()
        let client = session.makeClient()
        let installer = try session.makeInstaller(client, progress)
        if isDryRun {
            let plan = try await installer.plan(names, intent)
            session.console.data(PlanWording.summary(of: plan))
            return
        }
        let summary = try await progress.run { try await installer.install(names, intent) }
        session.tell(summary)
    }

    private var intent: InstallIntent { reinstall ? .reinstall : .install }
}

extension Session {
    /// What is to be known after an install or an upgrade.
    func tell(_ summary: InstallSummary) {
        if console.verbosity == .quiet {
            for step in summary.plan.toPour { console.data(step.name) }
        }
        if !summary.plan.toPour.isEmpty, !prefix.isReached(from: environment[.path] ?? "") {
            console.talk("its programs are in `\(prefix.bin)`, which is not in `PATH`")
        }
        for step in summary.plan.toPour where step.isRequested {
            if let caveats = step.formula.caveats(at: prefix.path) {
                console.talk("\n\(step.name) says:\n\(TerminalText.harmless(caveats, keepsLines: true))")
            }
            if let reason = step.formula.kegOnly {
                console.talk("\n\(step.name) is not linked into \(prefix.path): \(reason)")
            }
        }
    }
}
