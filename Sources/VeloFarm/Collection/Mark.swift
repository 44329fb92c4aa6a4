import GRDB
import VeloCore
import VeloFormula
import VeloSystem

/// What is reachable at one moment, and what is not.
struct Mark: Sendable {
    struct Blob: Sendable, Equatable {
        var digest: SHA256Digest
        var size: Int
    }

    struct Entry: Sendable, Equatable {
        var repository: String
        var digest: String
    }

    /// Manifests of a repository that nothing leads to.
    var untagged: [Entry] = []
    /// Blobs that nothing leads to.
    var loose: [Blob] = []
    /// Blobs that stay, by reason.
    var kept: [String: Int] = [:]

    /// - Parameter removals: tags to think away, for a dry run.
    static func make(
        _ database: FarmDatabase, _ policy: CollectionPolicy, _ leases: Leases, now: Double,
        without removals: [CollectionReport.Removal]
    ) async throws -> Mark {
        let gone = Set(removals.filter { $0.kind == "tag" }.map(\.name))
        return try await database.pool.read { db in
            var mark = Mark()
            let oldest = now - policy.untaggedAge
            let live = try mark.manifests(db, gone, oldest: oldest, leases)
            try mark.blobs(db, live, gone, oldest: oldest, leases)
            return mark
        }
    }

    /// Digests of manifests that stay.
    private mutating func manifests(
        _ db: Database, _ gone: Set<String>, oldest: Double, _ leases: Leases
    ) throws -> Set<String> {
        var live: Set<String> = []
        for row in try Row.fetchAll(db, sql: "SELECT repository, tag, digest FROM tags") {
            let name = "\(row["repository"] as String):\(row["tag"] as String)"
            if !gone.contains(name) { live.insert(row["digest"]) }
        }
        for pin in try String.fetchAll(db, sql: "SELECT reference FROM pins") where pin.hasPrefix("sha256:") {
            live.insert(String(pin.dropFirst(7)))
        }
        let members = try Row.fetchAll(db, sql: "SELECT repository, digest, subject, added FROM repository_manifests")
        for row in members {
            let digest: String = row["digest"]
            if row["added"] > oldest || SHA256Digest(hex: digest).map(leases.holds) ?? false { live.insert(digest) }
        }
        var links: [String: [String]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT manifest, target FROM manifest_links WHERE kind = 'manifest'") {
            links[row["manifest"], default: []].append(row["target"])
        }
        // A signature stays for as long as what it signs.
        for row in members {
            if let subject: String = row["subject"] { links[subject, default: []].append(row["digest"]) }
        }
        var pending = Array(live)
        while let digest = pending.popLast() {
            for target in links[digest] ?? [] where live.insert(target).inserted { pending.append(target) }
        }
        for row in members where !live.contains(row["digest"]) {
            untagged.append(Entry(repository: row["repository"], digest: row["digest"]))
        }
        return live
    }

    private mutating func blobs(
        _ db: Database, _ live: Set<String>, _ gone: Set<String>, oldest: Double, _ leases: Leases
    ) throws {
        var reasons: [String: String] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT manifest, target FROM manifest_links WHERE kind = 'blob'")
        where live.contains(row["manifest"]) {
            reasons[row["target"]] = "a manifest names it"
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM bottles") {
            let bottle = try BottleRow(row)
            let tag = bottle.name.map { "\(bottle.tap)/\($0.imageName):\($0.imageTag)" } ?? ""
            if !gone.contains(tag) { reasons[bottle.digest.hex] = "a bottle's file" }
        }
        for digest in try String.fetchAll(db, sql: "SELECT digest FROM api_documents") {
            reasons[digest] = "an API document"
        }
        for pin in try String.fetchAll(db, sql: "SELECT reference FROM pins") where pin.hasPrefix("sha256:") {
            reasons[String(pin.dropFirst(7))] = "pinned"
        }
        let added = try Row.fetchAll(
            db,
            sql: """
                SELECT blobs.digest, size, max(blobs.added, coalesce(max(repository_blobs.added), 0)) AS added
                FROM blobs LEFT JOIN repository_blobs USING (digest) GROUP BY blobs.digest ORDER BY blobs.digest
                """)
        for row in added {
            let hex: String = row["digest"]
            guard let digest = SHA256Digest(hex: hex) else { continue }
            var reason = reasons[hex]
            if reason == nil, row["added"] > oldest { reason = "came not long ago" }
            if reason == nil, leases.holds(digest) { reason = "was asked about just now" }
            if let reason {
                kept[reason, default: 0] += 1
            } else {
                loose.append(Blob(digest: digest, size: row["size"]))
            }
        }
    }
}

