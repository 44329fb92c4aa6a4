import HTTPTypes
import Hummingbird
import NIOCore
import VeloFormula
import VeloSystem

extension RegistryRoutes {
    func change(_ request: Request, _ context: FarmRequestContext) async throws -> Response {
        guard let path = RegistryPath(context.parameters.getCatchAll()) else {
            throw RegistryProblem.nameInvalid("that is not the name of an image")
        }
        switch (request.method, path.resource) {
        case (.post, .uploads): return try await beginUpload(path.name, request)
        case (.patch, .upload(let id)): return try await sendChunk(path.name, id, request)
        case (.put, .upload(let id)): return try await finishUpload(path.name, id, request)
        case (.delete, .upload(let id)):
            try await farm.uploads.cancel(id, path.name)
            return Response(status: .noContent)
        case (.put, .manifest(let reference)): return try await putManifest(path.name, reference, request)
        case (.delete, .manifest(let reference)): return try await deleteManifest(path.name, reference)
        case (.delete, .blob(let reference)):
            guard let digest = RegistryPath.digest(reference) else {
                throw RegistryProblem.digestInvalid("`\(reference)` is not a sha256 digest")
            }
            guard try await farm.database.removeBlob(path.name, digest) else {
                throw RegistryProblem.blobUnknown("there is no blob `\(reference)` in `\(path.name)`")
            }
            farm.answers.forget(all: true)
            return Response(status: .accepted)
        default: throw RegistryProblem.unsupported("\(request.method.rawValue) is not for this address")
        }
    }

    /// Begins an upload; with `digest` takes the whole blob at once, with `mount` takes one that is here already.
    private func beginUpload(_ name: RepositoryName, _ request: Request) async throws -> Response {
        let query = request.uri.queryParameters
        if let mount = query["mount"].flatMap({ percentDecoded($0) }), let digest = RegistryPath.digest(mount) {
            let source = query["from"].flatMap { percentDecoded($0) }.flatMap { RepositoryName($0) }
            farm.leases.touch(digest)
            if try await farm.database.mount(digest, from: source, to: name, now: farm.now()) {
                return created("/v2/\(name)/blobs/\(digest.ociDigest)", digest)
            }
        }
        try await farm.makeRoom(for: Self.length(request))
        let id = try await farm.uploads.begin(name)
        guard let text = query["digest"].flatMap({ percentDecoded($0) }) else { return accepted(name, id, 0) }
        guard let digest = RegistryPath.digest(text) else {
            throw RegistryProblem.digestInvalid("`\(text)` is not a sha256 digest")
        }
        do {
            _ = try await farm.uploads.append(
                id, name, start: 0, body: request.body, declared: Self.length(request))
            try await farm.uploads.finish(id, name, digest)
        } catch {
            // Nobody knows its id, to go on with it.
            try? await farm.uploads.cancel(id, name)
            throw error
        }
        return created("/v2/\(name)/blobs/\(digest.ociDigest)", digest)
    }

    private func sendChunk(_ name: RepositoryName, _ id: String, _ request: Request) async throws -> Response {
        let position = try await farm.uploads.append(
            id, name, start: try Self.start(request), body: request.body, declared: Self.length(request))
        return accepted(name, id, position)
    }

    private func finishUpload(_ name: RepositoryName, _ id: String, _ request: Request) async throws -> Response {
        guard let text = request.uri.queryParameters["digest"].flatMap({ percentDecoded($0) }),
            let digest = RegistryPath.digest(text)
        else { throw RegistryProblem.digestInvalid("an upload ends with `?digest=sha256:…`") }
        try await farm.makeRoom(for: Self.length(request))
        _ = try await farm.uploads.append(
            id, name, start: try Self.start(request), body: request.body, declared: Self.length(request))
        farm.leases.touch(digest)
        try await farm.uploads.finish(id, name, digest)
        return created("/v2/\(name)/blobs/\(digest.ociDigest)", digest)
    }

    func uploadStatus(_ name: RepositoryName, _ id: String) async throws -> Response {
        var response = accepted(name, id, try await farm.uploads.position(id, name))
        response.status = .noContent
        return response
    }

    private func putManifest(_ name: RepositoryName, _ reference: String, _ request: Request) async throws -> Response {
        let bytes: [UInt8]
        do {
            bytes = Array(try await request.body.collect(upTo: ManifestReading.sizeLimit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw RegistryProblem.sizeInvalid(limit: ManifestReading.sizeLimit)
        }
        let reading = try ManifestReading(bytes, declared: request.headers[.contentType])
        let document = RegistryDocument(mediaType: reading.mediaType, bytes: bytes)
        var tag: String?
        if reference.contains(":") {
            guard RegistryPath.digest(reference) == document.digest else {
                throw RegistryProblem.digestInvalid("the manifest has the digest \(document.digest.ociDigest)")
            }
        } else {
            guard BottleName.isImageTag(reference) else {
                throw RegistryProblem.manifestInvalid("`\(reference)` is no tag")
            }
            tag = reference
        }
        let (pushed, now) = (tag, farm.now())
        try await farm.gate.share {
            try await farm.database.push(document, reading, to: name, tag: pushed, now: now)
        }
        farm.answers.forget()
        var response = created("/v2/\(name)/manifests/\(document.digest.ociDigest)", document.digest)
        if let subject = reading.subject { response.headers[.subject] = subject.ociDigest }
        return response
    }

    /// Of the body, as far as the sender says.
    private static func length(_ request: Request) -> Int {
        request.headers[.contentLength].flatMap { Int($0) }.map { max($0, 0) } ?? 0
    }

    private func deleteManifest(_ name: RepositoryName, _ reference: String) async throws -> Response {
        let isGone =
            if let digest = RegistryPath.digest(reference) {
                try await farm.database.removeManifest(name, digest)
            } else {
                try await farm.database.removeTag(name, reference)
            }
        guard isGone else { throw RegistryProblem.manifestUnknown("`\(name)` has no manifest `\(reference)`") }
        farm.answers.forget()
        return Response(status: .accepted)
    }

    /// Where a chunk begins: of `Content-Range: FIRST-LAST`, with or without `bytes`.
    private static func start(_ request: Request) throws -> Int? {
        guard let header = request.headers[.contentRange] else { return nil }
        let text = header.lowercased().replacing("bytes", with: "").filter { $0 != " " && $0 != "=" }
        let numbers = text.prefix { $0 != "/" }.split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] <= numbers[1] else {
            throw RegistryProblem.uploadInvalid("`\(header)` is not a range of bytes")
        }
        return numbers[0]
    }

    private func accepted(_ name: RepositoryName, _ id: String, _ position: Int) -> Response {
        Response(
            status: .accepted,
            headers: [
                .location: "/v2/\(name)/blobs/uploads/\(id)", .range: "0-\(max(0, position - 1))", .uploadID: id,
                .contentLength: "0", .registryVersion: "registry/2.0",
            ])
    }

    private func created(_ location: String, _ digest: SHA256Digest) -> Response {
        Response(
            status: .created,
            headers: [
                .location: location, .contentDigest: digest.ociDigest, .contentLength: "0",
                .registryVersion: "registry/2.0",
            ])
    }
}
