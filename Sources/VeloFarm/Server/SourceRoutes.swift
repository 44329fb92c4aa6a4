import Hummingbird
import SystemPackage
import VeloSystem

/// `/sources/sha256/HEX`: source archives that builds were made from.
struct SourceRoutes: Sendable {
    let sources: BlobStore

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/sources/sha256/:digest") { request, context in
            guard let digest = SHA256Digest(hex: try context.parameters.require("digest")),
                let status = try FileTree.status(sources.path(digest)), status.kind == .file
            else { throw HTTPError(.notFound) }
            return try await FileAnswer(
                path: sources.path(digest), size: status.size, modified: status.modified,
                entityTag: "\"\(digest.hex)\"",
                type: "application/octet-stream", isImmutable: true
            ).response(request, context)
        }
    }
}
