import FoundationEssentials
import HTTPTypes
import Hummingbird
import VeloSystem

/// `/v2/…`: bottles as a container registry has them, for `HOMEBREW_ARTIFACT_DOMAIN`, `skopeo` and velo.
///
/// Pull only. Whoever asks may ask with any `Authorization`, or none: `brew` sends a token for ghcr.io that means
/// nothing here.
struct RegistryRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/v2") { _, _ in
            var response = Response.json(bytes: Array("{}".utf8))
            response.headers[.registryVersion] = "registry/2.0"
            return response
        }
        router.getOrHead("/v2/**") { request, context in
            guard let path = RegistryPath(context.parameters.getCatchAll()) else {
                return RegistryProblem.nameUnknown("there is no such image").response
            }
            return switch path.resource {
            case .manifest(let reference): try await manifest(path, reference, request)
            case .blob(let digest): try await blob(digest, request, context)
            case .tags: try await tags(path)
            }
        }
    }

    private func manifest(_ path: RegistryPath, _ reference: String, _ request: Request) async throws -> Response {
        let document =
            if let digest = Self.digest(reference) {
                try await farm.database.document(digest)
            } else {
                try await farm.database.document(path.owner, image: path.image, tag: reference)
            }
        guard let document else {
            return RegistryProblem.manifestUnknown("`\(path.image)` has no manifest `\(reference)`").response
        }
        return document.response(request)
    }

    private func blob(_ reference: String, _ request: Request, _ context: FarmRequestContext) async throws -> Response {
        guard let digest = Self.digest(reference) else {
            return RegistryProblem.digestInvalid("`\(reference)` is not a sha256 digest").response
        }
        if let bottle = try await farm.database.bottle(digest: digest) {
            var response = try await farm.answer(bottle, filename: nil).response(request, context)
            response.headers[.contentDigest] = digest.ociDigest
            return response
        }
        guard let document = try await farm.database.document(digest) else {
            return RegistryProblem.blobUnknown("there is no blob `\(reference)`").response
        }
        return document.response(request)
    }

    private func tags(_ path: RegistryPath) async throws -> Response {
        let tags = try await farm.database.tags(path.owner, image: path.image)
        guard !tags.isEmpty else { return RegistryProblem.nameUnknown("there is no image `\(path.image)`").response }
        let name =
            if case .tap(let tap) = path.owner { "\(tap)/\(path.image)" } else { "\(ImageOwner.core)/\(path.image)" }
        return try .json(TagList(name: name, tags: tags))
    }

    private static func digest(_ text: String) -> SHA256Digest? {
        text.hasPrefix("sha256:") ? SHA256Digest(hex: text.dropFirst(7)) : nil
    }
}

private struct TagList: Encodable {
    var name: String
    var tags: [String]
}

/// An error as the registry protocol words it: `{"errors": [{"code": "…", "message": "…"}]}`.
enum RegistryProblem {
    case nameUnknown(String)
    case manifestUnknown(String)
    case blobUnknown(String)
    case digestInvalid(String)

    private struct Body: Encodable {
        struct Entry: Encodable {
            var code: String
            var message: String
        }
        var errors: [Entry]
    }

    var response: Response {
        let (status, code, message): (HTTPResponse.Status, String, String) =
            switch self {
            case .nameUnknown(let message): (.notFound, "NAME_UNKNOWN", message)
            case .manifestUnknown(let message): (.notFound, "MANIFEST_UNKNOWN", message)
            case .blobUnknown(let message): (.notFound, "BLOB_UNKNOWN", message)
            case .digestInvalid(let message): (.badRequest, "DIGEST_INVALID", message)
            }
        // Two fields of text: encoding them cannot go wrong.
        let bytes = (try? JSONEncoder().encode(Body(errors: [.init(code: code, message: message)]))) ?? Data()
        return .json(bytes: Array(bytes), status: status)
    }
}

extension RegistryDocument {
    func response(_ request: Request) -> Response {
        let headers: HTTPFields = [
            .contentType: mediaType, .contentDigest: digest.ociDigest, .eTag: "\"\(digest.hex)\"",
            .registryVersion: "registry/2.0",
        ]
        if EntityTags(request.headers[.ifNoneMatch]).match("\"\(digest.hex)\"") {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPField.Name {
    static let contentDigest = ours("Docker-Content-Digest")
    static let registryVersion = ours("Docker-Distribution-Api-Version")
}
