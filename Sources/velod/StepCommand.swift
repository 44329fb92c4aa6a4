import ArgumentParser

/// Runs one step of a build inside the sandbox. Started by the worker only.
struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "step", shouldDisplay: false)
}
