import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import VeloCore
import VeloSystem

/// Lets a request through when whoever sends it may do what it asks for, and writes down what changes something.
struct AccessCheck: RouterMiddleware {
    let access: AccessControl
    let audit: AuditLog
    let rates: RateLimiter?
    let publicURL: String?

    func handle(
        _ request: Request, context: FarmRequestContext,
        next: @concurrent (Request, FarmRequestContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        if Self.isOpen(path) { return try await next(request, context) }
        if let rates, !rates.allows(context.client) {
            if rates.isWorthTelling(context.client) {
                context.logger.info("too many requests", metadata: ["client": "\(context.client)"])
            }
            return RegistryProblem.tooManyRequests(retryAfter: 1).response
        }
        guard let identity = try await access.identity(request.headers[.authorization]) else {
            return await refused("this token is not known, or has run out", request, context, nil)
        }
        let scope = Self.scope(request.method, path)
        // As before there were tokens: whoever is on the machine may change its taps.
        let isOwner = scope == .admin && context.isFromThisMachine && TapRoutes.isLocal(request, context)
        guard identity.may(scope) || isOwner else {
            let words = "this needs a token that allows `\(scope.rawValue)`"
            if identity.name != nil { return denied(words, request, context, identity) }
            return await refused(words, request, context, identity)
        }
        if path == "/v2" || path == "/v2/", identity.name == nil, try await access.tokens.hasAny(),
            request.headers[.authorization] == nil
        {
            // Clients learn here how to show a token when they will need one; without it they pull as anybody.
            return RegistryProblem.unauthorized("show a token, or ask for one", challenge: challenge(request)).response
        }
        var context = context
        context.identity = identity
        let response = try await next(request, context)
        if scope != .read {
            audit.write(
                who: identity.name ?? (isOwner ? "local" : "anonymous"), client: context.client,
                action: "\(request.method.rawValue) \(path)", status: response.status.code, request: context.requestID)
        }
        return response
    }

    /// Whether the process lives, and where a token is asked for, is for everybody to see.
    private static func isOpen(_ path: String) -> Bool {
        ["/healthz", "/readyz", "/token"].contains(path)
    }

    private static func scope(_ method: HTTPRequest.Method, _ path: String) -> AccessScope {
        // A fetch by git is a POST.
        if path.hasPrefix("/git/") { return .read }
        if path.hasPrefix("/farm/v1/admin/") { return .admin }
        if method == .get || method == .head { return .read }
        if path.hasPrefix("/v2/") { return .push }
        return path == "/farm/v1/builds" ? .build : .admin
    }

    private func challenge(_ request: Request) -> String {
        let scheme = request.headers[.forwardedProto] ?? (publicURL?.hasPrefix("https://") == true ? "https" : "http")
        let base = publicURL ?? "\(scheme)://\(request.head.authority ?? "localhost")"
        return "Bearer realm=\"\(base)/token\",service=\"velod\""
    }

    private func refused(
        _ words: String, _ request: Request, _ context: FarmRequestContext, _ identity: Identity?
    ) async -> Response {
        note(401, request, context, identity)
        if request.uri.path.hasPrefix("/v2") {
            return RegistryProblem.unauthorized(words, challenge: challenge(request)).response
        }
        var response = ErrorAnswers.answer(
            .unauthorized, .init(words, hints: ["make one on the server with `velod token add`"]))
        response.headers[.wwwAuthenticate] = "Basic realm=\"velod\""
        return response
    }

    private func denied(
        _ words: String, _ request: Request, _ context: FarmRequestContext, _ identity: Identity
    ) -> Response {
        note(403, request, context, identity)
        if request.uri.path.hasPrefix("/v2") { return RegistryProblem.denied(words).response }
        return ErrorAnswers.answer(.forbidden, .init(words, hints: []))
    }

    private func note(_ status: Int, _ request: Request, _ context: FarmRequestContext, _ identity: Identity?) {
        audit.write(
            who: identity?.name ?? "anonymous", client: context.client,
            action: "\(request.method.rawValue) \(request.uri.path)", status: status, request: context.requestID)
    }
}

/// `/token`: what clients of registries exchange their password for. The password is the token, and so is the answer.
struct TokenRoutes: Sendable {
    let access: AccessControl

    private struct Answer: Encodable {
        var token: String
        var access_token: String
        var expires_in = 300
    }

    func add(to router: Router<FarmRequestContext>) {
        router.get("/token") { request, _ in
            let authorization = request.headers[.authorization]
            guard try await access.identity(authorization) != nil else {
                return RegistryProblem.unauthorized(
                    "this token is not known, or has run out", challenge: "Basic realm=\"velod\""
                )
                .response
            }
            // Nobody's token is the one that `brew` sends when it has none.
            let secret = authorization.flatMap(AccessControl.secret)
            let token = secret?.hasPrefix(TokenSecret.prefix) == true ? secret ?? "QQ==" : "QQ=="
            let bytes = try JSONEncoder().encode(Answer(token: token, access_token: token))
            var response = Response.json(bytes: Array(bytes))
            response.headers[.cacheControl] = "no-store"
            return response
        }
    }
}
