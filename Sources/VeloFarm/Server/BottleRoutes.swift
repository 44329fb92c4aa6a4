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
/// | `/bottles/USER/REPO/FILE` | the same of one tap: for its formulae's `root_url` |
/// | `/bottles/IMAGE/manifests/TAG` | the image index |
struct BottleRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/bottles/**") { request, context in
            let components = context.parameters.getCatchAll()
            if components.count == 1 { return try await bottle(components[0], of: nil, request, context) }
            if components.count == 3, components[2].hasSuffix(".tar.gz") {
                return try await bottle(components[2], of: "\(components[0])/\(components[1])", request, context)
            }
            guard let path = RegistryPath(image: components), case .manifest(let tag) = path.resource,
                let document = try await farm.mirror.manifest(path.name, tag)
            else { throw HTTPError(.notFound) }
            return document.response(request)
        }
    }

    private func bottle(
        _ file: Substring, of tap: String?, _ request: Request, _ context: FarmRequestContext
    ) async throws -> Response {
        guard let name = percentDecoded(file) else { throw HTTPError(.notFound) }
        let flat = BottleName.percentEncoded(name)
        let generation = farm.answers.generation
        var own = try await farm.database.bottles(flatName: flat).filter { tap == nil || $0.tap == tap }
        // Without a tap it is brew's own bottles that are asked for, as at `/v2/homebrew/core`.
        if let core = own.first(where: { $0.tap == RepositoryName.core }) { own = [core] }
        if own.count > 1 {
            let taps = own.map(\.tap).joined(separator: ", ")
            throw HTTPError(
                .conflict, message: "more than one tap has such a bottle: \(taps); ask for it under `/bottles/TAP/…`")
        }
        if let bottle = own.first {
            return try await farm.answer(bottle, filename: flat).response(
                request, context, remember: farm.answers, generation)
        }
        guard tap == nil, let found = try await farm.mirror.flat(flat) else { throw HTTPError(.notFound) }
        farm.leases.touch(found.digest)
        if let size = try farm.blobs.size(found.digest) {
            var answer = try await farm.answer(found.digest, size: size)
            answer.filename = flat
            answer.isImmutable = false
            answer.digest = found.digest
            return try await answer.response(request, context, remember: farm.answers, generation)
        }
        guard let fill = try await farm.mirror.blob(found.name, found.digest) else { throw HTTPError(.notFound) }
        return try await fill.response(request, context, found.digest, filename: flat, handOver: farm.answers)
    }
}

extension Farm {
    /// A bottle's file. `filename` has no character that a header could not carry.
    ///
    /// - Throws: not found, when the file is not in the store.
    func answer(_ bottle: BottleRow, filename: String?) async throws -> FileAnswer {
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

    /// A blob's file, by digest.
    func answer(_ digest: SHA256Digest, size: Int) async throws -> FileAnswer {
        let path = blobs.path(digest)
        let type = try await database.bottle(digest: digest) == nil ? "application/octet-stream" : "application/gzip"
        return FileAnswer(
            path: path, size: size, modified: try FileTree.status(path)?.modified ?? 0,
            entityTag: "\"\(digest.ociDigest)\"", type: type, isImmutable: true, digest: digest)
    }
}
