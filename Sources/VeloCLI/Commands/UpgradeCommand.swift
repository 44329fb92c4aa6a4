import ArgumentParser
import VeloCore
import VeloSystem

struct UpgradeCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Bring installed packages up to date.",
        discussion: """
            All of them if none is named, and what their new versions need. What cannot be upgraded is told, and keeps \
            nothing else from it.
            """)

    @Argument(help: ArgumentHelp("Installed packages.", valueName: "name"))
    var names: [String] = []

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
        let installer = try session.makeInstaller(session.makeClient(), progress)
        let upgrade: UpgradePlan
        if isDryRun {
            let (found, plan) = try await installer.upgradePlan(names)
            if !plan.toPour.isEmpty { session.console.data(PlanWording.summary(of: plan)) }
            upgrade = found
        } else {
            let (found, summary) = try await progress.run { try await installer.upgrade(names) }
            session.tell(summary)
            upgrade = found
        }
        for name in upgrade.unknown { session.console.warn("no mirror has `\(name)`: it stays as it is") }
        if upgrade.packages.isEmpty, upgrade.refused.isEmpty {
            session.console.talk(names.isEmpty ? "everything is up to date" : "up to date already")
        }
        try Problems.throwIfAny(upgrade.refused.map(\.problem))
    }
}

struct OutdatedCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "outdated", abstract: "List installed packages that there is a newer version of.")

    @OptionGroup var place: PrefixOptions
    @OptionGroup var source: MirrorOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(source.flags) { $1 } }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let installer = try session.makeInstaller(session.makeClient(), session.makeProgress())
        let (packages, unknown) = try await installer.outdated()
        if format.json {
            return session.console.data(try JSONText.of(Document(packages: packages.map(Entry.init), unknown: unknown)))
        }
        guard session.console.verbosity != .quiet else { return packages.forEach { session.console.data($0.name) } }
        var table = Table()
        for package in packages {
            let remark = package.isOnRequest ? "" : "dependency"
            table.add(package.name, "\(package.installed) → \(package.available)", remark)
        }
        table.lines(width: nil).forEach { session.console.data($0) }
        for name in unknown { session.console.warn("no mirror has `\(name)`") }
        if packages.isEmpty { session.console.talk("everything is up to date") }
    }

    private struct Document: Encodable {
        var schema = 1
        var packages: [Entry]
        /// Installed, and on no mirror.
        var unknown: [String]
    }

    private struct Entry: Encodable {
        var name: String
        var installed: String
        var available: String
        var installedOnRequest: Bool

        init(_ package: OutdatedPackage) {
            name = package.name
            installed = package.installed
            available = package.available
            installedOnRequest = package.isOnRequest
        }
    }
}
