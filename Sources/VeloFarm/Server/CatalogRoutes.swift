import HTTPTypes
import Hummingbird
import VeloCore
import VeloSystem

/// `/catalog/…`: what velo reads. `CatalogShards` shows the second form.
///
/// | request | answer |
/// |---|---|
/// | `/catalog/v1/catalog.json` | all of it in one document |
/// | `/catalog/v2/head.json`, `/catalog/v2/head.json.sig` | what it consists of, signed |
/// | `/catalog/sha256/HEX` | a piece of it |
/// | `/catalog/key` | the public key |
struct CatalogRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/catalog/v1/catalog.json") { request, _ in
            let edition = try await farm.catalog.current()
            return answer(request, edition.bytes, edition.entityTag, modified: edition.changed)
        }
        router.getOrHead("/catalog/v2/head.json") { request, _ in
            let edition = try await farm.catalog.current()
            let bytes = edition.shards.headBytes
            return answer(request, bytes, "\"\(SHA256Digest.of(bytes).hex)\"", modified: edition.changed)
        }
        router.getOrHead("/catalog/v2/head.json.sig") { request, _ in
            let edition = try await farm.catalog.current()
            let bytes = try WireCoding.encode(farm.signer.signed(edition.shards.headBytes))
            return answer(request, bytes, "\"\(SHA256Digest.of(bytes).hex)\"", modified: edition.changed)
        }
        router.getOrHead("/catalog/sha256/:digest") { request, context in
            let edition = try await farm.catalog.current()
            guard let digest = SHA256Digest(hex: try context.parameters.require("digest")),
                let bytes = edition.shards.shards[digest]
            else { throw HTTPError(.notFound) }
            return answer(request, bytes, "\"\(digest.hex)\"", modified: edition.changed, isImmutable: true)
        }
        router.getOrHead("/catalog/key") { _, _ in .text(farm.signer.publicKey + "\n") }
    }

    private func answer(
        _ request: Request, _ bytes: [UInt8], _ entityTag: String, modified: Int, isImmutable: Bool = false
    ) -> Response {
        let generation = farm.answers.generation
        let fields = [
            ("Content-Type", "application/json"), ("Last-Modified", HTTPDate.text(modified)),
            ("Cache-Control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache"),
        ]
        var headers = HTTPFields()
        for (name, value) in fields { headers[HTTPField.Name.ours(name)] = value }
        headers[.eTag] = entityTag
        // Whoever changes the catalog in the database says so to the cache at once, or the clock does.
        farm.answers.remember(
            request.uri.description,
            AnswerCache.Answer(
                fields: fields, entityTag: entityTag, body: .bytes(ByteBuffer(bytes: bytes)), size: bytes.count,
                isLasting: false, expires: farm.now() + 1), generation: generation)
        if EntityTags(request.headers[.ifNoneMatch]).match(entityTag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