extension FarmDatabase {
    /// The versions of all images, for retention.
    func versions() async throws -> [CollectionPolicy.Version] {
        try await pool.read { db in
            let pins = Set(try String.fetchAll(db, sql: "SELECT reference FROM pins"))
            var current: Set<String> = []
            for record in try Self.formulaRecords(db) {
                current.insert(
                    "\(record.catalog.tap)/\(BottleImage.name(record.catalog.name)) \(record.catalog.pkgVersion)")
            }
            return try Row.fetchAll(db, sql: "SELECT repository, tag, updated FROM tags").map { row in
                let (repository, tag): (String, String) = (row["repository"], row["tag"])
                let version = BottleImage.version(ofTag: tag)
                return CollectionPolicy.Version(
                    repository: repository, tag: tag, updated: row["updated"],
                    isPinned: pins.contains("\(repository):\(tag)"),
                    isCurrent: current.contains("\(repository) \(tag)") || current.contains("\(repository) \(version)"))
            }
        }
    }

    /// Tags of upstream, those first that were not asked for the longest; with the bytes of what they name and is here.
    func upstreamTagsByUse() async throws -> [(repository: String, tag: String, bytes: Int)] {
        try await pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT tags.repository, tag, coalesce(sum(blobs.size), 0) AS bytes FROM tags
                    LEFT JOIN manifest_links ON manifest = tags.digest AND kind = 'blob'
                    LEFT JOIN blobs ON blobs.digest = target
                    WHERE origin = 'upstream' AND tags.repository || ':' || tag NOT IN (SELECT reference FROM pins)
                    GROUP BY tags.repository, tag ORDER BY max(checked), tags.repository, tag
                    """
            ).map { ($0["repository"], $0["tag"], $0["bytes"]) }
        }
    }

    /// Makes what a tag names look as if it had come long ago.
    static func age(_ db: Database, repository: String, tag: String) throws {
        let digests = try String.fetchAll(
            db,
            sql: """
                WITH RECURSIVE named (digest) AS (
                    SELECT digest FROM tags WHERE repository = ? AND tag = ?
                    UNION SELECT target FROM manifest_links JOIN named ON manifest = named.digest)
                SELECT digest FROM named
                """, arguments: [repository, tag])
        for digest in digests {
            for table in ["repository_manifests", "repository_blobs"] {
                try db.execute(
                    sql: "UPDATE \(table) SET added = 0 WHERE digest = ? AND repository = ?",
                    arguments: [digest, repository])
            }
            try db.execute(sql: "UPDATE blobs SET added = 0 WHERE digest = ?", arguments: [digest])
        }
    }

    func blobDigests(prefix: String) async throws -> Set<String> {
        try await pool.read { db in
            Set(
                try String.fetchAll(
                    db, sql: "SELECT digest FROM blobs WHERE digest >= ? AND digest < ?",
                    arguments: [prefix, prefix + "g"]))
        }
    }

    static func removeBottles(_ db: Database, repository: String, tag: String) throws {
        guard let name = RepositoryName(repository) else { return }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM bottles WHERE tap = ?", arguments: [name.tap]) {
            let bottle = try BottleRow(row)
            guard bottle.name?.imageName == name.image, bottle.name?.imageTag == tag else { continue }
            try db.execute(sql: "DELETE FROM bottles WHERE id = ?", arguments: [row["id"] as Int64])
        }
    }

    /// Documents that no repository has and no manifest of one names, and the links of manifests that are gone.
    static func dropLooseDocuments(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM manifest_links WHERE manifest NOT IN (SELECT digest FROM repository_manifests);
                DELETE FROM documents WHERE digest NOT IN (SELECT digest FROM repository_manifests)
                    AND digest NOT IN (SELECT target FROM manifest_links) AND digest NOT IN (SELECT digest FROM tags);
                """)
    }

    static func isLoose(_ db: Database, _ digest: SHA256Digest, addedBefore oldest: Double) throws -> Bool {
        let isNamed = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM manifest_links JOIN repository_manifests ON manifest = repository_manifests.digest
                        WHERE target = :digest)
                    OR EXISTS (SELECT 1 FROM bottles WHERE digest = :digest)
                    OR EXISTS (SELECT 1 FROM api_documents WHERE digest = :digest)
                    OR EXISTS (SELECT 1 FROM blobs WHERE digest = :digest AND added > :oldest)
                    OR EXISTS (SELECT 1 FROM repository_blobs WHERE digest = :digest AND added > :oldest)
                """, arguments: ["digest": digest.hex, "oldest": oldest])
        return isNamed == false
    }
}

/// How a formula and its version are named as an image.
enum BottleImage {
    static func name(_ formula: String) -> String {
        String(formula.map { $0 == "@" ? "/" : $0 == "+" ? "x" : $0 })
    }

    /// `1.2.3_1` of `1.2.3_1-2`: what follows the last hyphen is the rebuild, if it is a number.
    static func version(ofTag tag: String) -> String {
        guard let hyphen = tag.lastIndex(of: "-"), Int(tag[tag.index(after: hyphen)...]) != nil else { return tag }
        return String(tag[..<hyphen])
    }
}
