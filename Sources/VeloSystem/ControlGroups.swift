import Glibc
import Synchronization
package import SystemPackage

/// The place where this process may make control groups: below its own, where that was handed over to it (systemd's
/// `Delegate=yes`), or where it is root.
///
/// The kernel lets a group with processes in it hand on no controllers, the topmost excepted. Where this process is alone
/// in its group it steps aside, into `velo-PID-self`, so that memory and processes can be limited by group.
package struct ControlGroups: Sendable {
    package let folder: FilePath
    /// Of `memory` and `pids`, what groups made here can limit.
    package let controllers: Set<String>
    private let count = Counter()

    private static let wanted = ["memory", "pids"]

    /// Finds the place; nil where no group can be made, or the kernel is too old to end one (5.14). Blocking.
    package static func find() -> ControlGroups? {
        guard let folder = ownFolder() else { return nil }
        removeLeftovers(in: folder)
        guard let probe = try? ControlGroup(folder.appending("velo-\(getpid())-probe")) else { return nil }
        guard FileTree.exists(probe.folder.appending("cgroup.kill")) else { return nil }
        return ControlGroups(folder: folder, controllers: handOn(in: folder))
    }

    private init(folder: FilePath, controllers: Set<String>) {
        self.folder = folder
        self.controllers = controllers
    }

    /// A new group; nil where the kernel would not have it.
    package func make() -> ControlGroup? {
        try? ControlGroup(folder.appending("velo-\(getpid())-\(count.next())"))
    }

    /// `0::/user.slice/…` of `/proc/self/cgroup`, below where the second version is mounted.
    private static func ownFolder() -> FilePath? {
        guard let mounts = try? FileTree.readText("/proc/self/mountinfo"),
            let groups = try? FileTree.readText("/proc/self/cgroup"),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        for mount in mounts.split(separator: "\n") {
            let words = mount.split(separator: " ")
            guard words.count > 6, let dash = words.firstIndex(of: "-"), words[dash + 1] == "cgroup2" else { continue }
            var path = String(line.dropFirst(3))
            let root = words[3] == "/" ? "" : String(words[3])
            guard path.hasPrefix(root) else { continue }
            path.removeFirst(root.count)
            var folder = FilePath(String(words[4])).pushing(FilePath(String(path.drop { $0 == "/" })))
            // Where an earlier look has put us.
            if folder.lastComponent?.string == "velo-\(getpid())-self" { folder.removeLastComponent() }
            return folder
        }
        return nil
    }

    /// Groups of processes that are gone.
    private static func removeLeftovers(in folder: FilePath) {
        for name in (try? FileTree.names(in: folder)) ?? [] where name.hasPrefix("velo-") {
            guard let owner = name.split(separator: "-").dropFirst().first,
                !FileTree.exists(FilePath("/proc/\(owner)"))
            else { continue }
            _ = ControlGroup.set(folder.appending(name).appending("cgroup.kill"), "1")
            _ = try? FileTree.removeEmptyFolder(folder.appending(name))
        }
    }

    /// Lets groups below have the controllers; answers which they have.
    private static func handOn(in folder: FilePath) -> Set<String> {
        func words(_ file: String) -> Set<String> {
            let text = (try? FileTree.readText(folder.appending(file))) ?? ""
            return Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
        }
        let missing = wanted.filter { words("cgroup.controllers").contains($0) }
            .filter { !words("cgroup.subtree_control").contains($0) }
        if !missing.isEmpty {
            let order = missing.map { "+\($0)" }.joined(separator: " ")
            let file = folder.appending("cgroup.subtree_control")
            if !ControlGroup.set(file, order), words("cgroup.procs") == ["\(getpid())"], stepAside(from: folder) {
                _ = ControlGroup.set(file, order)
            }
        }
        return words("cgroup.subtree_control").intersection(wanted)
    }

    private static func stepAside(from folder: FilePath) -> Bool {
        let aside = folder.appending("velo-\(getpid())-self")
        guard unsafe mkdir(aside.string, 0o755) == 0 || errno == EEXIST else { return false }
        return ControlGroup.set(aside.appending("cgroup.procs"), "\(getpid())")
    }
}

/// Numbers, none twice.
private final class Counter: Sendable {
    private let last = Mutex(0)

    func next() -> Int {
        last.withLock {
            $0 += 1
            return $0
        }
    }
}
