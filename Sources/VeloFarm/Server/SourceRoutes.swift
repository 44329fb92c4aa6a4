import Hummingbird
import SystemPackage
import VeloSystem

/// `/sources/sha256/HEX`: source archives, as builds, imports and `velod sources add` have brought them.
struct SourceRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/sources/sha256/:digest") { request, context in
            let generation = farm.answers.generation
            let sources = farm.sources
            guard let digest = SHA256Digest(hex: try context.parameters.require("digest")),
                let status = try FileTree.status(sources.path(digest)), status.kind == .file
            else { throw HTTPError(.notFound) }
            return try await FileAnswer(
                path: sources.path(digest), size: status.size, modified: status.modified,
                entityTag: "\"\(digest.hex)\"",
                type: "application/octet-stream", isImmutable: true
            ).response(request, context, remember: farm.answers, generation)
        }
    }
}
