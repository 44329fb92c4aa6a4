import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import VeloFormula
import VeloSystem

/// `/v2/…`: the registry, for `HOMEBREW_ARTIFACT_DOMAIN`, for `skopeo` and its like, and for velo.
///
/// | request | answer |
/// |---|---|
/// | `GET NAME/manifests/REFERENCE`, `GET NAME/blobs/DIGEST` | what is here, or what upstream has |
/// | `GET NAME/tags/list?n=&last=`, `GET _catalog?n=&last=` | names, in pages |
/// | `GET NAME/referrers/DIGEST?artifactType=` | manifests that have it as their subject |
/// | `POST`, `PATCH`, `PUT`, `GET`, `DELETE` of `NAME/blobs/uploads/…` | a blob on its way here |
/// | `PUT NAME/manifests/REFERENCE` | a manifest, when all that it names is here |
/// | `DELETE NAME/manifests/REFERENCE`, `DELETE NAME/blobs/DIGEST` | takes it out of the repository |
struct RegistryRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/v2") { _, _ in
            var response = Response.json(bytes: Array("{}".utf8))
            response.headers[.registryVersion] = "registry/2.0"
            return response
        }
        router.getOrHead("/v2/**") { request, context in
            await Self.answer(context) { try await get(request, context) }
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            router.on("/v2/**", method: method) { request, context in
                await Self.answer(context) { try await change(request, context) }
            }
        }
    }

    /// Problems of the protocol are worded as it wants.
    static func answer(_ context: FarmRequestContext, _ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch let problem as RegistryProblem {
            return problem.response
        } catch let error as HTTPError {
            return RegistryProblem.uploadInvalid(error.body ?? error.status.reasonPhrase.lowercased()).response
        } catch {
            let words = ProblemReport(error).oneLine
            if let problem = RegistryProblem(diskFull: error) {
                context.logger.error("the disk is full", metadata: ["error": "\(words)"])
                return problem.response
            }
            context.logger.error("request failed", metadata: ["error": "\(words)"])
            return RegistryProblem.broken(words).response
        }
    }

    private func get(_ request: Request, _ context: FarmRequestContext) async throws -> Response {
        let components = context.parameters.getCatchAll()
        if components == ["_catalog"] { return try await catalog(request) }
        guard let path = RegistryPath(components) else { throw RegistryProblem.nameUnknown("there is no such image") }
        switch path.resource {
        case .manifest(let reference): return try await manifest(path.name, reference, request)
        case .blob(let digest): return try await blob(path.name, digest, request, context)
        case .tags: return try await tags(path.name, request)
        case .referrers(let digest): return try await referrers(path.name, digest, request)
        case .upload(let id): return try await uploadStatus(path.name, id)
        case .uploads: throw RegistryProblem.unsupported("an upload begins with POST")
        }
    }

    private func manifest(_ name: RepositoryName, _ reference: String, _ request: Request) async throws -> Response {
        let generation = farm.answers.generation
        guard let (document, expires) = try await farm.mirror.freshManifest(name, reference) else {
            throw RegistryProblem.manifestUnknown("`\(name)` has no manifest `\(reference)`")
        }
        farm.leases.touch(document.digest)
        return document.response(request, remember: farm.answers, generation, expires: expires)
    }

    private func blob(
        _ name: RepositoryName, _ reference: String, _ request: Request, _ context: FarmRequestContext
    ) async throws -> Response {
        guard let digest = RegistryPath.digest(reference) else {
            throw RegistryProblem.digestInvalid("`\(reference)` is not a sha256 digest")
        }
        farm.leases.touch(digest)
        let generation = farm.answers.generation
        if let size = try await farm.database.blobSize(digest, in: name), try farm.blobs.size(digest) == size {
            return try await farm.answer(digest, size: size).response(
                request, context, remember: farm.answers, generation)
        }
        if let document = try await farm.database.blobDocument(digest, in: name) {
            return document.response(request, remember: farm.answers, generation, isLasting: true)
        }
        guard let fill = try await farm.mirror.blob(name, digest) else {
            throw RegistryProblem.blobUnknown("there is no blob `\(reference)` in `\(name)`")
        }
        return try await fill.response(request, context, digest, handOver: farm.answers)
    }

    private func tags(_ name: RepositoryName, _ request: Request) async throws -> Response {
        let page = Page(request)
        guard var tags = try await farm.mirror.tags(name, after: page.last, limit: page.count + 1) else {
            throw RegistryProblem.nameUnknown("there is no image `\(name)`")
        }
        let hasMore = tags.count > page.count
        tags = Array(tags.prefix(page.count))
        var response = Response.json(bytes: try Self.encode(TagList(name: name.description, tags: tags)))
        if hasMore, let last = tags.last { response.headers[.link] = page.link("/v2/\(name)/tags/list", last) }
        return response
    }

    private func catalog(_ request: Request) async throws -> Response {
        let page = Page(request)
        var names = try await farm.database.repositories(after: page.last, limit: page.count + 1)
        let hasMore = names.count > page.count
        names = Array(names.prefix(page.count))
        var response = Response.json(bytes: try Self.encode(["repositories": names]))
        if hasMore, let last = names.last { response.headers[.link] = page.link("/v2/_catalog", last) }
        return response
    }

    private func referrers(_ name: RepositoryName, _ reference: String, _ request: Request) async throws -> Response {
        guard let digest = RegistryPath.digest(reference) else {
            throw RegistryProblem.digestInvalid("`\(reference)` is not a sha256 digest")
        }
        let wanted = request.uri.queryParameters["artifactType"].map(String.init)
        let all = try await farm.database.referrers(name, of: digest)
        let index = ReferrerIndex(
            manifests: all.filter { wanted == nil || $0.artifactType == wanted }.map {
                ReferrerIndex.Entry(
                    mediaType: $0.mediaType, digest: $0.digest, size: $0.size, artifactType: $0.artifactType,
                    annotations: $0.annotations?.isEmpty == true ? nil : $0.annotations)
            })
        var response = Response.json(bytes: try Self.encode(index))
        response.headers[.contentType] = ImageDocuments.MediaType.index
        if wanted != nil { response.headers[.filtersApplied] = "artifactType" }
        return response
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}

