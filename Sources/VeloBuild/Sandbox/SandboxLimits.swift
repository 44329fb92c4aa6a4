import Synchronization
import SystemPackage
import VeloSystem

/// How much of the machine one step may use.
package struct SandboxLimits: Sendable, Equatable {
    package var total: Duration
    package var silence: Duration
    /// Bytes of memory of all its processes together.
    package var memory: Int
    package var processes: Int
    /// Bytes of one file.
    package var fileSize: Int
    /// Bytes of disk that it writes in all.
    package var disk: Int
    /// Bytes that it prints.
    package var output: Int

    package init(
        total: Duration, silence: Duration, memory: Int = 8 << 30, processes: Int = 2048, fileSize: Int = 8 << 30,
        disk: Int = 32 << 30, output: Int = 256 << 20
    ) {
        self.total = total
        self.silence = silence
        self.memory = memory
        self.processes = processes
        self.fileSize = fileSize
        self.disk = disk
        self.output = output
    }

    /// A limit that was reached.
    package enum Excess: Sendable, Equatable {
        case memory(Int)
        case processes(Int)
        case disk(Int)
        case output(Int)
    }

    /// What the kernel holds each process to, by util-linux's `prlimit`. It does not count the processes of root: those
    /// the watch does.
    var commandPrefix: [String] {
        [
            "prlimit", "--core=0:0", "--fsize=\(fileSize):\(fileSize)", "--nproc=\(processes):\(processes)",
            "--memlock=8388608:8388608", "--msgqueue=819200:819200", "--",
        ]
    }
}

/// Looks after the limits that only the sum of all processes can break.
final class SandboxWatch: Sendable {
    private let limits: SandboxLimits
    /// What the step writes to.
    private let folders: [FilePath]
    private let freeAtStart: Int?
    private let found = Mutex<SandboxLimits.Excess?>(nil)

    /// Often enough that nothing grows much past its limit in between, seldom enough to cost nothing.
    static let interval = Duration.milliseconds(250)

    init(_ limits: SandboxLimits, folders: [FilePath]) {
        self.limits = limits
        self.folders = folders
        freeAtStart = folders.first.flatMap(DiskSpace.free)
    }

    var excess: SandboxLimits.Excess? { found.withLock { $0 } }

    func stop(_ excess: SandboxLimits.Excess) { found.withLock { $0 = $0 ?? excess } }

    func mayGoOn(_ pid: Int32) -> Bool {
        if excess != nil { return false }
        let tree = ProcessTree.below(pid)
        if tree.count > limits.processes { stop(.processes(limits.processes)) }
        if tree.residentBytes > limits.memory { stop(.memory(limits.memory)) }
        if isDiskInDoubt, folders.reduce(0, { $0 + DiskSpace.used(below: $1) }) > limits.disk {
            stop(.disk(limits.disk))
        }
        return excess == nil
    }

    /// Others may have filled the disk: its own files are counted only when somebody did.
    private var isDiskInDoubt: Bool {
        guard let freeAtStart, let folder = folders.first, let free = DiskSpace.free(at: folder) else { return false }
        return freeAtStart - free > limits.disk
    }
}
