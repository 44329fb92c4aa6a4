import ArgumentParser
import VeloCLI
import VeloCore
import VeloFarm

struct StatusCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the server has and does.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let server = try FarmConnection.required(farm.configuration(invocation.environment).folder)
        let status: FarmStatus = try await server.get("/farm/v1/status")
        if json {
            console.data(String(decoding: try WireCoding.encode(status, pretty: true), as: UTF8.self))
            return
        }
        console.data("address   \(server.url)")
        console.data("platform  \(status.platform)")
        console.data("taps      \(status.taps.isEmpty ? "none" : status.taps.joined(separator: ", "))")
        console.data("bottles   \(status.bottles), \(status.bottleBytes) bytes")
        let jobs = status.jobs.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map { "\($0.value) \($0.key)" }
        console.data("jobs      \(jobs.isEmpty ? "none" : jobs.joined(separator: ", "))")
        let builds: BuildList = try await server.get("/farm/v1/builds")
        for build in builds.builds.prefix(10) { console.data("build \(build.id)   \(Self.line(build))") }
    }

    private static func line(_ build: BuildStatus) -> String {
        let running = build.jobs.first { $0.state == .running }
        let detail = running.map { ": \($0.formula) \($0.phase ?? "starting")" } ?? ""
        return "\(build.formula) \(build.state.rawValue)\(detail)"
    }
}
