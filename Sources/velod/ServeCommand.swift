import ArgumentParser
import Logging
import SystemPackage
import VeloBuild
import VeloCLI
import VeloFarm
import VeloSystem

struct ServeCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve bottles, and build those that are missing.",
        discussion:
            "Ends within three seconds of Ctrl-C, or when files that are being sent are out; builds begin again at the next start."
    )

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var listen: String?

    @Option(help: ArgumentHelp("The port; 0 lets the system choose.", valueName: "port"))
    var port: Int?

    @Option(help: ArgumentHelp("Builds at a time; 0 builds nothing.", valueName: "number"))
    var workers: Int?

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        var flags = FarmSettings()
        flags.listen = listen
        flags.port = port
        flags.workers = workers
        let configuration = try farm.configuration(invocation.environment, flags: flags)
        let lock = try configuration.folder.lock()
        let logger = logger(configuration.mirror)
        try await checkSandbox(configuration, logger)

        let searchPath = (invocation.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map {
            FilePath(String($0))
        }
        let daemon = try Daemon(
            configuration, reading: FormulaReading(platform: configuration.platform),
            builder: SandboxedBuilder(configuration), searchPath: searchPath, logger: logger)
        let (stop, stopping) = AsyncStream.makeStream(of: Void.self)
        // A task of its own, which is not cancelled: putting things in order takes a moment more.
        let serving = Task { try await daemon.run(until: stop) }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            stopping.yield()
        }
        lock.release()
    }

    /// Serving goes on without a sandbox; builds would not.
    private func checkSandbox(_ configuration: FarmConfiguration, _ logger: Logger) async throws {
        guard configuration.workers > 0 else { return }
        if case .unusable(let problem) = try await BlockingThread.run({ SandboxProbe.run() }) {
            logger.warning("nothing can be built", metadata: ["reason": "\(problem.summary)"])
            for hint in problem.hints { logger.warning("hint", metadata: ["try": "\(hint)"]) }
        }
    }

    private func logger(_ settings: MirrorSettings) -> Logger {
        let file = settings.logFile.map { RotatingFile($0, limit: 64 << 20, kept: 5) }
        var logger = Logger(label: "velod") { label in
            if settings.logsJSON || file != nil { return LineLogHandler(asJSON: settings.logsJSON, file: file) }
            return StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = output.quiet ? .warning : output.verbose ? .debug : .info
        return logger
    }
}
