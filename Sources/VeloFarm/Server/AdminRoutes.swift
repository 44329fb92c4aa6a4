import Hummingbird
import NIOCore
import VeloCore

/// `POST /farm/v1/admin/orders`: what `velod token`, `gc`, `mirror`, `export` and their like do through a running server.
///
/// For whoever has a token that allows `admin`, and for commands on this machine, which find one in `velod.json`.
struct AdminRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.post("/farm/v1/admin/orders") { request, context in
            let order: AdminOrder = try await request.json()
            let report = try await AdminDesk(farm: farm).carryOut(order)
            return try Response.json(report)
        }
    }
}
