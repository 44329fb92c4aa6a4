/// Everything a formula's methods do to the world goes through its host.
///
/// The evaluator keeps the current folder and the environment itself and passes both along; all paths are absolute.
/// A host is used by one evaluation at a time, from one thread; its calls block.
package protocol FormulaHost: AnyObject {
    // MARK: Commands

    /// Runs a command to its end. A command that could not be started is an error; a status other than zero is not.
    func run(_ command: HostCommand) throws(HostError) -> HostCommandResult
    /// Starts a command and returns its process number; output goes to the log.
    func start(_ command: HostCommand) throws(HostError) -> Int
    /// Sends a signal (`TERM`, `KILL`…) to a process that `start` began.
    func signal(_ name: String, process: Int) throws(HostError)
    /// Waits for a process that `start` began and returns its exit status.
    func wait(for process: Int) throws(HostError) -> Int
    /// Lets time pass.
    func sleep(seconds: Double)
    /// A TCP port on the loopback interface that nobody listens on.
    func freePort() throws(HostError) -> Int

    // MARK: Files

    /// What a path is, or nil where there is nothing.
    func status(of path: String, followingLinks: Bool) -> FileStatus?
    /// The names in a folder, sorted, without `.` and `..`.
    func names(in folder: String) throws(HostError) -> [String]
    func read(_ path: String) throws(HostError) -> [UInt8]
    /// Creates or replaces a file, or appends to it. The folder must exist.
    func write(_ bytes: [UInt8], to path: String, appending: Bool) throws(HostError)
    /// With parents, an existing folder is not an error.
    func makeFolder(_ path: String, withParents: Bool) throws(HostError)
    /// Removes a file, a link or an empty folder; with `recursively` a whole folder. A missing path is an error.
    func remove(_ path: String, recursively: Bool) throws(HostError)
    /// Copies a file with its mode (and, with `recursively`, a folder) to exactly `target`. Links are copied as links
    /// when `recursively`, followed otherwise.
    func copy(_ path: String, to target: String, recursively: Bool) throws(HostError)
    /// Renames, across file systems where need be, to exactly `target`.
    func move(_ path: String, to target: String) throws(HostError)
    func makeSymbolicLink(at path: String, to target: String) throws(HostError)
    func makeHardLink(at path: String, to target: String) throws(HostError)
    func setMode(_ mode: UInt16, of path: String) throws(HostError)
    func readLink(_ path: String) throws(HostError) -> String
    /// The path without links; every component must exist.
    func realPath(_ path: String) throws(HostError) -> String
    /// Creates an empty file or renews the time of an existing one.
    func touch(_ path: String) throws(HostError)
    /// A new empty folder that lives as long as the evaluation.
    func makeTemporaryFolder(prefix: String) throws(HostError) -> String

    // MARK: Sources

    /// Unpacks a resource and applies its patches, so that `folder` (which exists) holds what was inside the only
    /// top-level folder of the archive.
    func stage(_ resource: Resource, into folder: String) throws(HostError)
    /// The file that was downloaded for a resource.
    func downloadedFile(of resource: Resource) throws(HostError) -> String

    // MARK: Telling

    /// Told before a formula's operation on files is broken into the calls above. A host that only records answers
    /// `.recorded`, and the operation is skipped.
    func announce(_ effect: FormulaEffect) -> EffectDisposition
    /// False for a host that only records.
    var performsEffects: Bool { get }
    func log(_ message: String, level: HostLogLevel)
}

/// A command as a formula asked for it.
package struct HostCommand: Sendable {
    package enum Program: Sendable, Equatable {
        /// The program, looked up along `PATH` of `environment`, and its arguments.
        case arguments([String])
        /// A line for `/bin/sh -c`.
        case shell(String)
    }
    package enum Purpose: Sendable {
        /// `system`: output goes to the log.
        case system
        /// Its output is read.
        case capture
    }
    package enum ErrorOutput: Sendable { case log, merged, discarded }

    package var program: Program
    package var purpose: Purpose
    package var folder: String
    package var environment: [String: String]
    package var input: [UInt8]?
    package var errorOutput: ErrorOutput

    package init(
        _ program: Program, purpose: Purpose, folder: String, environment: [String: String], input: [UInt8]? = nil,
        errorOutput: ErrorOutput = .log
    ) {
        self.program = program
        self.purpose = purpose
        self.folder = folder
        self.environment = environment
        self.input = input
        self.errorOutput = errorOutput
    }

    /// One string per argument; a shell line is one string.
    package var words: [String] {
        switch program {
        case .arguments(let words): words
        case .shell(let line): [line]
        }
    }
}

/// How a command ended. A command ended by a signal has the status 128 + signal.
package struct HostCommandResult: Sendable {
    package var status: Int
    /// What was written to standard output; empty unless the purpose was `.capture`.
    package var output: [UInt8]

    package init(status: Int, output: [UInt8] = []) {
        self.status = status
        self.output = output
    }
}

/// What a path is.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: Sendable { case file, folder, symbolicLink, other }
    package var kind: Kind
    /// Permission bits.
    package var mode: UInt16
    package var size: Int
    /// Seconds since 1970.
    package var modified: Int

    package init(kind: Kind, mode: UInt16, size: Int, modified: Int) {
        self.kind = kind
        self.mode = mode
        self.size = size
        self.modified = modified
    }
}

/// An operation in the terms of the formula language, as a rehearsal records it.
package enum FormulaEffect: Sendable, Equatable {
    /// `bin.install "a" => "b"`: folder, source, new name.
    case install(folder: String, source: String, name: String?)
    case installResource(folder: String, resource: String)
    /// `bin.install_symlink target => name`
    case symlink(folder: String, target: String, name: String?)
    case replaceText(path: String)
    /// Target folder, or nil for a temporary one.
    case stage(resource: String, folder: String?)
}

package enum EffectDisposition: Sendable { case carryOut, recorded }

package enum HostLogLevel: Sendable { case heading, text, warning, error }

/// Why a host could not do something to a path; formulae see it as an exception of the same name.
package struct HostError: Error, Equatable {
    package enum Code: String, Sendable {
        case notFound = "ENOENT"
        case exists = "EEXIST"
        case notFolder = "ENOTDIR"
        case isFolder = "EISDIR"
        case notEmpty = "ENOTEMPTY"
        case denied = "EACCES"
        case invalid = "EINVAL"
        case tooManyLinks = "ELOOP"
        case noProcess = "ESRCH"
        /// Anything else; the detail says what.
        case failed = "EIO"
        /// This host does not offer the operation.
        case unavailable = "ENOTSUP"
    }
    package var code: Code
    package var path: String
    package var detail: String?

    package init(_ code: Code, path: String, detail: String? = nil) {
        self.code = code
        self.path = path
        self.detail = detail
    }
}

extension HostError {
    /// As Ruby words it: `No such file or directory - path`.
    package var message: String {
        let reason =
            switch code {
            case .notFound: "No such file or directory"
            case .exists: "File exists"
            case .notFolder: "Not a directory"
            case .isFolder: "Is a directory"
            case .notEmpty: "Directory not empty"
            case .denied: "Permission denied"
            case .invalid: "Invalid argument"
            case .tooManyLinks: "Too many levels of symbolic links"
            case .noProcess: "No such process"
            case .failed: "Input/output error"
            case .unavailable: "Operation not supported"
            }
        return "\(detail ?? reason) - \(path)"
    }
}
