import SystemPackage
package import VeloFormula
import VeloSystem

/// The host that carries out what a formula asks for. It runs inside the sandbox, as the child of a worker: what it may
/// touch is decided there, not here.
///
/// Its own standard output is the log of the build.
package final class BuildHost: FormulaHost {
    let log: StepLog
    private let archives: StepArchives
    private let platformPrefix: String
    private var started: [Int: ChildHandle] = [:]
    private var scratchFolders: [FilePath] = []

    /// The last command that failed, for the report.
    package private(set) var lastFailure: (arguments: [String], status: Int)?

    package init(log: StepLog, archives: StepArchives, prefix: String) {
        self.log = log
        self.archives = archives
        platformPrefix = prefix
    }

    deinit {
        for (_, child) in started { child.end() }
        for folder in scratchFolders { try? FileTree.remove(folder) }
    }

    // MARK: Commands

    package func run(_ command: HostCommand) throws(HostError) -> HostCommandResult {
        if command.purpose == .system { log.heading(command.words.joined(separator: " ")) }
        var output: [UInt8] = []
        let exit: ChildExit
        do {
            exit = try ChildProcess.run(try childCommand(command)) { output += $0 }
        } catch {
            throw HostError(system: error)
        }
        if !exit.isSuccess { lastFailure = (command.words, exit.status) }
        return HostCommandResult(status: exit.status, output: command.purpose == .capture ? output : [])
    }

    private func childCommand(_ command: HostCommand) throws(SystemError) -> ChildCommand {
        let arguments =
            switch command.program {
            case .arguments(let words): words
            case .shell(let line): ["/bin/sh", "-c", line]
            }
        guard let name = arguments.first else { throw SystemError("spawn", "", errno: .noSuchFileOrDirectory) }
        var child = ChildCommand(
            [try Self.find(name, along: command.environment["PATH"] ?? "")] + arguments.dropFirst(),
            environment: command.environment, directory: FilePath(command.folder), input: command.input)
        child.standardOutput = command.purpose == .capture ? .captured : .inherited
        child.standardError =
            switch command.errorOutput {
            case .log: .inherited
            case .merged: command.purpose == .capture ? .captured : .inherited
            case .discarded: .discarded
            }
        return child
    }

    /// A formula may change PATH, so the lookup is along its own.
    private static func find(_ name: String, along path: String) throws(SystemError) -> String {
        if name.contains("/") { return name }
        for folder in path.split(separator: ":") {
            let candidate = FilePath(String(folder)).appending(name)
            if let status = try FileTree.status(candidate, followLinks: true), status.kind == .file,
                status.mode & 0o111 != 0
            {
                return candidate.string
            }
        }
        throw SystemError("spawn", name, errno: .noSuchFileOrDirectory)
    }

    package func start(_ command: HostCommand) throws(HostError) -> Int {
        log.heading(command.words.joined(separator: " ") + " &")
        do {
            var child = try childCommand(command)
            child.standardOutput = .inherited
            child.standardError = .inherited
            let handle = try ChildHandle.start(child)
            started[handle.number] = handle
            return handle.number
        } catch {
            throw HostError(system: error)
        }
    }

    package func signal(_ name: String, process: Int) throws(HostError) {
        guard let child = started[process] else { throw HostError(.noProcess, path: "\(process)") }
        guard child.send(name) else { throw HostError(.invalid, path: name, detail: "unknown signal") }
    }

    package func wait(for process: Int) throws(HostError) -> Int {
        guard let child = started.removeValue(forKey: process) else { throw HostError(.noProcess, path: "\(process)") }
        return child.wait()
    }

    package func sleep(seconds: Double) { Pause.blocking(seconds: min(max(seconds, 0), 600)) }

    package func freePort() throws(HostError) -> Int {
        guard let port = LoopbackPort.unused() else {
            throw HostError(.failed, path: "127.0.0.1", detail: "no free port")
        }
        return port
    }

    // MARK: Sources

    package func stage(_ resource: Resource, into folder: String) throws(HostError) {
        log.heading("staging `\(resource.name)`")
        do {
            try archives.unpack(resource.download, into: FilePath(folder))
            try archives.apply(resource.patches, in: FilePath(folder), prefix: platformPrefix, log: log)
        } catch let error as HostError {
            throw error
        } catch {
            throw HostError(.failed, path: folder, detail: ProblemReport(error).oneLine)
        }
    }

    package func downloadedFile(of resource: Resource) throws(HostError) -> String {
        guard let file = archives.file(of: resource.download) else {
            throw HostError(
                .notFound, path: resource.download.url, detail: "resource `\(resource.name)` was not downloaded")
        }
        return file.string
    }

    package func makeTemporaryFolder(prefix: String) throws(HostError) -> String {
        do {
            let folder = try FileTree.makeScratch(in: FilePath(BuildLayout.Inside.temporary), prefix: "\(prefix)-")
            scratchFolders.append(folder)
            return folder.string
        } catch {
            throw HostError(system: error)
        }
    }

    // MARK: Telling

    package var performsEffects: Bool { true }

    package func announce(_ effect: FormulaEffect) -> EffectDisposition { .carryOut }

    package func log(_ message: String, level: HostLogLevel) {
        switch level {
        case .heading: log.heading(message)
        case .text: log.line(message)
        case .warning: log.line("warning: \(message)")
        case .error: log.line("error: \(message)")
        }
    }
}

extension HostError {
    init(system error: SystemError) {
        let code: Code =
            switch error.errno {
            case .noSuchFileOrDirectory: .notFound
            case .fileExists: .exists
            case .notDirectory: .notFolder
            case .isDirectory: .isFolder
            case .directoryNotEmpty: .notEmpty
            case .permissionDenied, .notPermitted, .readOnlyFileSystem: .denied
            case .invalidArgument: .invalid
            case .tooManySymbolicLinkLevels: .tooManyLinks
            case .noSuchProcess: .noProcess
            default: .failed
            }
        self.init(code, path: error.path ?? "", detail: code == .failed ? error.errno.description : nil)
    }
}
