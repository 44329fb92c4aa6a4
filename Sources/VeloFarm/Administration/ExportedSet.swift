import FoundationEssentials
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// What an export holds: `set.json` beside the blobs.
///
/// ```
/// set.json           this, as JSON; names every blob by digest
/// set.json.sig       {"key": "ed25519:…", "signature": "…"} of its bytes
/// blobs/sha256/ab/HEX  bottles, manifests, configurations, API documents, sources, bundles of taps
/// ```
///
/// As one file it is a tar of the same, `set.json` last: a file without it is not finished.
struct ExportedSet: Codable, Sendable {
    struct Blob: Codable, Sendable, Equatable {
        var digest: SHA256Digest
        var size: Int
        /// Where it goes: `blob`, `document`, `source` or `bundle`.
        var kind: String
        /// In a former set, and not in this one.
        var isInBase = false
    }

    struct Manifest: Codable, Sendable {
        var repository: String
        var digest: SHA256Digest
        var mediaType: String
    }

    struct Tag: Codable, Sendable {
        var repository: String
        var tag: String
        var digest: SHA256Digest
        var origin: String
    }

    struct Member: Codable, Sendable {
        var repository: String
        var digest: SHA256Digest
    }

    struct Tap: Codable, Sendable {
        var name: String
        var location: String
        /// A git bundle.
        var bundle: SHA256Digest
        var updated: Double
    }

    struct APIDocument: Codable, Sendable {
        var snapshot: String
        var path: String
        var digest: SHA256Digest
        var size: Int
        var type: String
        var modified: Double
    }

    var schema = 1
    /// Seconds since 1970.
    var created: Double
    /// The digest of the `set.json` whose blobs are left out.
    var base: SHA256Digest?
    var tags: [Tag] = []
    var manifests: [Manifest] = []
    var members: [Member] = []
    var bottles: [BottleRow] = []
    var taps: [Tap] = []
    var api: [APIDocument] = []
    var blobs: [Blob] = []
    /// What belongs to it and was not there: known now, and not when somebody installs.
    var missing: [String] = []

    static func blobPath(_ digest: SHA256Digest) -> String { "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)" }
}
