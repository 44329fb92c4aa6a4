import HTTPTypes
import Hummingbird
import VeloSystem

/// `/api/…`: Homebrew's API documents, for `HOMEBREW_API_DOMAIN`.
///
/// | request | answer |
/// |---|---|
/// | `/api/formula.jws.json` | the live document, byte for byte as upstream has it |
/// | `/api/@2026-11-01/formula.jws.json` | the document of that day, or of the last one before it |
struct ApiRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/api/**") { request, context in
            let parts = context.parameters.getCatchAll().compactMap { percentDecoded($0) }
            let document: ApiDocument?
            let generation = farm.answers.generation
            let isFrozen = parts.first?.hasPrefix("@") ?? false
            let path = (isFrozen ? Array(parts.dropFirst()) : parts).joined(separator: "/")
            guard ApiStore.isPath(path) else { throw HTTPError(.notFound) }
            if let first = parts.first, isFrozen {
                let date = String(first.dropFirst())
                guard ApiStore.isDate(date) else {
                    throw HTTPError(.badRequest, message: "`\(first)` is not a day such as `@2026-11-01`")
                }
                document = try await farm.api.frozen(date, path)
            } else {
                document = try await farm.api.live(path)
            }
            guard let document, try farm.blobs.size(document.digest) != nil else {
                throw HTTPError(.notFound, message: "there is no `\(path)` here")
            }
            var answer = FileAnswer(
                path: farm.blobs.path(document.digest), size: document.size, modified: Int(document.modified),
                entityTag: "\"\(document.digest.hex)\"", type: document.type)
            if let condition = request.headers[.ifModifiedSince], request.headers[.ifNoneMatch] == nil {
                let since = CurlHeaders([.init("Date", condition)]).date("Date").map(Double.init)
                if let since, document.isKnown(since: since, isFrozen: isFrozen) {
                    return Response(
                        status: .notModified,
                        headers: [
                            .lastModified: HTTPDate.text(Int(document.modified)), .eTag: "\"\(document.digest.hex)\"",
                        ])
                }
                // curl throws away what is not newer than what it has, but not what has no date.
                answer.modified = nil
            }
            guard isFrozen, request.headers[.ifModifiedSince] == nil else {
                return try await answer.response(request, context)
            }
            return try await answer.response(request, context, remember: farm.answers, generation)
        }
    }
}
