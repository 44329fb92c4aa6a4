import HTTPTypes
import Hummingbird
import Logging
import SystemPackage
import VeloBuild
import VeloSystem

/// `/farm/v1/taps`: what `velod tap` does through a running server.
///
/// | request | answer |
/// |---|---|
/// | `GET /farm/v1/taps` | `TapList` |
/// | `POST /farm/v1/taps` with a `TapOrder` | 201 and the `TapList` of the new one |
/// | `POST /farm/v1/taps/update` with a `TapSelection` | `TapList` of those that were read again |
/// | `POST /farm/v1/taps/remove` with a `TapSelection` | an empty `TapList` |
///
/// Changes are for this machine only: a tap says what the farm runs.
struct TapRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/farm/v1/taps") { _, _ in try Response.json(TapList(taps: try await farm.taps.list())) }
        router.post("/farm/v1/taps") { request, context in
            try Self.requireThisMachine(request, context)
            let order: TapOrder = try await request.json()
            let tap = try await farm.taps.add(name: order.name, location: order.location, workingFolder: "/")
            farm.logger.info("tap added", metadata: ["tap": "\(tap.name)", "formulae": "\(tap.formulae)"])
            return try Response.json(TapList(taps: [tap]), status: .created)
        }
        router.post("/farm/v1/taps/update") { request, context in
            try Self.requireThisMachine(request, context)
            let selection: TapSelection = try await request.json()
            let taps = try await farm.taps.update(selection.name)
            for tap in taps {
                farm.logger.info("tap updated", metadata: ["tap": "\(tap.name)", "formulae": "\(tap.formulae)"])
            }
            return try Response.json(TapList(taps: taps))
        }
        router.post("/farm/v1/taps/remove") { request, context in
            try Self.requireThisMachine(request, context)
            let selection: TapSelection = try await request.json()
            guard let name = selection.name else { throw HTTPError(.badRequest, message: "say which tap to remove") }
            try await farm.taps.remove(name)
            farm.logger.info("tap removed", metadata: ["tap": "\(LogText.sanitize(name))"])
            return try Response.json(TapList(taps: []))
        }
    }

    /// A request through a proxy on this machine comes from elsewhere; so may one whose name for us is not an address,
    /// if a page of some other site had its name resolved to ours.
    static func isLocal(_ request: Request, _ context: FarmRequestContext) -> Bool {
        let name = request.head.authority?.split(separator: ":").first.map(String.init) ?? ""
        let isLocalName = name == "localhost" || name.hasPrefix("127.") || name.hasPrefix("[")
        return context.isFromThisMachine && isLocalName && request.headers[.forwardedFor] == nil
    }

    private static func requireThisMachine(_ request: Request, _ context: FarmRequestContext) throws {
        guard context.identity.may(.admin) || isLocal(request, context) else {
            throw HTTPError(.forbidden, message: "taps are changed on the server's own machine, with `velod tap`")
        }
    }
}

package struct TapOrder: Codable, Sendable {
    /// Nil to derive it from the location.
    package var name: String?
    /// A URL, or an absolute path on the server's machine.
    package var location: String

    package init(name: String?, location: String) {
        self.name = name
        self.location = location
    }
}

package struct TapSelection: Codable, Sendable {
    /// Nil for all.
    package var name: String?

    package init(name: String?) {
        self.name = name
    }
}

package struct TapList: Codable, Sendable {
    package var taps: [TapReport]

    package init(taps: [TapReport]) {
        self.taps = taps
    }
}
