import GRDB
import SystemPackage
import VeloFormula
import VeloSystem

/// Takes away what nothing needs any more, while the server runs.
///
/// Roots are tags, pins, bottles, API documents, and whatever was touched or added not long ago: a blob that is being
/// pushed has no manifest yet. What they reach stays. Every removal is checked again in the transaction that does it,
/// with the store's gate closed, so it may be stopped at any moment and go on another time.
struct Collector: Sendable {
    let database: FarmDatabase
    let blobs: BlobStore
    let gate: StoreGate
    let leases: Leases
    let answers: AnswerCache
    let fills: BlobFills
    let policy: CollectionPolicy
    /// Counts towards the quota, too, and is never collected.
    var sources: BlobStore?
    let now: @Sendable () -> Double

    private static let batch = 64
    private static let overQuota = "over the quota, and the longest unused"

    func run(isDryRun: Bool) async throws -> CollectionReport {
        var report = CollectionReport(isDryRun: isDryRun)
        answers.settle()
        try await expire(&report)
        let mark = try await Mark.make(database, policy, leases, now: now(), without: isDryRun ? report.removals : [])
        try await dropManifests(mark, &report)
        try await sweep(mark, &report)
        try await sweepFiles(&report)
        return report
    }

    /// Tags and bottles that no retention rule keeps, and those over the quota, the longest unused of upstream first.
    private func expire(_ report: inout CollectionReport) async throws {
        let now = now()
        let versions = try await database.versions()
        for version in policy.expired(versions, now: now) {
            report.removals.append(
                .init(
                    kind: "tag", name: "\(version.repository):\(version.tag)", bytes: 0,
                    reason: "no retention rule keeps it"))
        }
        if policy.quota > 0 {
            let sources = sources
            let sourceBytes = try await BlockingThread.run { try sources?.bytes() ?? 0 }
            var excess = try await database.blobTotals().bytes + sourceBytes - policy.quota
            for tag in try await database.upstreamTagsByUse() where excess > 0 {
                let name = "\(tag.repository):\(tag.tag)"
                guard !report.removals.contains(where: { $0.name == name }) else { continue }
                report.removals.append(
                    .init(kind: "tag", name: name, bytes: tag.bytes, reason: Self.overQuota))
                excess -= tag.bytes
            }
        }
        guard !report.isDryRun, !report.removals.isEmpty else { return }
        let removals = report.removals
        try await database.pool.write { db in
            for removal in removals {
                let name = removal.name
                guard let colon = name.lastIndex(of: ":") else { continue }
                let (repository, tag) = (String(name[..<colon]), String(name[name.index(after: colon)...]))
                // It can be had again, and the room is wanted now: it does not wait as what was pushed does.
                if removal.reason == Self.overQuota { try FarmDatabase.age(db, repository: repository, tag: tag) }
                try db.execute(sql: "DELETE FROM tags WHERE repository = ? AND tag = ?", arguments: [repository, tag])
                try FarmDatabase.removeBottles(db, repository: repository, tag: tag)
            }
            try FarmDatabase.touchCatalog(db, now: now)
        }
        answers.forget()
    }

    private func dropManifests(_ mark: Mark, _ report: inout CollectionReport) async throws {
        for entry in mark.untagged {
            report.removals.append(
                .init(
                    kind: "manifest", name: "\(entry.repository)@sha256:\(entry.digest)", bytes: 0,
                    reason: "nothing names it"))
        }
        guard !report.isDryRun else { return }
        let (untagged, oldest) = (mark.untagged, now() - policy.untaggedAge)
        try await gate.alone {
            try await database.pool.write { db in
                for entry in untagged {
                    // Somebody may have tagged it since.
                    try db.execute(
                        sql: """
                            DELETE FROM repository_manifests WHERE repository = :repository AND digest = :digest
                            AND added <= :oldest
                            AND NOT EXISTS (SELECT 1 FROM tags WHERE tags.repository = :repository AND tags.digest = :digest)
                            """, arguments: ["repository": entry.repository, "digest": entry.digest, "oldest": oldest])
                }
                try FarmDatabase.dropLooseDocuments(db)
            }
        }
        answers.forget(all: true)
    }

    private func sweep(_ mark: Mark, _ report: inout CollectionReport) async throws {
        report.kept = mark.kept
        for blob in mark.loose {
            report.removals.append(
                .init(kind: "blob", name: blob.digest.ociDigest, bytes: blob.size, reason: "nothing names it"))
        }
        guard !report.isDryRun else { return }
        var rest = mark.loose[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(batch.count)
            let kept = try await remove(batch)
            report.removals.removeAll { removal in kept.contains { removal.name == $0.ociDigest } }
            try Task.checkCancellation()
        }
        answers.forget(all: true)
    }

    /// Removes blobs that are still loose, rows first; those that are not any more.
    private func remove(_ batch: [Mark.Blob]) async throws -> Set<SHA256Digest> {
        answers.settle()
        let (leases, filling, oldest, blobs) = (leases, fills.digests, now() - policy.untaggedAge, blobs)
        return try await gate.alone {
            let kept = try await database.pool.write { db in
                var kept: Set<SHA256Digest> = []
                for blob in batch {
                    let isFree = !leases.holds(blob.digest) && !filling.contains(blob.digest)
                    guard try isFree && FarmDatabase.isLoose(db, blob.digest, addedBefore: oldest) else {
                        kept.insert(blob.digest)
                        continue
                    }
                    for table in ["repository_blobs", "blobs"] {
                        try db.execute(sql: "DELETE FROM \(table) WHERE digest = ?", arguments: [blob.digest.hex])
                    }
                    try db.execute(sql: "DELETE FROM flat_files WHERE digest = ?", arguments: [blob.digest.hex])
                }
                return kept
            }
            let gone = batch.filter { !kept.contains($0.digest) }.map(\.digest)
            try await BlockingThread.run { for digest in gone { try blobs.remove(digest) } }
            return kept
        }
    }

    /// Files without a row: left by a process that died between the two.
    private func sweepFiles(_ report: inout CollectionReport) async throws {
        let oldest = now() - leases.length
        for folder in try blobs.folders() {
            var loose: [SHA256Digest] = []
            let known = try await database.blobDigests(prefix: folder)
            for digest in try blobs.digests(inFolder: folder) where !known.contains(digest.hex) {
                guard let status = try FileTree.status(blobs.path(digest)), Double(status.modified) <= oldest else {
                    continue
                }
                loose.append(digest)
                report.removals.append(
                    .init(kind: "file", name: digest.ociDigest, bytes: status.size, reason: "no row names it"))
            }
            guard !report.isDryRun, !loose.isEmpty else { continue }
            let (found, blobs) = (loose, blobs)
            try await gate.alone {
                let known = try await database.blobDigests(prefix: folder)
                for digest in found where !known.contains(digest.hex) { try blobs.remove(digest) }
            }
        }
    }
}
