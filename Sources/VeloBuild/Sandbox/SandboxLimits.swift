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

    /// What the kernel holds each process to. It does not count the processes of root: those the watch does.
    var ofEachProcess: [ResourceLimit] {
        [
            .core(0), .fileSize(fileSize), .processes(processes), .lockedMemory(8 << 20), .messageQueues(800 << 10),
        ]
    }
}

/// Looks after the limits that only the sum of all processes can break.
final class SandboxWatch: Sendable {
    private let limits: SandboxLimits
    /// What the step writes to.
    private let folders: [FilePath]
    private let freeAtStart: Int?
    /// What the kernel limits by itself, and tells about.
    private let group: ControlGroup?
    private let isLimited: (memory: Bool, processes: Bool)
    private let found = Mutex<SandboxLimits.Excess?>(nil)

    /// Often enough that nothing grows much past its limit in between, seldom enough to cost nothing.
    static let interval = Duration.milliseconds(250)

    init(_ limits: SandboxLimits, folders: [FilePath], group: ControlGroup? = nil) {
        self.limits = limits
        self.group = group
        isLimited = group?.limit(memory: limits.memory, processes: limits.processes) ?? (false, false)
        self.folders = folders
        freeAtStart = folders.first.flatMap(DiskSpace.free)
    }

    var excess: SandboxLimits.Excess? { found.withLock { $0 } }

    func stop(_ excess: SandboxLimits.Excess) { found.withLock { $0 = $0 ?? excess } }

    func mayGoOn(_ pid: Int32) -> Bool {
        if excess != nil { return false }
        askGroup()
        if !isLimited.memory || !isLimited.processes {
            let tree = ProcessTree.below(pid)
            if !isLimited.processes, tree.count > limits.processes { stop(.processes(limits.processes)) }
            if !isLimited.memory, tree.residentBytes > limits.memory { stop(.memory(limits.memory)) }
        }
        if isDiskInDoubt, folders.reduce(0, { $0 + DiskSpace.used(below: $1) }) > limits.disk {
            stop(.disk(limits.disk))
        }
        return excess == nil
    }

    /// Whether the kernel has come to a limit.
    func askGroup() {
        if isLimited.memory, group?.ranOutOfMemory == true { stop(.memory(limits.memory)) }
        if isLimited.processes, group?.ranOutOfProcesses == true { stop(.processes(limits.processes)) }
    }

    /// Others may have filled the disk: its own files are counted only when somebody did.
    private var isDiskInDoubt: Bool {
        guard let freeAtStart, let folder = folders.first, let free = DiskSpace.free(at: folder) else { return false }
        return freeAtStart - free > limits.disk
    }
}
