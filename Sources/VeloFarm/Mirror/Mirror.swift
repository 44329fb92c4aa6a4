import GRDB
import Logging
import Synchronization
import VeloCore
import VeloFormula
import VeloSystem

/// What the registry has, and what upstream has where the registry does not.
struct Mirror: Sendable {
    let upstreams: [Upstream]
    let policy: MirrorPolicy
    let client: UpstreamClient
    let fills: BlobFills
    let database: FarmDatabase
    let answers: AnswerCache
    let absent: AbsentNames
    let asking: AskOnce
    let flatDigests: FlatDigests
    let settings: MirrorSettings
    let logger: Logger
    let now: @Sendable () -> Double

    static let accept = ManifestReading.mediaTypes.joined(separator: ", ")

    /// A manifest by tag or digest: from here while that is fresh, else from upstream, else from here after all.
    ///
    /// - Throws: `RegistryProblem.denied` for what policy keeps out, `.upstream` when it is not here and upstream is out
    ///   of order.
    func manifest(_ name: RepositoryName, _ reference: String) async throws -> RegistryDocument? {
        try await freshManifest(name, reference)?.document
    }

    /// The same, and until when it need not be asked for again: seconds since 1970.
    func freshManifest(
        _ name: RepositoryName, _ reference: String
    ) async throws -> (document: RegistryDocument, expires: Double)? {
        if let digest = RegistryPath.digest(reference) {
            if let document = try await database.document(digest, in: name) { return (document, .infinity) }
            return try await fetch(name, reference).map { ($0, .infinity) }
        }
        guard BottleName.isImageTag(reference) else { return nil }
        let known = try await database.document(name, tag: reference)
        if let known {
            let expires =
                known.origin == .upstream && !upstreams.isEmpty ? known.checked + settings.tagLifetime : .infinity
            if expires > now() { return (known.document, expires) }
        }
        let expires = now() + settings.tagLifetime
        return try await fetchOrKeep(name, reference, known).map { ($0, expires) }
    }

    private func fetchOrKeep(
        _ name: RepositoryName, _ reference: String, _ known: TaggedDocument?
    ) async throws -> RegistryDocument? {
        guard let known else { return try await fetch(name, reference) }
        do {
            return try await fetch(name, reference) ?? known.document
        } catch {
            if case RegistryProblem.denied = error { return known.document }
            // Upstream is out of order, or what it gave cannot be kept: on a full disk, say.
            logger.warning(
                "upstream's manifest could not be had, what is here is served",
                metadata: ["image": "\(name)", "tag": "\(reference)", "error": "\(ProblemReport(error).oneLine)"])
            return known.document
        }
    }

    private func fetch(_ name: RepositoryName, _ reference: String) async throws -> RegistryDocument? {
        let registries = upstreams.filter { $0.kind == .registry }
        guard !registries.isEmpty else { return nil }
        if let reason = policy.refusal(name) {
            if reason.isEmpty { return nil }
            throw RegistryProblem.denied(reason)
        }
        let key = "\(name)@\(reference)"
        if absent.contains(key, now()) { return nil }
        let digest = try await asking.once(key) { try await bring(name, reference, from: registries, key) }
        guard let digest else { return nil }
        return try await database.document(digest, in: name)
    }

    /// The digest of what was kept; nil when no upstream has it.
    private func bring(
        _ name: RepositoryName, _ reference: String, from registries: [Upstream], _ key: String
    ) async throws -> SHA256Digest? {
        var problems: [String] = []
        for upstream in registries {
            do {
                let url = upstream.manifest(name.description, reference)
                let (answer, body) = try await client.document(upstream, url, headers: ["Accept": Self.accept])
                guard answer.status == 200 else {
                    if answer.status == 404 || (answer.status == 401 || answer.status == 403) && problems.isEmpty {
                        continue
                    }
                    problems.append("`\(url)` answered \(answer.status)")
                    continue
                }
                return try await keep(name, reference, body, type: answer.headers["Content-Type"], url)
            } catch let error as UpstreamError {
                problems.append(error.summary)
            }
        }
        guard problems.isEmpty else { throw RegistryProblem.upstream(problems.joined(separator: "; ")) }
        absent.insert(key, until: now() + settings.negativeLifetime)
        return nil
    }

    private func keep(
        _ name: RepositoryName, _ reference: String, _ body: [UInt8], type: String?, _ url: String
    ) async throws -> SHA256Digest {
        let reading: ManifestReading
        do {
            reading = try ManifestReading(body, declared: type)
        } catch let error as RegistryProblem {
            throw RegistryProblem.upstream("`\(url)` gave something else than a manifest: \(error.summary)")
        }
        let document = RegistryDocument(mediaType: reading.mediaType, bytes: body)
        if let digest = RegistryPath.digest(reference), digest != document.digest {
            throw RegistryProblem.upstream(
                UpstreamError.wrongDigest(url, expected: digest, actual: document.digest).summary)
        }
        if let reason = policy.cooldownRefusal(reading, name, now: now()) { throw RegistryProblem.denied(reason) }
        let tag = reference.contains(":") ? nil : reference
        try await database.keep(document, reading, from: name, tag: tag, now: now())
        answers.forget()
        return document.digest
    }

