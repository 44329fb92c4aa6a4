import Hummingbird
import Logging
import NIOCore

/// What a handler knows of a request besides the request.
struct FarmRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let peer: SocketAddress?
    /// Who asks; set when that was looked up.
    var identity = Identity(name: nil, scopes: [])
    /// In every log line about it, and in `X-Request-Id` of the answer.
    var requestID = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress
    }

    /// The address that the connection comes from.
    var client: String { peer?.ipAddress ?? "" }

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
        router.add(
            middleware: RequestLog(
                counters: farm.counters, isLogged: farm.configuration.mirror.logsRequests, level: farm.logger.logLevel))
        router.add(middleware: ErrorAnswers())
        router.add(
            middleware: AccessCheck(
                access: farm.access, audit: farm.audit, rates: farm.rates, publicURL: farm.configuration.publicURL))
        HealthRoutes(farm: farm, counters: farm.counters).add(to: router)
        TokenRoutes(access: farm.access).add(to: router)
        CatalogRoutes(farm: farm).add(to: router)
        ApiRoutes(farm: farm).add(to: router)
        GitRoutes(farm: farm).add(to: router)
        AdminRoutes(farm: farm).add(to: router)
        BottleRoutes(farm: farm).add(to: router)
        RegistryRoutes(farm: farm).add(to: router)
        SourceRoutes(farm: farm).add(to: router)
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
