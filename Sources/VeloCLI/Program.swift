package import ArgumentParser
import Synchronization
import VeloCore
package import VeloSystem

/// A command that runs in a session.
package protocol ProgramCommand: ParsableCommand, Sendable {
    var output: OutputOptions { get }
    /// Whether its errors are to be JSON.
    var printsJSON: Bool { get }
    /// What the command line says of settings.
    var flags: [SettingKey: String] { get }
    func run(in session: Session) async throws
}

extension ProgramCommand {
    package var printsJSON: Bool { false }
    package var flags: [SettingKey: String] { [:] }
}

/// A program of ours from its first to its last instruction: reads the command line, runs the command, tells what went
/// wrong, ends with the right status.
package struct Program: Sendable {
    package let environment: EnvironmentVariables
    private let sink: Console.Sink

    package init(environment: EnvironmentVariables, sink: @escaping Console.Sink = Terminal.write) {
        self.environment = environment
        self.sink = sink
    }

    /// The process's own program. A command line that needs no command to run, such as `--version`, starts no thread.
    package static func main(_ root: any ParsableCommand.Type) -> Never {
        let program = Program(environment: .ofProcess())
        switch program.parse(root, ProcessArguments.words) {
        case .over(let status): Terminal.exit(status.code)
        case .command(let command): program.start(command)
        }
    }

    /// Reads a command line and runs its command.
    package func run(_ root: any ParsableCommand.Type, _ arguments: [String]) async -> ExitStatus {
        switch parse(root, arguments) {
        case .over(let status): status
        case .command(let command): await run(command, console(command.output), StopRequest())
        }
    }

    private enum CommandLineResult {
        case command(any ProgramCommand)
        /// Nothing is left to do.
        case over(ExitStatus)
    }

    private func parse(_ root: any ParsableCommand.Type, _ arguments: [String]) -> CommandLineResult {
        do {
            var command = try root.parseAsRoot(arguments)
            if let command = command as? any ProgramCommand { return .command(command) }
            try command.run()
            return .over(.done)
        } catch {
            return .over(finish(root, error))
        }
    }

    private func start(_ command: any ProgramCommand) -> Never {
        let console = console(command.output)
        let stop = StopRequest()
        // Before there is any other thread: those that this one starts inherit what it blocks.
        Terminal.onStop { signal in
            // Whoever presses Ctrl-C twice does not want to wait for order; the journal undoes what is left.
            guard stop.set(signal) else {
                console.show(live: "")
                Terminal.exit(signal.exitStatus)
            }
        }
        let work = Task { await run(command, console, stop) }
        stop.whenSet { work.cancel() }
        Task { Terminal.exit(await work.value.code) }
        Terminal.park()
    }

    private func run(_ command: any ProgramCommand, _ console: Console, _ stop: StopRequest) async -> ExitStatus {
        do {
            try await command.run(in: try Session(self, command, console))
            return .done
        } catch let early as EarlyExit {
            return early.status
        } catch {
            return report(error, command, console, stop.signal)
        }
    }

    private func report(
        _ error: any Error, _ command: any ProgramCommand, _ console: Console, _ signal: StopSignal?
    ) -> ExitStatus {
        let stopped = signal.map(ExitStatus.stopped)
        if error is CancellationError {
            console.tell("stopped; nothing was changed")
            return stopped ?? .later
        }
        let report = ErrorReport(error)
        if case InstallError.leftBuilding = error, let stopped {
            // What the user wanted is no error.
            for line in report.entries.flatMap({ [$0.message] + $0.hints }) { console.tell(line) }
            return stopped
        }
        console.tell(command.printsJSON ? report.json : report.text(console.errorStyle))
        return stopped ?? report.status
    }

    /// Help and version are no errors; the rest is a command line that makes no sense.
    private func finish(_ root: any ParsableCommand.Type, _ error: any Error) -> ExitStatus {
        let text = root.fullMessage(for: error)
        guard root.exitCode(for: error) != .success else {
            if !text.isEmpty { sink(text.hasSuffix("\n") ? text : text + "\n", .output) }
            return .done
        }
        let start = "Error: "
        sink("error: \(text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text)\n", .error)
        return .usage
    }

    private func console(_ options: OutputOptions) -> Console {
        let color = options.color ?? (environment[.noColor] == nil ? "auto" : "never")
        func style(_ stream: Terminal.Stream) -> TextStyle {
            let suits = Terminal.isTerminal(stream) && environment[.term] != "dumb"
            return TextStyle(isColored: color == "always" || (color != "never" && suits))
        }
        return Console(
            verbosity: options.quiet ? .quiet : options.verbose ? .verbose : .normal, outputStyle: style(.output),
            errorStyle: style(.error), sink: sink)
    }
}

/// Ends a command with a status other than 0 after it has said all there is to say.
package struct EarlyExit: Error {
    package let status: ExitStatus

    package init(_ status: ExitStatus) { self.status = status }
}

/// The first signal that asked to stop, and what is to be done then.
private final class StopRequest: Sendable {
    private struct State {
        var signal: StopSignal?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var signal: StopSignal? { state.withLock { $0.signal } }

    /// False when it is not the first.
    func set(_ signal: StopSignal) -> Bool {
        let (isFirst, action) = state.withLock { state in
            defer { state.signal = state.signal ?? signal }
            return (state.signal == nil, state.action)
        }
        if isFirst { action?() }
        return isFirst
    }

    /// At once, if it was asked for already.
    func whenSet(_ action: @escaping @Sendable () -> Void) {
        let isSet = state.withLock { state in
            state.action = action
            return state.signal != nil
        }
        if isSet { action() }
    }
}
