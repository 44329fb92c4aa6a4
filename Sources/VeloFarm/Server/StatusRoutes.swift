import Hummingbird
import VeloFormula

/// `/farm/v1/status` for scripts and `velod status`, `/` for people.
struct StatusRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/farm/v1/status") { request, _ in try Response.json(try await status(request)) }
        router.getOrHead("/") { request, _ in
            let page = FarmPage(
                status: try await status(request), taps: try await farm.taps.list(),
                bottles: try await farm.database.bottles(),
                builds: try await farm.queue.recentBuilds(limit: 20), now: farm.now())
            var response = Response.text(page.html, type: "text/html; charset=utf-8")
            // The page has no scripts, and shall not get any.
            response.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'"
            response.headers[.xContentTypeOptions] = "nosniff"
            return response
        }
    }

    private func status(_ request: Request) async throws -> FarmStatus {
        // Where nothing else is configured, the address by which this client has reached us is right for it.
        let url = farm.configuration.publicURL ?? "http://" + (request.head.authority ?? "localhost")
        let blobs = try await farm.database.blobTotals()
        return FarmStatus(
            url: url, platform: farm.configuration.platform.description, workers: farm.configuration.workers,
            jobs: try await farm.queue.jobCounts(), taps: try await farm.database.taps().map(\.name),
            bottles: blobs.count, bottleBytes: blobs.bytes)
    }
}

/// What a farm is and has, in numbers.
package struct FarmStatus: Codable, Sendable, Equatable {
    package var url: String
    package var platform: String
    package var workers: Int
    /// By state.
    package var jobs: [String: Int]
    package var taps: [String]
    package var bottles: Int
    package var bottleBytes: Int
}
