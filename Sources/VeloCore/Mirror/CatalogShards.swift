import FoundationEssentials
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
    /// Raised when a reader of the former number would misread.
    package static let currentSchema = 2

    package var schema = Self.currentSchema
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
    /// Base64.
    package var signature: String

    package init(key: String, signature: String) {
        self.key = key
        self.signature = signature
    }

    /// Whether it is that of a message, by the key that it names; who trusts which key is another question.
    package func verifies(_ message: [UInt8]) -> Bool {
        guard let bytes = Data(base64Encoded: signature), let key = Self.publicKey(key) else { return false }
        return key.verifies(Array(bytes), of: message)
    }

    /// A key as people hand it on, `ed25519:BASE64`; nil if it is none.
    package static func publicKey(_ text: String) -> Ed25519Key? {
        guard text.hasPrefix("ed25519:"), let raw = Data(base64Encoded: String(text.dropFirst(8))) else { return nil }
        return Ed25519Key(publicBytes: Array(raw))
    }
}

/// The catalog of one revision, cut up.
package struct CatalogShards: Sendable {
    static let count = 64

    package let head: CatalogHead
    package let headBytes: [UInt8]
    package let shards: [SHA256Digest: [UInt8]]

    package init(_ document: CatalogDocument, revision: Int) throws {
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
