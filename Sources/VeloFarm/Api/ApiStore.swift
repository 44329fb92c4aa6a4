import FoundationEssentials
import GRDB
import Logging
import SystemPackage
import VeloCore
import VeloSystem

/// A document of Homebrew's API as it is kept: its bytes are a blob.
struct ApiDocument: Sendable, Equatable {
    var path: String
    var digest: SHA256Digest
    var size: Int
    var type: String
    /// Seconds since 1970, as upstream says it.
    var modified: Double
    /// Since when it has been what is served at its path.
    var adopted: Double

    /// Clocks of clients may be wrong by so many seconds.
    private static let skew = 120.0

    /// Whether a client that has nothing newer than a time surely has this document.
    ///
    /// brew touches its copy whenever it has asked: the time that it asks with is not that of its document, but of its
    /// last question. It has this one if that was answered with it, which can be told of a live document, of which there
    /// is one after the other; at a day's address it may come from any other.
    func isKnown(since seconds: Double, isFrozen: Bool) -> Bool {
        if seconds == modified.rounded(.down) { return true }
        return !isFrozen && seconds >= max(modified.rounded(.down), adopted + Self.skew)
    }
}

/// Homebrew's API documents, byte for byte: the live ones, and what they were on certain days.
///
/// Their signatures are Homebrew's, so they cannot be changed, only replayed; brew accepts an old one. A day's snapshot
/// therefore pins what every stock client sees.
struct ApiStore: Sendable {
    let upstream: String?
    let lifetime: Double
    let client: UpstreamClient
    let database: FarmDatabase
    let blobs: BlobStore
    let gate: StoreGate
    let scratch: FilePath
    let flatDigests: FlatDigests
    let logger: Logger
    let now: @Sendable () -> Double

    /// What a snapshot holds besides what was asked for before: all that some brew asks at an update.
    static let usual = [
        "formula.jws.json", "cask.jws.json", "formula_tap_migrations.jws.json", "cask_tap_migrations.jws.json",
        "internal/packages.x86_64_linux.jws.json", "internal/packages.arm64_linux.jws.json",
        "internal/packages.arm64_sequoia.jws.json", "internal/packages.arm64_tahoe.jws.json",
        "internal/executables.txt",
    ]
    private static let sizeLimit = 256 << 20

