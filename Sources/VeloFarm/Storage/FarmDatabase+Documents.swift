import FoundationEssentials
import GRDB
import VeloSystem

/// A registry document: JSON whose digest is its name.
struct RegistryDocument: Sendable, Equatable {
    var mediaType: String
    var bytes: [UInt8]
    var digest: SHA256Digest

    init(mediaType: String, bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
        digest = SHA256Digest.of(bytes)
    }

    fileprivate init(_ row: Row) {
        self.init(mediaType: row["media_type"], bytes: [UInt8](row["bytes"] as Data))
    }
}

extension FarmDatabase {
    static func insert(_ db: Database, _ document: RegistryDocument) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO documents (digest, media_type, bytes) VALUES (?, ?, ?)",
            arguments: [document.digest.hex, document.mediaType, Data(document.bytes)])
    }

    static func setTag(_ db: Database, tap: String, image: String, tag: String, to document: RegistryDocument) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO image_tags (tap, image, tag, digest) VALUES (?, ?, ?, ?)",
            arguments: [tap, image, tag, document.digest.hex])
    }

    func document(_ digest: SHA256Digest) async throws -> RegistryDocument? {
        try await pool.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [digest.hex])
                .map(RegistryDocument.init)
        }
    }

    /// What a tag of an image stands for.
    func document(_ owner: ImageOwner, image: String, tag: String) async throws -> RegistryDocument? {
        try await pool.read { db in
            guard let tap = try Self.tap(db, owner, image: image) else { return nil }
            return try Row.fetchOne(
                db,
                sql: """
                    SELECT documents.* FROM image_tags JOIN documents ON documents.digest = image_tags.digest
                    WHERE image_tags.tap = ? AND image = ? AND tag = ?
                    """, arguments: [tap, image, tag]
            ).map(RegistryDocument.init)
        }
    }

    /// Tags of an image, sorted; empty when there is no such image.
    func tags(_ owner: ImageOwner, image: String) async throws -> [String] {
        try await pool.read { db in
            guard let tap = try Self.tap(db, owner, image: image) else { return [] }
            return try String.fetchAll(
                db, sql: "SELECT tag FROM image_tags WHERE tap = ? AND image = ? ORDER BY tag", arguments: [tap, image])
        }
    }

    private static func tap(_ db: Database, _ owner: ImageOwner, image: String) throws -> String? {
        if case .tap(let name) = owner { return name }
        let taps = try String.fetchAll(
            db, sql: "SELECT DISTINCT tap FROM image_tags WHERE image = ?", arguments: [image])
        if taps.contains(ImageOwner.core) { return ImageOwner.core }
        return taps.count == 1 ? taps[0] : nil
    }
}

/// Whose image is asked for.
enum ImageOwner: Sendable, Equatable {
    static let core = "homebrew/core"

    case tap(String)
    /// Asked for under Homebrew's own name, or under none: `homebrew/core` if it has it, else the only tap that does.
    case any
}
