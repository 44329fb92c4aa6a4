import ArgumentParser
import VeloBuild

/// Runs one step of a build inside the sandbox. Started by the worker only.
struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "step", shouldDisplay: false)

    func run() throws {
        guard try StepRunner().run() else { throw ExitCode.failure }
    }
}
