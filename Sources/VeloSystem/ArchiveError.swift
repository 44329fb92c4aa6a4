package import SystemPackage

/// An archive that could not be read or written.
package enum ArchiveError: Problem {
    case unreadable(FilePath, reason: String)
    /// Nothing that the reader was told to accept.
    case unrecognised(FilePath)
    /// Broken off, or its bytes contradict each other; `entry` is the last one that was begun.
    case damaged(FilePath, entry: String?, reason: String)
    /// The bytes of a name or link target, as far as they can be shown.
    case nameNotUTF8(FilePath, name: String)
    case entryTooLarge(FilePath, entry: String, limit: Int)
    case unwritable(FilePath, reason: String)
    /// A file became shorter while it was being added.
    case sourceShrank(FilePath, entry: String)

    package var summary: String {
        switch self {
        case .unreadable(let path, let reason): "could not read the archive `\(path)`: \(reason)"
        case .unrecognised(let path): "`\(path)` is not an archive of a known format"
        case .damaged(let path, nil, let reason): "the archive `\(path)` is damaged at its start: \(reason)"
        case .damaged(let path, let entry?, let reason): "the archive `\(path)` is damaged at `\(entry)`: \(reason)"
        case .nameNotUTF8(let path, let name): "the archive `\(path)` has a name that is not UTF-8: `\(name)`"
        case .entryTooLarge(let path, let entry, let limit):
            "`\(entry)` in the archive `\(path)` has more than the \(limit) bytes that are allowed"
        case .unwritable(let path, let reason): "could not write the archive `\(path)`: \(reason)"
        case .sourceShrank(let path, let entry): "`\(entry)` changed while it was being added to the archive `\(path)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .damaged, .unrecognised: ["remove the file and download it again"]
        default: []
        }
    }
}
