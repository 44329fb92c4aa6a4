import Hummingbird
import Logging
import NIOCore

/// What a handler knows of a request besides the request.
struct FarmRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress
    }

    /// Whether it comes from this machine: as far as the connection tells, a proxy beside us included.
    var isFromThisMachine: Bool {
        switch peer {
        case .v4: peer?.ipAddress?.hasPrefix("127.") ?? false
        case .v6: peer?.ipAddress == "::1" || (peer?.ipAddress?.hasPrefix("::ffff:127.") ?? false)
        case .unixDomainSocket: true
        case nil: false
        }
    }
}

/// Puts the areas of the API together.
enum FarmRouter {
    static func make(_ farm: Farm) -> RouterResponder<FarmRequestContext> {
        let router = Router(context: FarmRequestContext.self)
        let counters = RequestCounters()
        router.add(middleware: RequestLog(counters: counters))
        router.add(middleware: ErrorAnswers())
        HealthRoutes(farm: farm, counters: counters).add(to: router)
        CatalogRoutes(catalog: farm.catalog).add(to: router)
        BottleRoutes(farm: farm).add(to: router)
        RegistryRoutes(farm: farm).add(to: router)
        SourceRoutes(sources: farm.sources).add(to: router)
        BuildRoutes(farm: farm).add(to: router)
        JobRoutes(farm: farm).add(to: router)
        TapRoutes(farm: farm).add(to: router)
        StatusRoutes(farm: farm).add(to: router)
        return router.buildResponder()
    }
}

extension RouterMethods {
    /// The same for GET and HEAD; the handler looks at the method where it matters.
    func getOrHead(
        _ path: RouterPath, use handler: @Sendable @escaping (Request, Context) async throws -> Response
    ) {
        get(path, use: handler)
        head(path) { request, context in try await handler(request, context).createHeadResponse() }
    }
}
