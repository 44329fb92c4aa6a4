import FoundationEssentials
import GRDB
import Hummingbird
import SystemPackage
import VeloSystem

/// `/sources/sha256/HEX`: source archives, as builds, imports and `velod sources add` have brought them; what is missing
/// comes from where a formula of the taps has it, or from an upstream velod.
struct SourceRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/sources/sha256/:digest") { request, context in
            let generation = farm.answers.generation
            let sources = farm.sources
            guard let digest = SHA256Digest(hex: try context.parameters.require("digest")) else {
                throw HTTPError(.notFound)
            }
            guard let status = try FileTree.status(sources.path(digest)), status.kind == .file else {
                return try await fetched(digest, request, context)
            }
            return try await FileAnswer(
                path: sources.path(digest), size: status.size, modified: status.modified,
                entityTag: "\"\(digest.hex)\"",
                type: "application/octet-stream", isImmutable: true
            ).response(request, context, remember: farm.answers, generation)
        }
    }

    private func fetched(
        _ digest: SHA256Digest, _ request: Request, _ context: FarmRequestContext
    ) async throws -> Response {
        let key = "source@\(digest)"
        guard !farm.mirror.absent.contains(key, farm.now()) else { throw HTTPError(.notFound) }
        var places = farm.configuration.mirror.upstreams.filter { $0.kind == .registry && !$0.url.hasSuffix("ghcr.io") }
            .map { (upstream: $0, url: "\($0.url)/sources/sha256/\(digest.hex)") }
        for url in try await farm.database.sourceURLs(digest) {
            if let upstream = Upstream("flat+" + url) { places.append((upstream, url)) }
        }
        guard !places.isEmpty else { throw HTTPError(.notFound) }
        let file = try farm.sourceFills.fill(digest, for: nil, from: places)
        do {
            return try await file.response(request, context, digest)
        } catch let error as UpstreamError {
            farm.mirror.absent.insert(key, until: farm.now() + farm.configuration.mirror.negativeLifetime)
            throw HTTPError(.notFound, message: "the source is not here, and could not be fetched: \(error.summary)")
        }
    }
}

extension FarmDatabase {
    /// Where formulae of the taps have a file with this digest: the last plain `url` or `mirror` before it.
    func sourceURLs(_ digest: SHA256Digest) async throws -> [String] {
        let texts = try await pool.read { db in
            try Data.fetchAll(
                db, sql: "SELECT source FROM formulae WHERE instr(CAST(source AS TEXT), ?) LIMIT 4",
                arguments: [digest.hex])
        }
        return texts.flatMap { SourceLines.urls(String(decoding: $0, as: UTF8.self), before: digest.hex) }
    }
}

/// URLs in a formula's text.
enum SourceLines {
    /// Those of the stanza that a digest stands in: from its last `url` on. None when it is put together at run time.
    static func urls(_ text: String, before hex: String) -> [String] {
        var urls: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.drop { $0.isWhitespace }
            let isURL = words.hasPrefix("url ")
            if isURL || words.hasPrefix("mirror ") {
                if isURL { urls = [] }
                let quoted = words.drop { $0 != "\"" }.dropFirst().prefix { $0 != "\"" }
                if quoted.hasPrefix("http"), !quoted.contains("#{") { urls.append(String(quoted)) }
            }
            if words.contains(hex) { return urls }
        }
        return []
    }
}
