import SystemPackage
import VeloSystem

/// The mirrors that velo was told of, in order, and what it asks of them.
package struct MirrorClient: Sendable {
    /// Where a catalog came from.
    package enum CatalogOrigin: Sendable, Equatable {
        case fetched
        /// The mirror says that the one at hand is current.
        case unchanged
        /// Not asked: velo is offline.
        case offline
        /// No mirror answered, and the one at hand is better than nothing.
        case stale
    }

    package struct CatalogAnswer: Sendable {
        package var catalog: Catalog
        package var mirror: String
        package var origin: CatalogOrigin
        /// Seconds since 1970: when the mirror last said that it is current.
        package var fetched: Int
    }

    /// Addresses without a slash at the end.
    package let mirrors: [String]
    package let isOffline: Bool
    /// `ed25519:…`: one of these has to have signed a catalog; none means that any will do.
    package let keys: [String]
    let engine: TransferEngine
    let cache: CatalogCache
    let now: @Sendable () -> Int

    package init(
        mirrors: [String], keys: [String] = [], engine: TransferEngine, cache: CatalogCache, isOffline: Bool,
        now: @escaping @Sendable () -> Int = Host.now
    ) {
        self.mirrors = mirrors.map(Self.trimmed)
        self.keys = keys
        self.engine = engine
        self.cache = cache
        self.isOffline = isOffline
        self.now = now
    }

    /// The catalog of the first mirror that answers, asked only for what is new.
    ///
    /// - Parameter allowsStale: Whether the last catalog will do when no mirror answers.
    /// - Throws: `MirrorError`, or `CatalogError` if what a mirror serves is no catalog.
    package func catalog(allowsStale: Bool = false) async throws -> CatalogAnswer {
        guard !mirrors.isEmpty else { throw MirrorError.noMirrors }
        if isOffline {
            guard let answer = cached(.offline) else { throw MirrorError.nothingCached(mirrors) }
            return answer
        }
        var failures: [MirrorError.Failure] = []
        for mirror in mirrors {
            do {
                return try await catalog(of: mirror)
            } catch let error as FetchError {
                if case .cancelled = error { throw CancellationError() }
                failures.append(MirrorError.Failure(mirror: mirror, error: error))
            }
        }
        if allowsStale, let answer = cached(.stale) { return answer }
        throw MirrorError.noAnswer(failures)
    }

    private func cached(_ origin: CatalogOrigin) -> CatalogAnswer? {
        for mirror in mirrors {
            guard let entry = cache.entry(for: mirror), isTrusted(entry.image.stamp) else { continue }
            return CatalogAnswer(
                catalog: Catalog(entry.image), mirror: mirror, origin: origin, fetched: entry.fetched)
        }
        return nil
    }

    /// Whether a mirror answers at all.
    ///
    /// - Throws: `FetchError`
    package func check(_ mirror: String) async throws { _ = try await engine.get(mirror + "/healthz") }

    /// Where to fetch a bottle: from the mirror that listed it, or from another, which the digest makes as good.
    package func request(for bottle: CatalogBottle, listedBy mirror: String) -> TransferRequest {
        let sources = [mirror] + mirrors.filter { $0 != mirror }
        return TransferRequest(
            urls: sources.map { Self.join($0, bottle.path) }, digest: SHA256Digest(hex: bottle.sha256),
            size: bottle.size)
    }

    /// Asks a farm to build what is missing of a formula and of what it needs.
    package func order(_ order: BuildOrder, from mirror: String) async throws -> BuildStatus {
        let url = mirror + "/farm/v1/builds"
        do {
            let response = try await engine.post(
                url, body: try WireCoding.encode(order), headers: ["Content-Type": "application/json"])
            return try WireCoding.decode(BuildStatus.self, from: response.body)
        } catch let error as FetchError {
            if case .cancelled = error { throw CancellationError() }
            if case .status(_, let code, let message?, _) = error,
                let body = try? WireCoding.decode(ErrorMessage.self, from: Array(message.utf8))
            {
                throw MirrorError.orderRefused(
                    mirror: mirror, formula: order.formula, body, isTemporary: TransferMachine.isTransient(status: code)
                )
            }
            throw MirrorError.orderFailed(mirror: mirror, formula: order.formula, cause: error)
        } catch let error as DecodingError {
            throw MirrorError.orderFailed(mirror: mirror, formula: order.formula, cause: error)
        }
    }

    static func join(_ mirror: String, _ path: String) -> String {
        path.contains("://") ? path : mirror + (path.hasPrefix("/") ? "" : "/") + path
    }

    private static func trimmed(_ mirror: String) -> String {
        var mirror = mirror[...]
        while mirror.hasSuffix("/") { mirror = mirror.dropLast() }
        return mirror.contains("://") ? String(mirror) : "http://" + mirror
    }
}
