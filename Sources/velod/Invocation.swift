import ArgumentParser
import Synchronization
import VeloCLI
import VeloSystem

/// A command of velod that runs with what its process was given.
protocol FarmCommand: ParsableCommand, Sendable {
    var output: OutputOptions { get }
    /// Cancelled when the process is asked to stop.
    func run(in invocation: Invocation, _ console: Console) async throws
}

/// One run of velod: reads the command line, runs the command, tells what went wrong.
struct Invocation: Sendable {
    let environment: [String: String]
    let stop: StopRequest

    func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try Velod.parseAsRoot(arguments)
            guard let command = command as? any FarmCommand else {
                try command.run()
                return .done
            }
            return await run(command)
        } catch {
            return finish(error)
        }
    }

    private func run(_ command: any FarmCommand) async -> ExitStatus {
        let console = console(command.output)
        let work = Task { try await command.run(in: self, console) }
        stop.whenRequested { work.cancel() }
        do {
            try await work.value
            return .done
        } catch is CancellationError {
            return stop.signal.map(ExitStatus.stopped) ?? .later
        } catch let status as EarlyExit {
            return status.status
        } catch {
            let report = ErrorReport(error)
            console.tell(report.text(console.errorStyle))
            return stop.signal.map(ExitStatus.stopped) ?? report.status
        }
    }

    /// Help and version are no errors; the rest is a command line that makes no sense.
    private func finish(_ error: any Error) -> ExitStatus {
        let text = Velod.fullMessage(for: error)
        guard Velod.exitCode(for: error) != .success else {
            if !text.isEmpty { Terminal.write(text + "\n", to: .output) }
            return .done
        }
        let start = "Error: "
        Terminal.write("error: \(text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text)\n", to: .error)
        return .usage
    }

    private func console(_ options: OutputOptions) -> Console {
        let color = options.color ?? (environment["NO_COLOR"].map { $0.isEmpty } ?? true ? "auto" : "never")
        func style(_ stream: Terminal.Stream) -> TextStyle {
            let suits = Terminal.isTerminal(stream) && environment["TERM"] != "dumb"
            return TextStyle(isColored: color == "always" || (color != "never" && suits))
        }
        return Console(
            verbosity: options.quiet ? .quiet : options.verbose ? .verbose : .normal, outputStyle: style(.output),
            errorStyle: style(.error))
    }
}

/// Whether the process was asked to stop, and what is to be done then.
final class StopRequest: Sendable {
    private struct State {
        var signal: StopSignal?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var signal: StopSignal? { state.withLock { $0.signal } }

    /// True when it is not the first time.
    func request(_ signal: StopSignal) -> Bool {
        let (isRepeated, action) = state.withLock { state in
            defer { state.signal = state.signal ?? signal }
            return (state.signal != nil, state.action)
        }
        if !isRepeated { action?() }
        return isRepeated
    }

    /// At once, if it was asked for already.
    func whenRequested(_ action: @escaping @Sendable () -> Void) {
        let isPast = state.withLock { state in
            state.action = action
            return state.signal != nil
        }
        if isPast { action() }
    }
}
