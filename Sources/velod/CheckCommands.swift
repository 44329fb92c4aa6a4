import ArgumentParser
import SystemPackage
import VeloCLI
import VeloCore
import VeloFarm
import VeloSystem

struct CheckCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration, and with --deep all that is stored.")

    @Flag(help: "Also read every blob again, and look that every tag leads to what it promises.")
    var deep = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let settings = configuration.mirror
        console.data("data       \(configuration.data)")
        console.data(
            "address    \(configuration.host):\(configuration.port)\(settings.certificate == nil ? "" : ", TLS")")
        console.data(
            "upstreams  \(settings.upstreams.isEmpty ? "none" : settings.upstreams.map(\.url).joined(separator: ", "))")
        console.data(
            "anonymous  \(settings.anonymous.isEmpty ? "nothing" : settings.anonymous.map(\.rawValue).sorted().joined(separator: ", "))"
        )
        try configuration.check()
        console.talk("the configuration can be used")
        guard deep else { return }
        let report = try await AdminConnection.carryOut(.check, configuration)
        for line in report.lines { console.data(line) }
        for problem in report.problems { console.warn(problem) }
        if !report.problems.isEmpty { throw EarlyExit(.failed) }
    }
}

struct BackupCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database and the signing key, while the server runs.",
        discussion: "Blobs never change under their names: copy DATA/blobs and DATA/sources with any tool, after this.")

    @Argument(help: ArgumentHelp("A folder that is empty, or not there.", valueName: "folder"))
    var folder: String

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func order(_ invocation: Invocation) throws -> AdminOrder {
        .backup(folder: try Host.workingFolder().pushing(FilePath(folder)).string)
    }
}

struct RestoreCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database; the server must not run.")

    @Argument(help: ArgumentHelp("What `velod backup` wrote.", valueName: "folder"))
    var folder: String

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let lock = try configuration.folder.lock()
        try FarmAdministration.restore(Host.workingFolder().pushing(FilePath(folder)), to: configuration.folder)
        lock.release()
        console.talk("restored; `velod check --deep` shows what blobs are missing")
    }
}

struct BrewEnvCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "brew-env", abstract: "Print the settings for stock brew, as its brew.env or a shell reads them.")

    @Option(
        help: ArgumentHelp(
            "How clients reach the server; else public-url, or the running server's address.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("Pin the API to a day.", valueName: "YYYY-MM-DD"))
    var day: String?

    @Option(help: ArgumentHelp("A token, where reading needs one.", valueName: "token"))
    var token: String?

    @Flag(help: "With `export` before each line.")
    var shell = false

    @Flag(help: "Formulae from this server's taps over git instead of the API.")
    var git = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let own =
            configuration.publicURL ?? configuration.folder.runningServer()?.url
            ?? FarmConfiguration.url(host: configuration.host, port: configuration.port)
        var address = url ?? own
        while address.hasSuffix("/") { address.removeLast() }
        var lines = [
            "HOMEBREW_ARTIFACT_DOMAIN=\(address)", "HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK=1",
            "HOMEBREW_BOTTLE_DOMAIN=\(address)/bottles",
        ]
        if git {
            lines += ["HOMEBREW_NO_INSTALL_FROM_API=1", "HOMEBREW_CORE_GIT_REMOTE=\(address)/git/homebrew/core"]
        } else {
            lines.append("HOMEBREW_API_DOMAIN=\(address)/api\(day.map { "/@\($0)" } ?? "")")
        }
        if let token { lines.append("HOMEBREW_DOCKER_REGISTRY_TOKEN=\(token)") }
        for line in lines { console.data((shell ? "export " : "") + line) }
    }
}
