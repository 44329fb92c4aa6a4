import ArgumentParser
import VeloCLI
import VeloCore
import VeloFarm
import VeloSystem

struct BuildCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build the bottles that formulae and what they need are missing.",
        discussion: """
            Without --tap, the server of the data folder is asked to build what is missing. With --tap, everything is \
            built here and now, without a server, and written to --out: bottles, what Homebrew's tools read about \
            them, and the evidence for each verdict.
            """)

    @Argument(help: ArgumentHelp("A formula's name, or user/tap/name.", valueName: "name"))
    var names: [String]

    @Flag(help: "Print the log until the build is over.")
    var follow = false

    @OptionGroup(title: "Without a server") var oneShot: OneShotOptions

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if oneShot.tap == nil, let option = oneShot.firstGiven {
            throw ValidationError("`\(option)` is for builds without a server: say which tap with `--tap`")
        }
        if oneShot.tap != nil, oneShot.out == nil {
            throw ValidationError("say where the bottles go with `--out`")
        }
    }

    func run(in invocation: Invocation, _ console: Console) async throws {
        if oneShot.tap != nil {
            let configuration = try farm.configuration(invocation.environment)
            try await OneShotBuilding(names: names, options: oneShot, configuration: configuration, console: console)
                .run(following: follow)
            return
        }
        let server = try FarmConnection.required(farm.configuration(invocation.environment).folder)
        for name in names { try await order(name, server, console) }
    }

    private func order(_ name: String, _ server: FarmConnection, _ console: Console) async throws {
        let build: BuildStatus = try await server.post("/farm/v1/builds", BuildOrder(formula: name))
        guard build.state == .running else {
            console.talk("every bottle that `\(build.formula)` needs is there already")
            return
        }
        let open = build.jobs.filter { $0.state != .succeeded }.map { "\($0.formula) \($0.pkgVersion)" }
        console.talk("build \(build.id): \(open.joined(separator: ", "))")
        guard follow else {
            console.talk("follow it with `velod build --follow \(name)`, or at \(server.url)/")
            return
        }
        let names = Dictionary(build.jobs.map { ($0.id, $0.formula) }) { first, _ in first }
        let end = try await BuildFollower(engine: server.engine, mirror: server.url, build: build.id).follow { notice in
            if case .log(let line) = notice { console.data("\(names[line.job] ?? "job \(line.job)") | \(line.text)") }
        }
        guard end.state == .succeeded else { throw BuildFailed(build: end, server: server.url) }
        console.talk("built \(open.joined(separator: ", "))")
    }
}

/// A build that was followed to a bad end.
private struct BuildFailed: Problem {
    var build: BuildStatus
    var server: String

    private var failed: [JobStatus] { build.jobs.filter { $0.failure != nil } }

    var summary: String {
        let reasons = failed.compactMap(\.failure?.message)
        return reasons.isEmpty ? "`\(build.formula)` was not built" : reasons.joined(separator: "; ")
    }

    var hints: [String] {
        failed.compactMap(\.failure).flatMap { $0.hints + ["the whole log: \(server)/\($0.log)"] }
    }
}