    /// Whether a path may be one of the API's: no way out of it, and a document's ending.
    static func isPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 4, path.hasSuffix(".json") || path.hasSuffix(".txt") else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count < 200
                && part.utf8.allSatisfy {
                    $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "?")
                }
        }
    }

    /// `YYYY-MM-DD`
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [4, 2, 2] && parts.allSatisfy { Int($0) != nil }
    }

    /// The document of a snapshot: of that day, or of the newest one before it.
    func frozen(_ date: String, _ path: String) async throws -> ApiDocument? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM api_documents WHERE path = ? AND snapshot <> '' AND snapshot <= ?
                    ORDER BY snapshot DESC LIMIT 1
                    """, arguments: [path, date]
            ).flatMap(Self.document)
        }
    }

    func snapshots() async throws -> [String] {
        try await database.pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT snapshot FROM api_documents WHERE snapshot <> '' ORDER BY snapshot")
        }
    }

    /// The live document: asked of upstream again when it is older than it may be; what is here when upstream fails.
    func live(_ path: String) async throws -> ApiDocument? {
        let known = try await row(path)
        if let known, known.checked + lifetime > now() { return known.document }
        guard upstream != nil else { return known?.document }
        do {
            return try await refresh(path, known) ?? known?.document
        } catch {
            guard let known else { throw error }
            logger.warning(
                "the API's upstream does not answer, what is here is served",
                metadata: ["path": "\(path)", "error": "\(ProblemReport(error).oneLine)"])
            return known.document
        }
    }

    private struct Known: Sendable {
        var document: ApiDocument
        var etag: String?
        var checked: Double
    }

    private func row(_ path: String) async throws -> Known? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM api_documents WHERE snapshot = '' AND path = ?", arguments: [path]
            ).flatMap { row in
                Self.document(row).map { Known(document: $0, etag: row["etag"], checked: row["checked"]) }
            }
        }
    }

    private static func document(_ row: Row) -> ApiDocument? {
        SHA256Digest(hex: row["digest"] as String).map {
            ApiDocument(
                path: row["path"], digest: $0, size: row["size"], type: row["type"], modified: row["modified"],
                adopted: row["adopted"])
        }
    }

    private func refresh(_ path: String, _ known: Known?) async throws -> ApiDocument? {
        guard let upstream, let source = Upstream("flat+" + upstream) else { return nil }
        var headers: CurlHeaders = [:]
        if let known, FileTree.exists(blobs.path(known.document.digest)) {
            if let etag = known.etag { headers["If-None-Match"] = etag }
            headers["If-Modified-Since"] = HTTPDate.text(Int(known.document.modified))
        }
        let url = "\(upstream)/\(path)"
        let (answer, body) = try await client.document(source, url, headers: headers, limit: Self.sizeLimit)
        let now = now()
        switch answer.status {
        case 304:
            try await database.pool.write { db in
                try db.execute(
                    sql: "UPDATE api_documents SET checked = ? WHERE snapshot = '' AND path = ?",
                    arguments: [now, path])
            }
            return known?.document
        case 200:
            let modified = answer.headers.date("Last-Modified").map(Double.init) ?? now
            return try await keep(
                body, path, snapshot: "", type: answer.headers["Content-Type"] ?? Self.type(path),
                etag: answer.headers["ETag"], modified: modified)
        case 404: return nil
        default: throw UpstreamError.status(url, answer.status)
        }
    }

    static func type(_ path: String) -> String { path.hasSuffix(".txt") ? "text/plain" : "application/json" }

    /// Keeps a document, live (an empty snapshot) or of a day.
    func keep(
        _ bytes: [UInt8], _ path: String, snapshot: String, type: String, etag: String?, modified: Double
    ) async throws -> ApiDocument {
        let digest = SHA256Digest.of(bytes)
        let (now, blobs, scratch) = (now(), blobs, scratch)
        let adopted = try await gate.share {
            try await BlockingThread.run {
                let file = scratch.appending("api-\(UInt64.random(in: .min ... .max))")
                try FileTree.write(bytes, to: file)
                try blobs.take(file, as: digest)
            }
            return try await database.pool.write { db in
                try FarmDatabase.addBlob(db, digest, size: bytes.count, now: now)
                let known = try Double.fetchOne(
                    db, sql: "SELECT adopted FROM api_documents WHERE snapshot = ? AND path = ? AND digest = ?",
                    arguments: [snapshot, path, digest.hex])
                let adopted = known ?? now
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO api_documents
                            (snapshot, path, digest, size, type, etag, modified, checked, adopted)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """, arguments: [snapshot, path, digest.hex, bytes.count, type, etag, modified, now, adopted])
                return adopted
            }
        }
        let document = ApiDocument(
            path: path, digest: digest, size: bytes.count, type: type, modified: modified, adopted: adopted)
        if snapshot.isEmpty, path == "formula.jws.json" || path == "formula.json" {
            let flatDigests = flatDigests
            // A document of another form only means that flat mirrors stay unverifiable, and so unused.
            try? await BlockingThread.run { try flatDigests.read(bytes) }
        }
        return document
    }

    /// Makes today's live documents those of a day. The paths that are in it.
    func freeze(_ date: String) async throws -> [String] {
        var paths = Set(Self.usual)
        let known = try await database.pool.read { db in
            try String.fetchAll(db, sql: "SELECT path FROM api_documents WHERE snapshot = ''")
        }
        paths.formUnion(known)
        for path in paths.sorted() where upstream != nil {
            let known = try await row(path)
            do {
                _ = try await refresh(path, known)
            } catch {
                logger.warning(
                    "an API document could not be refreshed",
                    metadata: ["path": "\(path)", "error": "\(ProblemReport(error).oneLine)"])
            }
        }
        return try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO api_documents
                        (snapshot, path, digest, size, type, etag, modified, checked, adopted)
                    SELECT ?, path, digest, size, type, etag, modified, checked, adopted
                    FROM api_documents WHERE snapshot = ''
                    """, arguments: [date])
            return try String.fetchAll(
                db, sql: "SELECT path FROM api_documents WHERE snapshot = ? ORDER BY path", arguments: [date])
        }
    }
}
