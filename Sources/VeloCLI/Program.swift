package import ArgumentParser
import Synchronization
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

    /// The process's own program. Does not return.
    package static func main(_ root: any ParsableCommand.Type) async -> Never {
        let program = Program(environment: .ofProcess())
        let status = await program.run(root, Array(CommandLine.arguments.dropFirst()), watchesSignals: true)
        Terminal.exit(status.code)
    }

    package func run(
        _ root: any ParsableCommand.Type, _ arguments: [String], watchesSignals: Bool = false
    ) async -> ExitStatus {
        do {
            var command = try root.parseAsRoot(arguments)
            guard let command = command as? any ProgramCommand else {
                try command.run()
                return .done
            }
            return await run(command, watchesSignals)
        } catch {
            return finish(root, error)
        }
    }

    private func run(_ command: any ProgramCommand, _ watchesSignals: Bool) async -> ExitStatus {
        let color = command.output.color ?? (environment[.noColor] == nil ? "auto" : "never")
        let console = console(command.output, color)
        let stop = StopRequest()
        let work = Task {
            do {
                let session = try Session(self, command, console)
                try await command.run(in: session)
                return ExitStatus.done
            } catch let status as EarlyExit {
                return status.status
            } catch {
                return report(error, command, console, stop.signal)
            }
        }
        if watchesSignals {
            Terminal.onStop { signal in
                // Whoever presses Ctrl-C twice does not want to wait for order; the journal undoes what is left.
                if stop.isSet {
                    console.show(live: "")
                    Terminal.exit(signal.exitStatus)
                }
                stop.set(signal)
                work.cancel()
            }
        }
        return await work.value
    }

    private func report(
        _ error: any Error, _ command: any ProgramCommand, _ console: Console, _ signal: StopSignal?
    ) -> ExitStatus {
        let status = signal.map(ExitStatus.stopped)
        if error is CancellationError {
            console.tell("stopped; nothing was changed")
            return status ?? .later
        }
        var report = ErrorReport(error)
        if let status { report.status = status }
        console.tell(command.printsJSON ? report.json : report.text(console.errorStyle))
        return report.status
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

    private func console(_ options: OutputOptions, _ color: String) -> Console {
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

/// The first signal that asked to stop.
private final class StopRequest: Sendable {
    private let value = Mutex<StopSignal?>(nil)

    var signal: StopSignal? { value.withLock { $0 } }
    var isSet: Bool { signal != nil }
    func set(_ signal: StopSignal) { value.withLock { $0 = signal } }
}
