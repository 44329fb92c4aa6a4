import ArgumentParser
import SystemPackage
import VeloCLI
import VeloFarm
import VeloSystem

struct CollectCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what nothing needs any more.",
        discussion: "The server does it by itself (`storage.gc-hours`); it may run while clients push and pull.")

    @Flag(help: "Remove nothing, and say what would be removed and why the rest stays.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    var asksForJSON: Bool { json }

    func order(_ invocation: Invocation) -> AdminOrder { .collect(isDryRun: dryRun) }
}

struct PinCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Keep an image whatever the retention rules say; without arguments, list the pins.")

    @Argument(help: ArgumentHelp("REPOSITORY:TAG, or a digest as sha256:HEX.", valueName: "reference"))
    var reference: String?

    @Option(help: "Why, for whoever reads the list.")
    var reason = "no reason given"

    @Flag(help: "Remove the pin.")
    var remove = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder {
        guard let reference else { return .listPins }
        return remove ? .unpin(reference: reference) : .pin(reference: reference, reason: reason)
    }
}

struct SourcesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources", abstract: "Source archives, as builds and clients find them by digest.",
        subcommands: [SourcesAddCommand.self])
}

private struct SourcesAddCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Put files into the source store; prints their digests.")

    @Argument(help: "Files.")
    var files: [String]

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) throws -> AdminOrder {
        .addSources(paths: try files.map { try Host.workingFolder().pushing(FilePath($0)).string })
    }
}

struct APICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api", abstract: "Homebrew's API documents, frozen by day.",
        subcommands: [APIFreezeCommand.self, APIListCommand.self])
}

private struct APIFreezeCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Keep today's documents, for `HOMEBREW_API_DOMAIN=…/api/@DAY`.")

    @Option(help: ArgumentHelp("The name to keep them under.", valueName: "YYYY-MM-DD"))
    var day: String?

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder { .freezeSnapshot(day: day) }
}

private struct APIListCommand: AdminCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the days that were kept.")

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder { .listSnapshots }
}

struct ExportCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write images with all they need to a folder or a .tar, for a farm without network.",
        discussion: """
            Run it again after an interruption: what is there already is not written again. With `--base` what a former \
            export has is left out. What belongs to it and is not here is listed, and the exit status is 1.
            """)

    @Argument(help: ArgumentHelp("A folder, or a file that ends in .tar.", valueName: "target"))
    var target: String

    @Argument(help: "Formulae; everything if none is named.")
    var names: [String] = []

    @Option(help: ArgumentHelp("A former export.", valueName: "path"))
    var base: String?

    @Option(help: ArgumentHelp("Only bottles for this platform; may be repeated.", valueName: "tag"))
    var platform: [String] = []

    @Flag(help: "With the source archives.")
    var sources = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) throws -> AdminOrder {
        let folder = try Host.workingFolder()
        return .exportSet(
            ExportRequest(
                names: names, target: folder.pushing(FilePath(target)).string,
                base: base.map { folder.pushing(FilePath($0)).string }, platforms: platform, includesSources: sources))
    }
}

struct ImportCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take an exported set, or a folder of bottles with the JSON of `brew bottle --json`.",
        discussion: "A set is checked as a whole, signature and every blob, before anything is changed.")

    @Argument(help: ArgumentHelp("What `velod export` wrote, or a folder with *.bottle.json.", valueName: "path"))
    var path: String

    @Option(
        help: ArgumentHelp("A public key to trust besides the farm's own; may be repeated.", valueName: "ed25519:…"))
    var trust: [String] = []

    @Option(help: ArgumentHelp("The tap that bottles with JSON belong to.", valueName: "user/repository"))
    var tap: String?

    @Flag(help: "Check the set and change nothing.")
    var dryRun = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) throws -> AdminOrder {
        let absolute = try Host.workingFolder().pushing(FilePath(path))
        let isFolder = try FileTree.status(absolute, followLinks: true)?.kind == .folder
        if isFolder, try FileTree.names(in: absolute).contains(where: { $0.hasSuffix(".bottle.json") }) {
            return .importBottles(folder: absolute.string, tap: tap)
        }
        return .importSet(path: absolute.string, trusted: trust, isDryRun: dryRun)
    }
}
