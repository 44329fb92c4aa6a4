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

    struct Bottle: Codable, Sendable {
        var tap: String
        var formula: String
        var pkgVersion: String
        var platform: String
        var rebuild: Int
        var digest: SHA256Digest
        var size: Int
        var tarDigest: SHA256Digest
        var installedSize: Int
        var cellar: String
        var longestPrefix: Int?
        var tab: Tab
        var executables: [String]
        var isTested: Bool
        var tapCommit: String?
        var published: Double
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
    var bottles: [Bottle] = []
    var taps: [Tap] = []
    var api: [APIDocument] = []
    var blobs: [Blob] = []
    /// What belongs to it and was not there: known now, and not when somebody installs.
    var missing: [String] = []

    static func blobPath(_ digest: SHA256Digest) -> String { "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)" }
}

extension ExportedSet.Bottle {
    init(_ row: BottleRow) {
        self.init(
            tap: row.tap, formula: row.formula, pkgVersion: row.pkgVersion, platform: row.platform,
            rebuild: row.rebuild,
            digest: row.digest, size: row.size, tarDigest: row.tarDigest, installedSize: row.installedSize,
            cellar: row.cellar, longestPrefix: row.longestPrefix, tab: row.tab, executables: row.executables,
            isTested: row.isTested, tapCommit: row.tapCommit, published: row.published)
    }

    var row: BottleRow {
        BottleRow(
            tap: tap, formula: formula, pkgVersion: pkgVersion, platform: platform, rebuild: rebuild, digest: digest,
            size: size, tarDigest: tarDigest, installedSize: installedSize, cellar: cellar,
            longestPrefix: longestPrefix,
            tab: tab, executables: executables, isTested: isTested, tapCommit: tapCommit, published: published)
    }
}
