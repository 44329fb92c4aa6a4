import ArgumentParser
import SystemPackage
import VeloCLI
import VeloCore
import VeloFarm
import VeloSystem

struct TapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Add, list, update and remove taps: where formulae come from.",
        subcommands: [TapAddCommand.self, TapListCommand.self, TapUpdateCommand.self, TapRemoveCommand.self])
}

/// A farm's taps: through its server when one runs, else in the data folder itself.
private enum TapAccess {
    case server(FarmConnection)
    case folder(TapStore)

    /// Runs with the folder locked where there is no server.
    static func with<Result: Sendable>(
        _ configuration: FarmConfiguration, _ body: (TapAccess) async throws -> Result
    ) async throws -> Result {
        if let server = configuration.folder.runningServer() { return try await body(.server(FarmConnection(server))) }
        let lock = try configuration.folder.lock()
        let store = try TapStore.open(configuration, reading: FormulaReading(platform: configuration.platform))
        let result = try await body(.folder(store))
        lock.release()
        return result
    }
}

private struct TapAddCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a tap.",
        discussion: """
            A git repository is read at its HEAD, without a work tree; a URL is cloned; any other folder is read as it is. \
            Formulae are in `Formula/`, in `HomebrewFormula/`, or at the top. Without a name, that of a URL is taken \
            from its end, and that of a folder is `velo/FOLDER`.
            """)

    @Argument(help: ArgumentHelp("USER/REPOSITORY, or the location alone.", valueName: "name-or-location"))
    var first: String

    @Argument(help: ArgumentHelp("A folder, or the URL of a git repository.", valueName: "location"))
    var second: String?

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let folder = try Host.workingFolder()
        let name = second == nil ? nil : first
        let location = second ?? first
        let tap = try await TapAccess.with(configuration) { taps in
            switch taps {
            case .folder(let store):
                return try await store.add(name: name, location: location, workingFolder: folder)
            case .server(let server):
                let absolute = try TapStore.absolute(location, workingFolder: folder)
                let list: TapList = try await server.post("/farm/v1/taps", TapOrder(name: name, location: absolute))
                guard let tap = list.taps.first else {
                    throw ConnectionError.refused("the server names no tap", hints: [])
                }
                return tap
            }
        }
        TapWording.tell(tap, "added", console)
    }
}

private struct TapUpdateCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Read a tap again, or all of them.")

    @Argument(help: ArgumentHelp("Which; all if none is named.", valueName: "name"))
    var name: String?

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let updated = try await TapAccess.with(farm.configuration(invocation.environment)) { taps in
            switch taps {
            case .folder(let store): return try await store.update(name)
            case .server(let server):
                return try await server.post("/farm/v1/taps/update", TapSelection(name: name), as: TapList.self).taps
            }
        }
        for tap in updated { TapWording.tell(tap, "updated", console) }
        if updated.isEmpty { console.talk("there are no taps yet; add one with `velod tap add`") }
    }
}

private struct TapRemoveCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a tap. Bottles made from it stay.")

    @Argument(help: ArgumentHelp("Which.", valueName: "name"))
    var name: String

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        try await TapAccess.with(farm.configuration(invocation.environment)) { taps in
            switch taps {
            case .folder(let store): try await store.remove(name)
            case .server(let server):
                _ = try await server.post("/farm/v1/taps/remove", TapSelection(name: name), as: TapList.self)
            }
        }
        console.talk("removed \(name)")
    }
}

private struct TapListCommand: FarmCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the taps.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let taps = try await TapAccess.with(farm.configuration(invocation.environment)) { taps in
            switch taps {
            case .folder(let store): return try await store.list()
            case .server(let server): return try await server.get("/farm/v1/taps", as: TapList.self).taps
            }
        }
        if json {
            console.data(String(decoding: try WireCoding.encode(TapList(taps: taps), pretty: true), as: UTF8.self))
        } else {
            for tap in taps { console.data(console.verbosity == .quiet ? tap.name : TapWording.line(tap)) }
            if taps.isEmpty { console.talk("there are no taps yet; add one with `velod tap add`") }
        }
    }
}

/// A tap in words.
private enum TapWording {
    static func line(_ tap: TapReport) -> String {
        let commit = tap.commit.map { " at \($0.prefix(12))" } ?? ""
        let problems = tap.problems.isEmpty ? "" : ", \(tap.problems.count) not usable"
        return "\(tap.name): \(tap.formulae) formulae\(problems), \(tap.kind) \(tap.location)\(commit)"
    }

    static func tell(_ tap: TapReport, _ verb: String, _ console: Console) {
        console.talk("\(verb) \(line(tap))")
        for problem in tap.problems.prefix(console.verbosity == .verbose ? .max : 10) { console.warn(problem.message) }
        if tap.problems.count > 10, console.verbosity != .verbose {
            console.talk("… and \(tap.problems.count - 10) more: see them all with `--verbose`")
        }
    }
}
