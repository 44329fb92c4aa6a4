import SystemPackage
import VeloSystem

/// `lib/ld.so`, the program loader that every poured executable names: the prefix's own glibc, or the system's.
package enum LoaderLink {
    /// Where systems keep theirs, in the order of looking.
    private static let candidates = [
        "/lib64/ld-linux-x86-64.so.2", "/lib64/ld64.so.2", "/lib/ld-linux.so.3", "/lib/ld-linux.so.2",
        "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3", "/lib/ld-musl-x86_64.so.1",
        "/lib/ld-musl-aarch64.so.1",
    ]

    /// What the link should lead to; nil on a system whose loader is nowhere known.
    package static func target(in prefix: Prefix) -> String? {
        if FileTree.isReadable(prefix.absolute("opt/glibc/bin/ld.so")) { return "../opt/glibc/bin/ld.so" }
        return candidates.first { FileTree.isReadable(FilePath($0)) }
    }

    /// Makes the link right, in a prefix that nobody else sees.
    package static func install(in prefix: Prefix) throws {
        for change in try changes(in: prefix) { try change.apply(in: prefix) }
    }

    /// The changes that make the link right; none if it is.
    static func changes(in prefix: Prefix) throws -> [Change] {
        guard let target = target(in: prefix) else { return [] }
        var changes: [Change] = []
        if try FileTree.status(prefix.loader)?.kind == .link {
            let present = try FileTree.readLink(prefix.loader)
            guard present != target else { return [] }
            changes.append(.removeLink("lib/ld.so", target: present))
        }
        return changes + prefix.makingFolders(for: "lib/ld.so") + [.makeLink("lib/ld.so", target: target)]
    }
}