    /// A blob that is on its way here; nil when no upstream is asked for it.
    func blob(_ name: RepositoryName, _ digest: SHA256Digest) async throws -> GrowingFile? {
        guard !upstreams.isEmpty else { return nil }
        if let reason = policy.refusal(name) {
            if reason.isEmpty { return nil }
            throw RegistryProblem.denied(reason)
        }
        let key = "\(name)@\(digest)"
        if absent.contains(key, now()) { return nil }
        if policy.needsIndex { try await requireAdmission(name, digest) }
        var sources: [(upstream: Upstream, url: String)] = []
        let flatNames = try await database.flatNames(digest)
        for upstream in upstreams {
            switch upstream.kind {
            case .registry: sources.append((upstream, upstream.blob(name.description, digest)))
            case .flat:
                for flat in flatNames + flatDigests.names(digest) { sources.append((upstream, upstream.flat(flat))) }
            }
        }
        guard !sources.isEmpty else { return nil }
        let file = try fills.fill(digest, for: name, from: sources)
        do {
            _ = try await file.begun()
            return file
        } catch let error as UpstreamError {
            if Self.isAbsence(error) {
                absent.insert(key, until: now() + settings.negativeLifetime)
                return nil
            }
            throw RegistryProblem.upstream(error.summary)
        }
    }

    /// With a cooldown or a choice of platforms a bottle is only taken when an index that is known lists it.
    private func requireAdmission(_ name: RepositoryName, _ digest: SHA256Digest) async throws {
        let indexes = try await database.indexes(listing: digest, in: name)
        guard !indexes.isEmpty else {
            throw RegistryProblem.denied("this mirror takes only what a manifest lists that was asked for before")
        }
        for document in indexes {
            let reading = try ManifestReading(document.bytes, declared: document.mediaType)
            guard let bottle = reading.bottles.first(where: { $0.digest == digest }) else { return }
            guard let reason = policy.platformRefusal(bottle) else { return }
            throw RegistryProblem.denied(reason)
        }
    }

    private static func isAbsence(_ error: UpstreamError) -> Bool {
        switch error {
        case .status(_, let status): [401, 403, 404].contains(status)
        case .everyOne(let errors): errors.allSatisfy { ($0 as? UpstreamError).map(isAbsence) ?? false }
        default: false
        }
    }

    /// Tags that are here; of an image that is not here at all, those of upstream.
    func tags(_ name: RepositoryName, after last: String?, limit: Int) async throws -> [String]? {
        if let tags = try await database.tags(name, after: last, limit: limit) { return tags }
        guard policy.refusal(name) == nil else { return nil }
        for upstream in upstreams where upstream.kind == .registry {
            guard let tags = try? await upstreamTags(name, upstream) else { continue }
            return Array(tags.sorted().drop { $0 <= last ?? "" }.prefix(limit))
        }
        return nil
    }

    /// All tags that an upstream has.
    func upstreamTags(_ name: RepositoryName, _ upstream: Upstream) async throws -> [String] {
        struct List: Decodable { var tags: [String]? }
        let url = upstream.tags(name.description)
        let (answer, body) = try await client.document(upstream, url)
        guard answer.status == 200 else { throw UpstreamError.status(url, answer.status) }
        return try WireCoding.decode(List.self, from: body).tags ?? []
    }

    /// The image and digest of a bottle by its percent-encoded flat name; asks upstream for manifests that may list it.
    func flat(_ flatName: String) async throws -> (name: RepositoryName, digest: SHA256Digest)? {
        if let known = try await knownFlat(flatName) { return known }
        if let digest = flatDigests.digest(flatName), let name = flatDigests.repository(flatName) {
            return (name, digest)
        }
        guard !upstreams.isEmpty, let decoded = percentDecoded(flatName) else { return nil }
        for candidate in FlatName.candidates(decoded) {
            guard let name = RepositoryName(tap: RepositoryName.core, image: candidate.imageName) else { continue }
            guard try await manifest(name, candidate.imageTag) != nil else { continue }
            if let known = try await knownFlat(flatName) { return known }
        }
        return nil
    }

    private func knownFlat(_ flatName: String) async throws -> (name: RepositoryName, digest: SHA256Digest)? {
        for (repository, digest) in try await database.flatFiles(flatName) {
            if let name = RepositoryName(repository) { return (name, digest) }
        }
        return nil
    }
}

extension FarmDatabase {
    func flatNames(_ digest: SHA256Digest) async throws -> [String] {
        try await pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT flat_name FROM flat_files WHERE digest = ?", arguments: [digest.hex])
        }
    }

    /// Manifests of a repository that name a blob.
    func indexes(listing digest: SHA256Digest, in name: RepositoryName) async throws -> [RegistryDocument] {
        try await pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT documents.* FROM manifest_links
                    JOIN repository_manifests ON repository_manifests.digest = manifest_links.manifest
                    JOIN documents ON documents.digest = manifest_links.manifest
                    WHERE target = ? AND repository = ?
                    """, arguments: [digest.hex, name.description]
            ).map(RegistryDocument.init)
        }
    }
}
