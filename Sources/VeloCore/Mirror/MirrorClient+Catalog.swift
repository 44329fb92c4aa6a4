import VeloFormula
import VeloSystem

/// How a catalog comes from a mirror: in pieces, of which only the new ones are asked for; checked against a signature
/// where there are keys; in one document from a mirror that has no pieces.
extension MirrorClient {
    func catalog(of mirror: String) async throws -> CatalogAnswer {
        let known = cache.entry(for: mirror).flatMap { isTrusted($0.image.stamp) ? $0 : nil }
        do {
            return try await inPieces(mirror, known)
        } catch CatalogError.wrongSignature {
            // It may have become another one between the head and its signature.
            return try await inPieces(mirror, known)
        } catch .status(let url, 404, _, _) as FetchError {
            // Or between the head and its pieces.
            if url.contains("/catalog/sha256/") { return try await inPieces(mirror, known) }
            guard keys.isEmpty else { throw CatalogError.unsigned(mirror: mirror) }
            return try await inOne(mirror, known)
        }
    }

    /// Whether what is in the cache was signed by somebody who is trusted now.
    func isTrusted(_ stamp: CatalogStamp) -> Bool {
        keys.isEmpty || stamp.pieces?.signedBy.map { keys.contains($0) } ?? false
    }

    // MARK: In pieces

    private func inPieces(_ mirror: String, _ known: CatalogCache.Entry?) async throws -> CatalogAnswer {
        let url = mirror + "/catalog/v2/head.json"
        var headers: CurlHeaders = ["Accept": "application/json"]
        if known?.image.stamp.pieces != nil, let etag = known?.image.stamp.etag { headers["If-None-Match"] = etag }
        let response = try await engine.get(url, headers: headers)
        let time = now()
        if response.status == 304, let known {
            cache.confirm(mirror, at: time)
            return CatalogAnswer(catalog: Catalog(known.image), mirror: mirror, origin: .unchanged, fetched: time)
        }
        let signer = keys.isEmpty ? nil : try await signer(of: response.body, url)
        let head = try Self.read(CatalogHead.self, response.body, from: url)
        guard head.schema <= CatalogHead.currentSchema else {
            throw CatalogError.tooNew(url: url, schema: head.schema)
        }
        let old = known?.image.stamp.pieces
        if signer != nil, let known, let old, head.revision < old.revision, head.generated < known.image.stamp.generated
        {
            throw CatalogError.rolledBack(mirror: mirror, have: old.revision, got: head.revision)
        }
        var stamp = CatalogStamp(
            source: mirror, generated: head.generated, taps: head.taps, etag: response.headers["ETag"])
        stamp.pieces = CatalogStamp.Pieces(revision: head.revision, shards: head.shards, signedBy: signer)
        let entries = try await entries(head.shards, from: mirror, known?.image)
        let image = try cache.store(entries, stamp, at: time)
        return CatalogAnswer(catalog: Catalog(image), mirror: mirror, origin: .fetched, fetched: time)
    }

    /// Who signed a head, among those who are trusted.
    private func signer(of head: [UInt8], _ url: String) async throws -> String {
        let response = try await engine.get(url + ".sig", headers: ["Accept": "application/json"])
        let signature = try Self.read(CatalogSignature.self, response.body, from: url + ".sig")
        guard keys.contains(signature.key) else { throw CatalogError.untrusted(url: url, key: signature.key) }
        guard signature.verifies(head) else { throw CatalogError.wrongSignature(url: url) }
        return signature.key
    }

    /// The records of all pieces, in their order: those of the old image that are the same, and those that are fetched.
    private func entries(
        _ shards: [SHA256Digest], from mirror: String, _ old: CatalogImage?
    ) async throws -> [CatalogImage.Entry] {
        var kept = old?.entriesByShard ?? [:]
        let new = Set(shards).filter { kept[$0] == nil }
        try await withThrowingTaskGroup(of: (SHA256Digest, [CatalogImage.Entry]).self) { group in
            for digest in new {
                group.addTask {
                    let url = "\(mirror)/catalog/sha256/\(digest.hex)"
                    let bytes = try await engine.get(url, headers: ["Accept": "application/json"]).body
                    let actual = SHA256Digest.of(bytes)
                    guard actual == digest else {
                        throw FetchError.digestMismatch(url: url, expected: digest, actual: actual)
                    }
                    let shard = try Self.read(CatalogShard.self, bytes, from: url)
                    return (digest, try shard.formulae.map { try CatalogImage.Entry($0) })
                }
            }
            for try await (digest, entries) in group { kept[digest] = entries }
        }
        return shards.flatMap { kept[$0] ?? [] }
    }

    // MARK: In one

    private func inOne(_ mirror: String, _ known: CatalogCache.Entry?) async throws -> CatalogAnswer {
        let url = mirror + "/catalog/v1/catalog.json"
        var headers: CurlHeaders = ["Accept": "application/json"]
        if known?.image.stamp.pieces == nil, let etag = known?.image.stamp.etag { headers["If-None-Match"] = etag }
        let response = try await engine.get(url, headers: headers)
        let time = now()
        if response.status == 304, let known {
            cache.confirm(mirror, at: time)
            return CatalogAnswer(catalog: Catalog(known.image), mirror: mirror, origin: .unchanged, fetched: time)
        }
        let document = try Self.read(CatalogDocument.self, response.body, from: url)
        guard document.schema <= CatalogDocument.currentSchema else {
            throw CatalogError.tooNew(url: url, schema: document.schema)
        }
        let image = try cache.store(document, from: mirror, etag: response.headers["ETag"], at: time)
        return CatalogAnswer(catalog: Catalog(image), mirror: mirror, origin: .fetched, fetched: time)
    }

    private static func read<Message: Decodable>(
        _ type: Message.Type, _ bytes: [UInt8], from url: String
    ) throws(CatalogError) -> Message {
        do {
            return try WireCoding.decode(type, from: bytes)
        } catch {
            throw .unreadable(url: url, cause: error)
        }
    }
}

extension CatalogImage {
    /// Its records by the piece that each came in; empty where it did not come in pieces.
    fileprivate var entriesByShard: [SHA256Digest: [Entry]] {
        guard let shards = stamp.pieces?.shards, shards.count == CatalogShards.count else { return [:] }
        let aliases = Dictionary(grouping: self.aliases, by: \.record).mapValues { $0.map(\.name) }
        let lines = searchText.split(separator: CatalogSearch.lineEnd, omittingEmptySubsequences: false)
        var found = Dictionary(shards.map { ($0, [Entry]()) }) { first, _ in first }
        for (fullName, record) in fullNames.sorted(by: { $0.record < $1.record }) {
            guard record < lines.count, let json = bytes(of: record), let slash = fullName.lastIndex(of: "/") else {
                return [:]
            }
            let name = String(fullName[fullName.index(after: slash)...])
            found[shards[CatalogShards.number(name)], default: []].append(
                Entry(
                    name: name, tap: String(fullName[..<slash]), aliases: aliases[record] ?? [],
                    search: Array(lines[record]), json: json))
        }
        return found
    }
}
