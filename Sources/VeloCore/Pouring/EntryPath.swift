/// What is wrong with a path in an archive.
package enum EntryPathFlaw: Error, Sendable, Equatable {
    case empty
    case absolute
    /// `..`, also behind backslashes, which some unpackers take for separators.
    case leavesFolder
    case nul
    case tooLong

    package var sentence: String {
        switch self {
        case .empty: "it has no name"
        case .absolute: "its path is absolute"
        case .leavesFolder: "its path leaves the folder with `..`"
        case .nul: "its path contains a NUL byte"
        case .tooLong: "its path is too long"
        }
    }
}

/// A path in an archive that stays below the folder it is unpacked into: relative, plain names, no `..`.
///
/// Written in one way: `./a//b/` is `a/b`. Two paths are equal when their bytes are, as they are for the file system.
package struct EntryPath: Sendable, CustomStringConvertible {
    /// With what comes before it, a path has to stay below the system's 4,096 bytes.
    package static let longest = 3072
    package static let longestComponent = 255

    package let text: String

    package init(_ raw: String) throws(EntryPathFlaw) {
        let bytes = raw.utf8
        guard bytes.count <= Self.longest else { throw .tooLong }
        guard bytes.first != UInt8(ascii: "/") else { throw .absolute }
        guard !bytes.contains(0) else { throw .nul }
        var names: [Substring] = []
        for name in raw.split(separator: "/") where name != "." {
            guard name.utf8.count <= Self.longestComponent else { throw .tooLong }
            guard name != "..", !Self.hidesParent(name) else { throw .leavesFolder }
            names.append(name)
        }
        guard !names.isEmpty else { throw .empty }
        text = names.joined(separator: "/")
    }

    /// Plain names, none of them empty.
    init(components: some Sequence<Substring>) { text = components.joined(separator: "/") }

    /// A backslash is an ordinary character here (systemd's unit names have them); what is refused reads as a path that
    /// climbs or starts at a drive's root.
    private static func hidesParent(_ name: Substring) -> Bool {
        guard name.utf8.contains(UInt8(ascii: "\\")) else { return false }
        return name.hasPrefix("\\") || name.split(separator: "\\").contains("..")
    }

    package var components: [Substring] { text.split(separator: "/") }
    package var description: String { text }

    /// The path below the first `count` names; nil when there is nothing.
    package func dropping(_ count: Int) -> String? {
        let rest = components.dropFirst(count)
        return rest.isEmpty ? nil : rest.joined(separator: "/")
    }
}

extension EntryPath: Hashable {
    // String's own equality is canonical equivalence: `é` in two spellings is one string, but two files.
    package static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
