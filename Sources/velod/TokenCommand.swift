import ArgumentParser
import FoundationEssentials
import VeloCLI
import VeloFarm
import VeloSystem

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and remove tokens: who may do what.",
        subcommands: [TokenAddCommand.self, TokenListCommand.self, TokenRemoveCommand.self])
}

extension AccessScope: ExpressibleByArgument {}

private struct TokenAddCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a token. It is printed once, and kept nowhere.",
        discussion: """
            It is used as `Authorization: Bearer TOKEN`, as a password with any user (`skopeo login`, `.netrc`), or in brew's \
            HOMEBREW_DOCKER_REGISTRY_TOKEN.
            """)

    @Argument(help: "A name for it, to list and remove it by.")
    var name: String

    @Option(help: "What it allows: read, push, build or admin; may be repeated. Read alone, if none is given.")
    var scope: [AccessScope] = []

    @Option(help: ArgumentHelp("Days for which it is good; for ever if not given.", valueName: "number"))
    var days: Int?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    var asksForJSON: Bool { json }

    func validate() throws {
        if let days, days <= 0 { throw ValidationError("`--days` takes a number above zero") }
    }

    func order(_ invocation: Invocation) -> AdminOrder {
        let expires = days.map { Date().timeIntervalSince1970 + Double($0) * 86400 }
        return .addToken(name: name, scopes: scope.isEmpty ? [.read] : scope, expires: expires)
    }
}

private struct TokenListCommand: AdminCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tokens.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    var asksForJSON: Bool { json }

    func order(_ invocation: Invocation) -> AdminOrder { .listTokens }
}

private struct TokenRemoveCommand: AdminCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Make a token worthless, at once.")

    @Argument(help: "Which.")
    var name: String

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) -> AdminOrder { .removeToken(name: name) }
}
