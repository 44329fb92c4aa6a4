import GRDB
import VeloCore
import VeloFormula
import VeloSystem

/// Finds what belongs to an export: images by name, what their bottles need, and so on until nothing is new.
struct SetCollection: Sendable {
    let farm: Farm
    let request: ExportRequest

    func make() async throws -> (set: ExportedSet, documents: [SHA256Digest: RegistryDocument]) {
        let wanted = Set(request.names.map { BottleImage.name($0.split(separator: "/").last.map(String.init) ?? $0) })
        let (platforms, now) = (request.platforms, farm.now())
        return try await farm.database.pool.read { db in
            var set = ExportedSet(created: now)
            var documents: [SHA256Digest: RegistryDocument] = [:]
            let rows = try Row.fetchAll(
                db, sql: "SELECT repository, tag, digest, image, origin FROM tags ORDER BY repository, tag")
            var byImage: [String: [Row]] = [:]
            for row in rows { byImage[row["image"], default: []].append(row) }
            var pending = wanted.isEmpty ? byImage.keys.sorted() : wanted.sorted()
            var seen = Set(pending)
            while let image = pending.popLast() {
                guard let rows = byImage[image] else {
                    set.missing.append("`\(image)`: no version of it is here")
                    continue
                }
                for row in Self.chosen(rows, all: wanted.isEmpty) {
                    let needed = try Self.add(db, row, platforms, &set, &documents)
                    for name in needed where seen.insert(name).inserted { pending.append(name) }
                }
            }
            try Self.addRest(db, &set)
            return (set, documents)
        }
    }

    /// Of each repository the newest version; all of them where everything is wanted.
    private static func chosen(_ rows: [Row], all: Bool) -> [Row] {
        if all { return rows }
        return Dictionary(grouping: rows) { $0["repository"] as String }.values.compactMap { group in
            ImageTags.newest(group.map { $0["tag"] as String }).flatMap { tag in
                group.first { $0["tag"] as String == tag }
            }
        }
    }

    /// Adds a tag with all below it; the images that its bottles need.
    private static func add(
        _ db: Database, _ row: Row, _ platforms: [String], _ set: inout ExportedSet,
        _ documents: inout [SHA256Digest: RegistryDocument]
    ) throws -> Set<String> {
        let repository: String = row["repository"]
        guard let top = SHA256Digest(hex: row["digest"] as String) else { return [] }
        set.tags.append(.init(repository: repository, tag: row["tag"], digest: top, origin: row["origin"]))
        var needed: Set<String> = []
        var pending = [top]
        while let digest = pending.popLast() {
            guard
                let stored = try Row.fetchOne(
                    db, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [digest.hex])
            else { continue }
            let document = RegistryDocument(stored)
            documents[digest] = document
            set.manifests.append(.init(repository: repository, digest: digest, mediaType: document.mediaType))
            let reading = try ManifestReading(document.bytes, declared: document.mediaType)
            let wanted = reading.bottles.filter { bottle in
                let tag = bottle.tagAndRebuild?.tag.description ?? ""
                return platforms.isEmpty || tag == "all" || platforms.contains(tag)
            }
            for bottle in wanted {
                needed.formUnion(MirrorSync.dependencies(bottle).map { BottleImage.name($0) })
                try addBlob(db, bottle.digest, repository, "\(repository) \(bottle.referenceName)", &set, &documents)
            }
            let left = Set(reading.bottles.compactMap(\.manifest)).subtracting(wanted.compactMap(\.manifest))
            pending += reading.manifests.filter { !left.contains($0) }
            for blob in reading.blobs {
                try addBlob(db, blob, repository, "\(repository)@\(blob.ociDigest)", &set, &documents)
            }
        }
        return needed
    }

    private static func addBlob(
        _ db: Database, _ digest: SHA256Digest, _ repository: String, _ name: String, _ set: inout ExportedSet,
        _ documents: inout [SHA256Digest: RegistryDocument]
    ) throws {
        if let size = try Int.fetchOne(db, sql: "SELECT size FROM blobs WHERE digest = ?", arguments: [digest.hex]) {
            if !set.blobs.contains(where: { $0.digest == digest }) {
                set.blobs.append(.init(digest: digest, size: size, kind: "blob"))
            }
        } else if let row = try Row.fetchOne(
            db, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [digest.hex])
        {
            documents[digest] = RegistryDocument(row)
        } else {
            set.missing.append("\(name): its file is not here")
            return
        }
        set.members.append(.init(repository: repository, digest: digest))
    }

    /// Bottles that were built here, and API documents.
    private static func addRest(_ db: Database, _ set: inout ExportedSet) throws {
        let exported = Set(set.blobs.map(\.digest))
        for row in try Row.fetchAll(db, sql: "SELECT * FROM bottles ORDER BY id") {
            let bottle = try BottleRow(row)
            if exported.contains(bottle.digest) { set.bottles.append(bottle) }
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM api_documents ORDER BY snapshot, path") {
            guard let digest = SHA256Digest(hex: row["digest"] as String) else { continue }
            set.api.append(
                .init(
                    snapshot: row["snapshot"], path: row["path"], digest: digest, size: row["size"], type: row["type"],
                    modified: row["modified"]))
            if !set.blobs.contains(where: { $0.digest == digest }) {
                set.blobs.append(.init(digest: digest, size: row["size"], kind: "blob"))
            }
        }
    }
}
