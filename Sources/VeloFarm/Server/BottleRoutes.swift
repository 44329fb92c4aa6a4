import Hummingbird
import Logging
import VeloFormula
import VeloSystem

/// `/bottles/…`: bottles under their flat names, for `HOMEBREW_BOTTLE_DOMAIN`, and the manifests that `brew` asks for
/// beside them.
///
/// | request | answer |
/// |---|---|
/// | `/bottles/NAME-PKGVERSION.TAG.bottle[.REBUILD].tar.gz` | the bottle |
/// | `/bottles/IMAGE/manifests/TAG` | the image index |
struct BottleRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/bottles/**") { request, context in
            let components = context.parameters.getCatchAll()
            if components.count == 1 { return try await bottle(components[0], request, context) }
            guard let path = RegistryPath(image: components), case .manifest(let tag) = path.resource,
                let document = try await farm.database.document(.any, image: path.image, tag: tag)
            else { throw HTTPError(.notFound) }
            return document.response(request)
        }
    }

    private func bottle(_ file: Substring, _ request: Request, _ context: FarmRequestContext) async throws -> Response {
        guard let name = percentDecoded(file) else { throw HTTPError(.notFound) }
        let found = try await farm.database.bottles(flatName: BottleName.percentEncoded(name))
        guard let bottle = found.first else { throw HTTPError(.notFound) }
        guard found.count == 1 else {
            let taps = found.map(\.tap).joined(separator: ", ")
            throw HTTPError(
                .conflict, message: "more than one tap has such a bottle: \(taps); ask for it under `/v2/TAP/…`")
        }
        return try await farm.answer(bottle, filename: BottleName.percentEncoded(name)).response(request, context)
    }
}

extension Farm {
    /// A bottle's file. `filename` has no character that a header could not carry.
    ///
    /// - Throws: not found, when the file is not in the store.
    func answer(_ bottle: BottleRow, filename: String?) throws -> FileAnswer {
        guard try blobs.size(bottle.digest) == bottle.size else {
            logger.error(
                "a bottle's file is missing", metadata: ["bottle": "\(bottle.formula)", "digest": "\(bottle.digest)"])
            throw HTTPError(.notFound)
        }
        return FileAnswer(
            path: blobs.path(bottle.digest), size: bottle.size, modified: Int(bottle.published),
            entityTag: "\"\(bottle.digest.hex)\"", type: "application/gzip", filename: filename,
            isImmutable: filename == nil)
    }
}
