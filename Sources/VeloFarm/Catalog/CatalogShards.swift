package import VeloCore
package import VeloSystem

/// The catalog in pieces whose names are their digests, so that an update moves only those that changed.
///
/// ```
/// /catalog/v2/head.json      {"schema": 2, "revision": 17, "generated": …, "taps": […], "shards": ["<sha256>", …]}
/// /catalog/v2/head.json.sig  {"key": "ed25519:…", "signature": "…"}: of the bytes of the head
/// /catalog/sha256/HEX        one of 64 shards: {"formulae": […]}, those whose name has that hash
/// ```
///
/// The signature covers the head, the head names the shards by digest: all of it is signed.
package struct CatalogHead: Codable, Sendable, Equatable {
    package var schema = 2
    package var revision: Int
    /// Seconds since 1970.
    package var generated: Int
    package var taps: [CatalogTap]
    /// In the order of their number.
    package var shards: [SHA256Digest]
}

/// What a shard holds.
package struct CatalogShard: Codable, Sendable, Equatable {
    package var formulae: [CatalogFormula]
}

package struct CatalogSignature: Codable, Sendable, Equatable {
    /// `ed25519:BASE64`
    package var key: String
    package var signature: String
}

/// The catalog of one revision, cut up.
struct CatalogShards: Sendable {
    static let count = 64

    let head: CatalogHead
    let headBytes: [UInt8]
    let shards: [SHA256Digest: [UInt8]]

    init(_ document: CatalogDocument, revision: Int) throws {
        var parts = [[CatalogFormula]](repeating: [], count: Self.count)
        for formula in document.formulae { parts[Self.number(formula.name)].append(formula) }
        var shards: [SHA256Digest: [UInt8]] = [:]
        var digests: [SHA256Digest] = []
        for part in parts {
            let bytes = try WireCoding.encode(CatalogShard(formulae: part))
            let digest = SHA256Digest.of(bytes)
            shards[digest] = bytes
            digests.append(digest)
        }
        head = CatalogHead(revision: revision, generated: document.generated, taps: document.taps, shards: digests)
        headBytes = try WireCoding.encode(head)
        self.shards = shards
    }

    /// The shard of a formula: the first byte of its name's digest, modulo their number. The same everywhere.
    static func number(_ name: String) -> Int {
        Int(SHA256Digest.of(Array(name.utf8)).hex.prefix(2), radix: 16).map { $0 % count } ?? 0
    }
}
