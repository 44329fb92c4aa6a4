import FoundationEssentials
import GRDB
import VeloCore
import VeloSystem

/// A manifest that refers to another one as its subject: a signature, an attestation.
struct Referrer: Sendable {
    var digest: String
    var mediaType: String
    var size: Int
    var artifactType: String?
    var annotations: [String: String]?
}

extension FarmDatabase {
    /// Tags of a repository after one of them, sorted; nil when there is no such repository.
    func tags(_ name: RepositoryName, after last: String?, limit: Int) async throws -> [String]? {
        try await pool.read { db in
            let repository = try Self.repository(db, name)
            let tags = try String.fetchAll(
                db, sql: "SELECT tag FROM tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?",
                arguments: [repository, last ?? "", limit])
            if !tags.isEmpty { return tags }
            return try Self.exists(db, repository) ? [] : nil
        }
    }

    private static func exists(_ db: Database, _ repository: String) throws -> Bool {
        for table in ["tags", "repository_manifests", "repository_blobs"] {
            let sql = "SELECT 1 FROM \(table) WHERE repository = ? LIMIT 1"
            if try Bool.fetchOne(db, sql: sql, arguments: [repository]) ?? false { return true }
        }
        return false
    }

    /// Names of repositories after one of them, sorted.
    func repositories(after last: String?, limit: Int) async throws -> [String] {
        try await pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT repository FROM tags WHERE repository > ? ORDER BY repository LIMIT ?",
                arguments: [last ?? "", limit])
        }
    }

    func referrers(_ name: RepositoryName, of subject: SHA256Digest) async throws -> [Referrer] {
        try await pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT digest, media_type, length(bytes) AS size, artifact_type, annotations
                    FROM repository_manifests JOIN documents USING (digest)
                    WHERE repository = ? AND subject = ? ORDER BY digest
                    """, arguments: [name.description, subject.hex]
            ).map { row in
                let text: String? = row["annotations"]
                return Referrer(
                    digest: "sha256:" + (row["digest"] as String), mediaType: row["media_type"], size: row["size"],
                    artifactType: row["artifact_type"],
                    annotations: try text.map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) })
            }
        }
    }

    /// Takes a manifest that was pushed, when all that it names is there: one transaction.
    ///
    /// - Throws: `RegistryProblem.manifestBlobUnknown`
    func push(
        _ document: RegistryDocument, _ reading: ManifestReading, to name: RepositoryName, tag: String?, now: Double
    ) async throws {
        try await pool.write { db in
            var missing: [String] = []
            for digest in reading.blobs where try !Self.hasBlob(db, digest, in: name) {
                missing.append(digest.ociDigest)
            }
            for digest in reading.manifests {
                let isThere = try Bool.fetchOne(
                    db, sql: "SELECT 1 FROM repository_manifests WHERE repository = ? AND digest = ?",
                    arguments: [name.description, digest.hex])
                if isThere != true { missing.append(digest.ociDigest) }
            }
            guard missing.isEmpty else { throw RegistryProblem.manifestBlobUnknown(missing) }
            try Self.put(db, document, reading, in: name, now: now)
            if let tag { try Self.setTag(db, name, tag, to: document.digest, origin: .pushed, now: now) }
        }
    }

    /// What upstream says a tag or digest is. Blobs come when somebody asks for them.
    func keep(
        _ document: RegistryDocument, _ reading: ManifestReading, from name: RepositoryName, tag: String?, now: Double
    ) async throws {
        try await pool.write { db in
            try Self.put(db, document, reading, in: name, now: now)
            if let tag { try Self.setTag(db, name, tag, to: document.digest, origin: .upstream, now: now) }
        }
    }

    /// Upstream has confirmed a tag.
    func confirm(_ repository: String, tag: String, now: Double) async throws {
        try await pool.write { db in
            try db.execute(
                sql: "UPDATE tags SET checked = ? WHERE repository = ? AND tag = ?", arguments: [now, repository, tag])
        }
    }

    /// False when there was none.
    func removeTag(_ name: RepositoryName, _ tag: String) async throws -> Bool {
        try await pool.write { db in
            try db.execute(
                sql: "DELETE FROM tags WHERE repository = ? AND tag = ?", arguments: [name.description, tag])
            return db.changesCount > 0
        }
    }

    /// Takes a manifest out of a repository, and its tags with it. The document goes when it is collected.
    func removeManifest(_ name: RepositoryName, _ digest: SHA256Digest) async throws -> Bool {
        try await pool.write { db in
            let arguments: StatementArguments = [name.description, digest.hex]
            try db.execute(sql: "DELETE FROM tags WHERE repository = ? AND digest = ?", arguments: arguments)
            try db.execute(
                sql: "DELETE FROM repository_manifests WHERE repository = ? AND digest = ?", arguments: arguments)
            return db.changesCount > 0
        }
    }

    /// Takes a blob out of a repository. The file goes when no repository and no bottle has it.
    func removeBlob(_ name: RepositoryName, _ digest: SHA256Digest) async throws -> Bool {
        try await pool.write { db in
            try db.execute(
                sql: "DELETE FROM repository_blobs WHERE repository = ? AND digest = ?",
                arguments: [name.description, digest.hex])
            return db.changesCount > 0
        }
    }

    /// Makes a blob of one repository one of another's, without a byte sent.
    ///
    /// - Parameter source: nil for any.
    func mount(
        _ digest: SHA256Digest, from source: RepositoryName?, to name: RepositoryName, now: Double
    ) async throws -> Bool {
        try await pool.write { db in
            guard try Bool.fetchOne(db, sql: "SELECT 1 FROM blobs WHERE digest = ?", arguments: [digest.hex]) == true
            else { return false }
            if let source, try !Self.hasBlob(db, digest, in: source) { return false }
            try Self.mount(db, digest, in: name, now: now)
            return true
        }
    }

    /// A blob whose file is in the store belongs to a repository from now on.
    func addBlob(_ digest: SHA256Digest, size: Int, to name: RepositoryName?, now: Double) async throws {
        try await pool.write { db in
            try Self.addBlob(db, digest, size: size, now: now)
            if let name { try Self.mount(db, digest, in: name, now: now) }
        }
    }
}
