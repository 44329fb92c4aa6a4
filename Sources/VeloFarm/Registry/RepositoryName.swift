/// A repository of the registry: `homebrew/core/openssl/3`.
///
/// Parts are lower-case letters and digits, with single `.`, `_` or `-` between them, or two underscores; at most 255
/// bytes. Homebrew's names are such: a tap's user and repository, and the image, in which `openssl@3` is `openssl/3`.
struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    let description: String

    static let core = "homebrew/core"

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 255, !parts.isEmpty, parts.allSatisfy(Self.isPart) else { return nil }
        description = text
    }

    init?(tap: String, image: String) {
        self.init("\(tap)/\(image)")
    }

    private static func isPart(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, let last = part.utf8.last, isPlain(first), isPlain(last) else {
            return false
        }
        return part.utf8.allSatisfy { isPlain($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    /// What remains after a tap's two parts; empty when there is no more.
    var image: String { description.split(separator: "/").dropFirst(2).joined(separator: "/") }

    /// The first two parts.
    var tap: String { description.split(separator: "/").prefix(2).joined(separator: "/") }

    /// Whether it is asked for under Homebrew's own name, which stands for whatever tap has such an image.
    var isCore: Bool { tap == Self.core && !image.isEmpty }
}
