import GRDB
import VeloCore
import VeloSystem

/// Looks whether all that the database promises is there: every tag's manifest, every blob's file with the right bytes.
struct IntegrityCheck: Sendable {
    let farm: Farm

    func run() async throws -> AdminReport {
        var report = AdminReport()
        let (dangling, wrong, missing, blobs) = try await rows()
        report.problems += dangling.map { "the tag \($0) leads nowhere" }
        report.problems += wrong.map { "the document \($0) is not what its name says" }
        report.problems += missing.map { "\($0) names a blob that is not here" }
        let store = farm.blobs
        let bad = try await BlockingThread.run {
            try blobs.compactMap { digest, size -> String? in
                guard let actual = try store.size(digest) else { return "\(digest.ociDigest) has no file" }
                guard actual == size else { return "\(digest.ociDigest) has \(actual) bytes, not \(size)" }
                return try BlobStore.digest(of: store.path(digest)) == digest ? nil : "\(digest.ociDigest) is damaged"
            }
        }
        report.problems += bad
        report.lines = [
            "checked \(blobs.count) blobs: \(report.problems.isEmpty ? "all is there" : "\(report.problems.count) problems")"
        ]
        return report
    }

    private func rows() async throws -> (
        dangling: [String], wrong: [String], missing: [String], blobs: [(SHA256Digest, Int)]
    ) {
        try await farm.database.pool.read { db in
            let dangling = try String.fetchAll(
                db,
                sql: """
                    SELECT repository || ':' || tag FROM tags
                    WHERE digest NOT IN (SELECT digest FROM documents)
                        OR NOT EXISTS (SELECT 1 FROM repository_manifests AS m
                            WHERE m.repository = tags.repository AND m.digest = tags.digest)
                    """)
            var wrong: [String] = []
            let cursor = try Row.fetchCursor(db, sql: "SELECT * FROM documents")
            while let row = try cursor.next() {
                let document = RegistryDocument(row)
                if document.digest.hex != row["digest"] as String { wrong.append(row["digest"]) }
            }
            // What came from upstream may name what nobody has asked for yet.
            let missing = try String.fetchAll(
                db,
                sql: """
                    SELECT tags.repository || ':' || tag FROM tags
                    JOIN manifest_links AS l ON l.manifest = tags.digest
                    LEFT JOIN manifest_links AS b ON b.manifest = l.target
                    WHERE origin <> 'upstream'
                        AND coalesce(b.target, l.target) NOT IN (SELECT digest FROM blobs)
                        AND coalesce(b.target, l.target) NOT IN (SELECT digest FROM documents)
                    """)
            let blobs = try Row.fetchAll(
                db, sql: "SELECT digest, size FROM blobs WHERE digest NOT IN (SELECT digest FROM damaged_blobs)"
            ).compactMap { row in
                SHA256Digest(hex: row["digest"] as String).map { ($0, row["size"] as Int) }
            }
            return (dangling, wrong, missing, blobs)
        }
    }
}
