import CVeloShims
import Glibc
package import SystemPackage

/// What to start, and in what surroundings. Nothing of our own environment or descriptors reaches it.
package struct ChildCommand: Sendable {
    /// Where a stream of the child goes.
    package enum Output: Sendable {
        /// To the `output` callback.
        case captured
        /// To our own standard output, or error.
        case inherited
        case discarded
    }

    /// The program, looked up in the PATH of *our* process if it has no slash, and its arguments.
    package var arguments: [String]
    package var environment: [String: String]
    package var directory: FilePath?
    /// Bytes for its standard input; nil means nothing to read.
    package var input: [UInt8]?
    package var standardOutput: Output = .captured
    /// `.captured` goes to the same callback as standard output, in the order in which it was written.
    package var standardError: Output = .captured
    /// Descriptors of ours to hand over, as (ours, its).
    package var descriptors: [(Int32, Int32)] = []
    /// What the kernel holds it to, and each process that it starts.
    package var limits: [ResourceLimit] = []
    /// The `cgroup.procs` of a control group that it begins in, open for writing.
    package var controlGroup: Int32?
    /// Ends it, and all of its process group, after so long in all.
    package var timeLimit: Duration?
    /// Ends it after so long without output.
    package var silenceLimit: Duration?
    /// Looks at it from time to time.
    package var watch: ChildWatch?

    package init(
        _ arguments: [String], environment: [String: String], directory: FilePath? = nil, input: [UInt8]? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
    }
}

/// A resource that the kernel limits for each process, and how much of it there may be.
package enum ResourceLimit: Sendable, Equatable {
    /// Bytes of a core file.
    case core(Int)
    /// Bytes of any file.
    case fileSize(Int)
    /// Processes of the same user.
    case processes(Int)
    /// Bytes of memory that cannot be swapped out.
    case lockedMemory(Int)
    /// Bytes in POSIX message queues.
    case messageQueues(Int)

    fileprivate var numbers: [Int] {
        switch self {
        case .core(let bytes): [Int(RLIMIT_CORE.rawValue), bytes]
        case .fileSize(let bytes): [Int(RLIMIT_FSIZE.rawValue), bytes]
        case .processes(let count): [Int(__RLIMIT_NPROC.rawValue), count]
        case .lockedMemory(let bytes): [Int(__RLIMIT_MEMLOCK.rawValue), bytes]
        case .messageQueues(let bytes): [Int(__RLIMIT_MSGQUEUE.rawValue), bytes]
        }
    }
}

/// Somebody who looks at a child every so often, and may end it.
package struct ChildWatch: Sendable {
    package var interval: Duration
    /// Given the child's process number, says whether it may go on.
    package var mayGoOn: @Sendable (Int32) -> Bool

    package init(every interval: Duration, mayGoOn: @escaping @Sendable (Int32) -> Bool) {
        self.interval = interval
        self.mayGoOn = mayGoOn
    }
}

/// How a child ended. None of these is an error: what it means is for the caller to say.
package enum ChildExit: Sendable, Equatable {
    case code(Int)
    case signal(Int)
    case timeLimit
    case silenceLimit
    case interrupted
    /// Whoever watched it wanted it so.
    case stopped

    package var isSuccess: Bool { self == .code(0) }

    /// As a shell would report it.
    package var status: Int {
        switch self {
        case .code(let code): code
        case .signal(let number): 128 + number
        case .timeLimit, .silenceLimit, .interrupted, .stopped: 128 + Int(SIGKILL)
        }
    }
}

package enum ChildProcess {
    /// Runs a command to its end. Blocking: call it on a thread that may block.
    ///
    /// - Throws: when it cannot be started. Whatever the child does is in the result.
    package static func run(
        _ command: ChildCommand, interruption: Interruption? = nil,
        output: (_ bytes: ArraySlice<UInt8>) -> Void = { _ in }
    ) throws(SystemError) -> ChildExit {
        let name = command.arguments.first ?? ""
        let captures = command.standardOutput == .captured || command.standardError == .captured
        let outlet = captures ? try Pipe() : nil
        let inlet = command.input != nil ? try Pipe() : nil
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw SystemError("open", "/dev/null", errno: Errno(rawValue: errno)) }
        defer { close(null) }

        func source(_ target: ChildCommand.Output, inherited: Int32) -> Int32 {
            switch target {
            case .captured: outlet?.writing ?? null
            case .inherited: inherited
            case .discarded: null
            }
        }
        var pairs: [Int32] = [inlet?.reading ?? null, 0]
        pairs += [source(command.standardOutput, inherited: 1), 1, source(command.standardError, inherited: 2), 2]
        for (ours, its) in command.descriptors { pairs += [ours, its] }

        let pid = try spawn(command, name, pairs)
        outlet?.closeWriting()
        inlet?.closeReading()
        let process = velo_process_descriptor(pid)
        defer { if process >= 0 { close(process) } }
        var loop = ChildLoop(
            pid: pid, process: process, outlet: outlet?.reading ?? -1, inlet: inlet, input: command.input ?? [],
            interruption: interruption?.descriptor ?? -1, timeLimit: command.timeLimit,
            silenceLimit: command.silenceLimit, watch: command.watch)
        return loop.run(output)
    }

    /// Starts a command with its streams inherited or discarded, and nothing to read.
    static func spawnDetached(_ command: ChildCommand) throws(SystemError) -> Int32 {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw SystemError("open", "/dev/null", errno: Errno(rawValue: errno)) }
        defer { close(null) }
        let pairs = [
            null, 0, command.standardOutput == .inherited ? 1 : null, 1, command.standardError == .inherited ? 2 : null,
            2,
        ]
        return try spawn(command, command.arguments.first ?? "", pairs)
    }

    private static func spawn(_ command: ChildCommand, _ name: String, _ pairs: [Int32]) throws(SystemError) -> Int32 {
        var pid: Int32 = 0
        let environment = command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let code = unsafe withCStrings(command.arguments) { argv in
            unsafe withCStrings(environment) { envp in
                if command.limits.isEmpty, command.controlGroup == nil {
                    return unsafe velo_spawn(
                        &pid, name, argv, envp, command.directory?.string, pairs, Int32(pairs.count / 2))
                }
                return unsafe velo_spawn_limited(
                    &pid, name, argv, envp, command.directory?.string, pairs, Int32(pairs.count / 2),
                    command.limits.flatMap(\.numbers), Int32(command.limits.count), command.controlGroup ?? -1)
            }
        }
        guard code == 0 else { throw SystemError("spawn", name, errno: Errno(rawValue: code)) }
        return pid
    }

    /// A null-terminated array of C strings, valid during `body`.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is not empty") }
            return unsafe body(base)
        }
    }
}

/// Both ends of a pipe, each closed once.
final class Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [0, 0]
        guard unsafe velo_make_pipe(&ends) == 0 else { throw SystemError("pipe", errno: Errno(rawValue: errno)) }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        closeReading()
        closeWriting()
    }

    func closeReading() {
        if reading >= 0 { close(reading) }
        reading = -1
    }

    func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }
}
