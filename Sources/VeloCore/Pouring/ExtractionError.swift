package import SystemPackage
import VeloSystem

/// An archive that was not unpacked, because of what one of its entries would have done.
package enum ExtractionError: Problem {
    case refused(archive: FilePath, entry: String, Refusal)
    case tooManyEntries(archive: FilePath, limit: Int)
    case tooManyBytes(archive: FilePath, entry: String, limit: Int)
    case tooBigToRewrite(archive: FilePath, entry: String, limit: Int)
    /// There is nothing in it.
    case empty(archive: FilePath)
    /// Rewriting a file for its new place failed.
    case rewriting(archive: FilePath, entry: String, cause: any Error)

    package enum Refusal: Sendable, Equatable {
        case path(EntryPathFlaw)
        /// A bottle has everything below `NAME/VERSION`.
        case outsideKeg(expected: String)
        case special(String)
        case privileged
        /// A parent of the entry is a link or a file.
        case throughLink
        case duplicate
        case linkEscapes(target: String)
        case hardLinkEscapes(target: String)
        case hardLinkBeforeTarget(target: String)
        /// A link and a folder whose names differ in case only.
        case caseCollision(with: String)

        var sentence: String {
            switch self {
            case .path(let flaw): flaw.sentence
            case .outsideKeg(let expected): "it is not below `\(expected)`"
            case .special(let word): "it is a \(word)"
            case .privileged: "it is setuid or setgid"
            case .throughLink: "its path goes through a link or a file"
            case .duplicate: "it is there twice"
            case .linkEscapes(let target): "it links to `\(target)`, outside of where it may point"
            case .hardLinkEscapes(let target): "it is a hard link to `\(target)`, outside of the archive"
            case .hardLinkBeforeTarget(let target): "it is a hard link to `\(target)`, which is no file before it"
            case .caseCollision(let other): "it is a link that differs from the folder `\(other)` in case only"
            }
        }
    }

    package var summary: String {
        switch self {
        case .refused(let archive, let entry, let refusal):
            "refused the archive `\(archive)` because of its entry `\(Self.shown(entry))`: \(refusal.sentence)"
        case .tooManyEntries(let archive, let limit):
            "refused the archive `\(archive)`: it has more than \(limit) entries"
        case .tooManyBytes(let archive, let entry, let limit):
            "refused the archive `\(archive)` at `\(Self.shown(entry))`: it unpacks to more than \(limit) bytes"
        case .tooBigToRewrite(let archive, let entry, let limit):
            "`\(Self.shown(entry))` in `\(archive)` has to be rewritten and has more than \(limit) bytes"
        case .empty(let archive): "the archive `\(archive)` is empty"
        case .rewriting(let archive, let entry, _):
            "could not adapt `\(Self.shown(entry))` of `\(archive)` to its new place"
        }
    }

    package var cause: (any Error)? {
        if case .rewriting(_, _, let cause) = self { cause } else { nil }
    }

    package var hints: [String] {
        switch self {
        case .refused, .tooManyEntries, .tooManyBytes:
            ["nothing was installed from it; tell whoever made the archive, or get it from somewhere else"]
        default: []
        }
    }

    /// Names come from a stranger: nothing in them may move the cursor, and they may be thousands of bytes long.
    private static func shown(_ entry: String) -> String {
        let printable = entry.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : String($0) }
        return printable.count <= 200 ? printable.joined() : printable.prefix(200).joined() + "…"
    }
}
