import Glibc
package import SystemPackage

/// A control group that holds one child with all that it starts: counted together, and ended together.
///
/// See `ControlGroups` for where they are made. Ending it is up to who made it; one that is forgotten is ended all the
/// same.
package final class ControlGroup: Sendable {
    /// What the processes of a group have used so far.
    package struct Usage: Sendable, Equatable {
        package var processorSeconds: Double
        /// Bytes; nil where the kernel does not count memory by group.
        package var memoryPeak: Int?
    }

    package let folder: FilePath
    /// `cgroup.procs`, open for writing: see `ChildCommand.controlGroup`.
    package let descriptor: Int32

    /// - Throws: when it cannot be made.
    init(_ folder: FilePath) throws(SystemError) {
        guard unsafe mkdir(folder.string, 0o755) == 0 else {
            throw SystemError("mkdir", folder, errno: Errno(rawValue: errno))
        }
        self.folder = folder
        descriptor = unsafe open(folder.appending("cgroup.procs").string, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = Errno(rawValue: errno)
            _ = try? FileTree.removeEmptyFolder(folder)
            throw SystemError("open", folder.appending("cgroup.procs"), errno: error)
        }
    }

    deinit {
        end()
        close(descriptor)
    }

    /// Holds all of it together to so much; false for what the kernel does not limit by group here.
    package func limit(memory: Int, processes: Int) -> (memory: Bool, processes: Bool) {
        // Swap would make the limit a matter of time.
        _ = set("memory.swap.max", "0")
        _ = set("memory.oom.group", "1")
        return (set("memory.max", "\(memory)"), set("pids.max", "\(processes)"))
    }

    package var usage: Usage {
        Usage(
            processorSeconds: Double(number("usage_usec", in: "cpu.stat") ?? 0) / 1_000_000,
            memoryPeak: (try? FileTree.readText(folder.appending("memory.peak"))).flatMap { Int($0.filter(\.isNumber)) }
        )
    }

    /// Whether the kernel had to end something because memory had run out.
    package var ranOutOfMemory: Bool { number("oom_kill", in: "memory.events") ?? 0 > 0 }
    /// Whether a process could not be started because there were too many.
    package var ranOutOfProcesses: Bool { number("max", in: "pids.events") ?? 0 > 0 }

    /// Ends every process in it, and removes it. Blocking, some milliseconds: the kernel takes its time to bury them.
    package func end() {
        _ = set("cgroup.kill", "1")
        for _ in 0..<200 {
            if (try? FileTree.removeEmptyFolder(folder)) == true || !FileTree.exists(folder) { return }
            usleep(5000)
        }
    }

    private func set(_ name: String, _ value: String) -> Bool { Self.set(folder.appending(name), value) }

    /// Files of the kernel's: never created, one write.
    static func set(_ file: FilePath, _ value: String) -> Bool {
        let descriptor = unsafe open(file.string, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return (try? FileTree.writeAll(Array(value.utf8), to: descriptor, file)) != nil
    }

    /// The number of a line `NAME NUMBER`.
    private func number(_ name: String, in file: String) -> Int? {
        guard let text = try? FileTree.readText(folder.appending(file)) else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
