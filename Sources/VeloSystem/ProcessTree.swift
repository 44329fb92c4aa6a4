import Glibc
package import SystemPackage

/// The processes below one, as the kernel lists them now.
package struct ProcessTree: Sendable, Equatable {
    /// The one at the top counts.
    package var count = 0
    /// Bytes in memory; what several share is counted for each.
    package var residentBytes = 0

    private struct Entry {
        var parent: Int32
        var pages: Int
    }

    /// Blocking, about ten microseconds for each process of the machine. Processes that end meanwhile are left out.
    package static func below(_ top: Int32) -> ProcessTree {
        var children: [Int32: [Int32]] = [:]
        var pages: [Int32: Int] = [:]
        for name in (try? FileTree.names(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let entry = entry(of: name) else { continue }
            children[entry.parent, default: []].append(pid)
            pages[pid] = entry.pages
        }
        var tree = ProcessTree()
        var open = [top]
        while let pid = open.popLast() {
            guard let resident = pages[pid] else { continue }
            tree.count += 1
            tree.residentBytes += resident * pageSize
            open += children[pid] ?? []
        }
        return tree
    }

    private static let pageSize = max(4096, Int(sysconf(Int32(_SC_PAGESIZE))))

    /// Of `/proc/PID/stat`: the name, in brackets, may hold anything, so fields are counted after the last bracket.
    private static func entry(of name: String) -> Entry? {
        guard let bytes = try? FileTree.read(FilePath("/proc/\(name)/stat"), limit: 1024),
            let bracket = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(bracket + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 21, let parent = number(fields[1]), let pages = number(fields[21]) else { return nil }
        return Entry(parent: Int32(clamping: parent), pages: max(0, pages))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? { Int(String(decoding: bytes, as: UTF8.self)) }
}

/// The disk that a folder is on.
package enum DiskSpace {
    /// Bytes that an ordinary user may still write; nil where it cannot be said.
    package static func free(at folder: FilePath) -> Int? {
        var facts = statvfs()
        guard unsafe statvfs(folder.string, &facts) == 0 else { return nil }
        return Int(facts.f_bavail) * Int(facts.f_frsize)
    }

    /// Bytes of disk that the files below a folder take; files that vanish meanwhile do not count.
    package static func used(below folder: FilePath) -> Int {
        var total = 0
        var open = [folder]
        while let next = open.popLast() {
            for name in (try? FileTree.names(in: next)) ?? [] {
                let path = next.appending(name)
                var facts = stat()
                guard unsafe lstat(path.string, &facts) == 0 else { continue }
                total += Int(facts.st_blocks) * 512
                if facts.st_mode & S_IFMT == S_IFDIR { open.append(path) }
            }
        }
        return total
    }
}
