import FoundationEssentials
import GRDB
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Takes an exported set: checks all of it first, and changes something only when nothing is wrong.
struct SetImport: Sendable {
    let farm: Farm
    /// Public keys besides the farm's own.
    let trusted: [String]

    func run(_ path: FilePath, isDryRun: Bool) async throws -> AdminReport {
        let scratch = try FileTree.makeScratch(in: farm.folder.scratch, prefix: "import-")
        defer { try? FileTree.remove(scratch) }
        let folder = try await unpacked(path, scratch)
        let bytes = try SetArchive.description(of: folder)
        let set: ExportedSet
        do {
            set = try WireCoding.decode(ExportedSet.self, from: bytes)
        } catch {
            throw AdminError.notASet(path.string, reason: "its `set.json` cannot be read")
        }
        guard set.schema == 1 else { throw AdminError.notASet(path.string, reason: "a newer velod wrote it") }
        try checkSignature(folder, bytes, path)
        try await checkBlobs(set, folder)
        var report = AdminReport(problems: set.missing)
        report.lines = [
            "\(isDryRun ? "would import" : "imported") \(set.tags.count) images, \(set.bottles.count) bottles, \(set.taps.count) taps, \(set.api.count) API documents, \(set.blobs.count) blobs"
        ]
        if !isDryRun {
            let blobs = farm.blobs
            let new = try set.blobs.filter { try blobs.size($0.digest) == nil }
            try await farm.makeRoom(for: new.reduce(0) { $0 + $1.size })
            try await take(set, folder)
        }
        return report
    }

    private func unpacked(_ path: FilePath, _ scratch: FilePath) async throws -> FilePath {
        guard let status = try FileTree.status(path, followLinks: true) else {
            throw AdminError.notASet(path.string, reason: "there is nothing at that path")
        }
        if status.kind == .folder { return path }
        let folder = scratch.appending("set")
        try FileTree.makeFolder(folder)
        try await BlockingThread.run { try SetArchive.unpack(path, to: folder) }
        return folder
    }

    private func checkSignature(_ folder: FilePath, _ bytes: [UInt8], _ path: FilePath) throws {
        let file = folder.appending("set.json.sig")
        guard FileTree.exists(file),
            let signature = try? WireCoding.decode(CatalogSignature.self, from: FileTree.read(file))
        else { throw AdminError.notASet(path.string, reason: "it is not signed") }
        let keys = trusted + [farm.signer.publicKey]
        guard keys.contains(signature.key) else { throw AdminError.untrusted(path.string, key: signature.key) }
        guard signature.verifies(bytes) else {
            throw AdminError.notASet(path.string, reason: "its signature is not that of its content")
        }
    }

    /// Every blob has to be in the set, or here already, and be what its name says.
    private func checkBlobs(_ set: ExportedSet, _ folder: FilePath) async throws {
        let (blobs, sources) = (farm.blobs, farm.sources)
        let documents = try await farm.database.pool.read { db in
            Set(try String.fetchAll(db, sql: "SELECT digest FROM documents"))
        }
        let problems = try await BlockingThread.run {
            try set.blobs.compactMap { blob -> String? in
                let file = folder.pushing(FilePath(ExportedSet.blobPath(blob.digest)))
                guard let status = try FileTree.status(file) else {
                    let isHere =
                        try blobs.size(blob.digest) != nil || sources.size(blob.digest) != nil
                        || documents.contains(blob.digest.hex)
                    return isHere
                        ? nil
                        : "\(blob.digest.ociDigest) (\(blob.kind)) is neither in it nor here\(blob.isInBase ? ": import its base first" : "")"
                }
                guard status.kind == .file, status.size == blob.size, try BlobStore.digest(of: file) == blob.digest
                else {
                    return "\(blob.digest.ociDigest) (\(blob.kind)) is not what its name says"
                }
                return nil
            }
        }
        guard problems.isEmpty else { throw AdminError.damagedSet(problems) }
    }

    private func take(_ set: ExportedSet, _ folder: FilePath) async throws {
        let (blobs, sources, now, scratch) = (farm.blobs, farm.sources, farm.now(), farm.folder.scratch)
        try await farm.gate.share {
            try await BlockingThread.run {
                for blob in set.blobs where blob.kind == "blob" || blob.kind == "source" {
                    let store = blob.kind == "source" ? sources : blobs
                    let file = folder.pushing(FilePath(ExportedSet.blobPath(blob.digest)))
                    guard FileTree.exists(file), try store.size(blob.digest) == nil else { continue }
                    let work = try FileTree.makeScratch(in: scratch, prefix: "blob-")
                    defer { try? FileTree.remove(work) }
                    try FileTree.copyFile(file, to: work.appending("blob"))
                    try store.take(work.appending("blob"), as: blob.digest)
                }
            }
            try await rows(set, folder, now)
        }
        for tap in set.taps { try await takeTap(tap, folder) }
        farm.answers.forget(all: true)
    }

    /// All rows, in one transaction.
    private func rows(_ set: ExportedSet, _ folder: FilePath, _ now: Double) async throws {
        try await farm.database.pool.write { db in
            for blob in set.blobs where blob.kind == "blob" {
                try FarmDatabase.addBlob(db, blob.digest, size: blob.size, now: now)
            }
            for blob in set.blobs where blob.kind == "document" {
                let file = folder.pushing(FilePath(ExportedSet.blobPath(blob.digest)))
                guard FileTree.exists(file) else { continue }
                let type =
                    set.manifests.first { $0.digest == blob.digest }?.mediaType ?? ImageDocuments.MediaType.config
                try FarmDatabase.insert(db, RegistryDocument(mediaType: type, bytes: FileTree.read(file)))
            }
            for member in set.members {
                guard let name = RepositoryName(member.repository) else { continue }
                try FarmDatabase.mount(db, member.digest, in: name, now: now)
            }
            for manifest in set.manifests {
                guard let name = RepositoryName(manifest.repository),
                    let row = try Row.fetchOne(
                        db, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [manifest.digest.hex])
                else { continue }
                let document = RegistryDocument(row)
                try FarmDatabase.put(
                    db, document, ManifestReading(document.bytes, declared: document.mediaType), in: name, now: now)
            }
            for tag in set.tags {
                guard let name = RepositoryName(tag.repository) else { continue }
                try FarmDatabase.setTag(
                    db, name, tag.tag, to: tag.digest, origin: TagOrigin(rawValue: tag.origin) ?? .pushed, now: now)
            }
            for bottle in set.bottles {
                if let name = bottle.name { try bottle.insert(db, flatName: name.flatFilename) }
            }
            for document in set.api {
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO api_documents (snapshot, path, digest, size, type, modified, checked, adopted)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        document.snapshot, document.path, document.digest.hex, document.size, document.type,
                        document.modified, now, now,
                    ])
            }
            try FarmDatabase.touchCatalog(db, now: now)
        }
    }

    private func takeTap(_ tap: ExportedSet.Tap, _ folder: FilePath) async throws {
        guard let name = TapName(tap.name) else { return }
        let bundle = folder.pushing(FilePath(ExportedSet.blobPath(tap.bundle)))
        guard FileTree.exists(bundle) else { return }
        try await farm.taps.take(name, bundle: bundle, location: tap.location)
    }
}
