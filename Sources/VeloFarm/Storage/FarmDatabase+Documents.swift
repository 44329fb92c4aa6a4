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

    init(_ row: Row) {
        self.init(mediaType: row["media_type"], bytes: [UInt8](row["bytes"] as Data))
    }
}

/// Who put a tag where it is.
enum TagOrigin: String, Sendable {
    case own, pushed, upstream
}

/// A tag with what it stands for.
struct TaggedDocument: Sendable {
    var repository: String
    var document: RegistryDocument
    var origin: TagOrigin
    /// Seconds since 1970: when upstream last said that it is current.
    var checked: Double
}

extension FarmDatabase {
    static func insert(_ db: Database, _ document: RegistryDocument) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO documents (digest, media_type, bytes) VALUES (?, ?, ?)",
            arguments: [document.digest.hex, document.mediaType, Data(document.bytes)])
    }

    /// Puts a manifest into a repository, with all that follows from it: links, referrers, flat names.
    static func put(
        _ db: Database, _ document: RegistryDocument, _ reading: ManifestReading, in name: RepositoryName, now: Double
    ) throws {
        try insert(db, document)
        let annotations = try reading.subject.map { _ in try StoredJSON.text(reading.annotations) }
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO repository_manifests
                    (repository, digest, subject, artifact_type, annotations, added) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                name.description, document.digest.hex, reading.subject?.hex, reading.artifactType, annotations, now,
            ])
        let link = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO manifest_links (manifest, target, kind) VALUES (?, ?, ?)")
        for target in reading.manifests { try link.execute(arguments: [document.digest.hex, target.hex, "manifest"]) }
        for target in reading.blobs + reading.bottles.map(\.digest) {
            try link.execute(arguments: [document.digest.hex, target.hex, "blob"])
        }
        let formula = reading.annotations["org.opencontainers.image.title"]?.split(separator: "/").last.map(String.init)
        for bottle in reading.bottles {
            guard let formula, let flat = bottle.flatName(formula: formula) else { continue }
            try db.execute(
                sql: "INSERT OR REPLACE INTO flat_files (flat_name, repository, digest, size) VALUES (?, ?, ?, ?)",
                arguments: [flat, name.description, bottle.digest.hex, bottle.size])
        }
    }

    static func setTag(
        _ db: Database, _ name: RepositoryName, _ tag: String, to digest: SHA256Digest, origin: TagOrigin, now: Double
    ) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO tags (repository, tag, digest, image, origin, updated, checked, used)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [name.description, tag, digest.hex, name.image, origin.rawValue, now, now, now])
    }

    static func addBlob(_ db: Database, _ digest: SHA256Digest, size: Int, now: Double) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO blobs (digest, size, added) VALUES (?, ?, ?)",
            arguments: [digest.hex, size, now])
        try db.execute(sql: "DELETE FROM damaged_blobs WHERE digest = ?", arguments: [digest.hex])
    }

    static func mount(_ db: Database, _ digest: SHA256Digest, in name: RepositoryName, now: Double) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO repository_blobs (repository, digest, added) VALUES (?, ?, ?)",
            arguments: [name.description, digest.hex, now])
    }

    /// The repository that a name stands for: itself, or for Homebrew's own names, where it has no such image, the only
    /// tap's that does.
    static func repository(_ db: Database, _ name: RepositoryName) throws -> String {
        guard name.isCore else { return name.description }
        let known = try String.fetchAll(
            db, sql: "SELECT DISTINCT repository FROM tags WHERE image = ?", arguments: [name.image])
        return known.contains(name.description) || known.count != 1 ? name.description : known[0]
    }

    /// A manifest by digest, where it is in the repository.
    func document(_ digest: SHA256Digest, in name: RepositoryName) async throws -> RegistryDocument? {
        try await pool.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT documents.* FROM documents JOIN repository_manifests USING (digest)
                    WHERE digest = ? AND repository = ?
                    """, arguments: [digest.hex, try Self.repository(db, name)]
            ).map(RegistryDocument.init)
        }
    }

    /// What a tag stands for.
    func document(_ name: RepositoryName, tag: String) async throws -> TaggedDocument? {
        try await pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT documents.*, tags.origin, tags.checked, tags.repository
                    FROM tags JOIN documents ON documents.digest = tags.digest
                    WHERE tags.repository = ? AND tag = ?
                    """, arguments: [try Self.repository(db, name), tag])
            return row.map {
                TaggedDocument(
                    repository: $0["repository"], document: RegistryDocument($0),
                    origin: TagOrigin(rawValue: $0["origin"]) ?? .own, checked: $0["checked"])
            }
        }
    }

    /// A configuration is small and kept with the manifests; nil when it is not in the repository.
    func blobDocument(_ digest: SHA256Digest, in name: RepositoryName) async throws -> RegistryDocument? {
        try await pool.read { db in
            guard try Self.hasBlob(db, digest, in: name) else { return nil }
            return try Row.fetchOne(db, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [digest.hex])
                .map(RegistryDocument.init)
        }
    }

    static func hasBlob(_ db: Database, _ digest: SHA256Digest, in name: RepositoryName) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT 1 FROM repository_blobs WHERE repository = ? AND digest = ?",
            arguments: [try repository(db, name), digest.hex]) ?? false
    }

    /// Bytes of a blob in a repository; nil when it is not there.
    func blobSize(_ digest: SHA256Digest, in name: RepositoryName) async throws -> Int? {
        try await pool.read { db in
            guard try Self.hasBlob(db, digest, in: name) else { return nil }
            return try Int.fetchOne(db, sql: "SELECT size FROM blobs WHERE digest = ?", arguments: [digest.hex])
        }
    }

    /// A bottle that came as an image, by its percent-encoded flat name.
    func flatFiles(_ flatName: String) async throws -> [(repository: String, digest: SHA256Digest)] {
        try await pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT repository, digest FROM flat_files WHERE flat_name = ? ORDER BY repository",
                arguments: [flatName]
            ).compactMap { row in
                SHA256Digest(hex: row["digest"] as String).map { (row["repository"], $0) }
            }
        }
    }
}
