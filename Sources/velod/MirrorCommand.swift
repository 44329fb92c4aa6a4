import ArgumentParser
import SystemPackage
import VeloCLI
import VeloFarm
import VeloSystem

struct MirrorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror", abstract: "Choose what is mirrored ahead, and fetch it.",
        discussion: "What is not mirrored ahead is fetched from upstream when somebody asks for it.",
        subcommands: [
            MirrorAddCommand.self, MirrorRemoveCommand.self, MirrorListCommand.self, MirrorSyncCommand.self,
        ])
}

private struct MirrorAddCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Mirror formulae ahead, with what they need.")

    @Argument(help: "Formulae.")
    var names: [String] = []

    @Option(help: ArgumentHelp("Take the formulae of a Brewfile.", valueName: "path"))
    var brewfile: String?

    @Option(help: ArgumentHelp("Take the formulae of a list, one in a line.", valueName: "path"))
    var list: String?

    @Flag(help: "Everything that the API lists.")
    var all = false

    @Option(help: ArgumentHelp("Whose they are.", valueName: "user/repository"))
    var tap = "homebrew/core"

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if names.isEmpty && brewfile == nil && list == nil && !all {
            throw ValidationError("name formulae, a Brewfile or a list, or say `--all`")
        }
    }

    func order(_ invocation: Invocation) throws -> AdminOrder {
        var names = names
        if all { names.append("*") }
        if let brewfile { names += Brewfile.formulae(try FileTree.readText(FilePath(brewfile))) }
        if let list {
            names += try FileTree.readText(FilePath(list)).split(whereSeparator: \.isNewline)
                .map { $0.prefix { $0 != "#" }.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        }
        return .addRules(tap: tap, names: names)
    }
}

private struct MirrorRemoveCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "No longer mirror formulae ahead. What is here stays until it is collected.")

    @Argument(help: "Formulae; `*` is the rule for everything.")
    var names: [String]

    @Option(help: ArgumentHelp("Whose they are.", valueName: "user/repository"))
    var tap = "homebrew/core"

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder { .removeRules(tap: tap, names: names) }
}

private struct MirrorListCommand: AdminCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what is mirrored ahead.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    var asksForJSON: Bool { json }

    func order(_ invocation: Invocation) -> AdminOrder { .listRules }
}

private struct MirrorSyncCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Fetch the newest version of what is mirrored ahead.")

    @Argument(help: "Formulae to fetch instead, once.")
    var names: [String] = []

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder { .sync(names: names) }
}

/// The formulae that a Brewfile lists: its lines that begin with `brew "NAME"`.
enum Brewfile {
    static func formulae(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.drop { $0.isWhitespace }
            guard words.hasPrefix("brew") else { return nil }
            let rest = words.dropFirst(4).drop { $0 == " " || $0 == "(" }
            guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
            let name = rest.dropFirst().prefix { $0 != quote }
            return name.split(separator: "/").last.map(String.init)
        }
    }
}