private struct TagList: Encodable {
    var name: String
    var tags: [String]
}

private struct ReferrerIndex: Encodable {
    struct Entry: Encodable {
        var mediaType: String
        var digest: String
        var size: Int
        var artifactType: String?
        var annotations: [String: String]?
    }
    var schemaVersion = 2
    var mediaType = ImageDocuments.MediaType.index
    var manifests: [Entry]
}

/// `n` and `last` of a list in pages.
private struct Page {
    var count: Int
    var last: String?

    private static let longest = 1000

    init(_ request: Request) {
        count =
            request.uri.queryParameters["n"].flatMap { Int($0) }.map { min(max($0, 0), Self.longest) } ?? Self.longest
        last = request.uri.queryParameters["last"].flatMap { percentDecoded($0) }
    }

    func link(_ path: String, _ last: String) -> String {
        "<\(path)?n=\(count)&last=\(BottleName.percentEncoded(last))>; rel=\"next\""
    }
}

extension RegistryDocument {
    func response(
        _ request: Request, remember cache: AnswerCache? = nil, _ generation: Int = 0, isLasting: Bool = false,
        expires: Double = .infinity
    ) -> Response {
        let entityTag = "\"\(digest.ociDigest)\""
        let fields = [
            ("Content-Type", mediaType), ("Docker-Content-Digest", digest.ociDigest),
            ("Docker-Distribution-Api-Version", "registry/2.0"),
        ]
        var headers = HTTPFields()
        for (name, value) in fields { headers[HTTPField.Name.ours(name)] = value }
        headers[.eTag] = entityTag
        cache?.remember(
            request.uri.description,
            AnswerCache.Answer(
                fields: fields, entityTag: entityTag, body: .bytes(ByteBuffer(bytes: bytes)), size: bytes.count,
                isLasting: isLasting, expires: expires, digest: digest), generation: generation)
        if EntityTags(request.headers[.ifNoneMatch]).match(entityTag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPField.Name {
    static let contentDigest = ours("Docker-Content-Digest")
    static let registryVersion = ours("Docker-Distribution-Api-Version")
    static let uploadID = ours("Docker-Upload-UUID")
    static let subject = ours("OCI-Subject")
    static let filtersApplied = ours("OCI-Filters-Applied")
    static let link = ours("Link")
}
