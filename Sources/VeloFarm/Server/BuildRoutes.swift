import Hummingbird
import Logging
package import VeloCore
import VeloFormula
import VeloSystem

/// `/farm/v1/builds`: ordering builds and following them.
///
/// | request | answer |
/// |---|---|
/// | `POST /farm/v1/builds` with a `BuildOrder` | 201 and the `BuildStatus` |
/// | `GET /farm/v1/builds` | the newest fifty, newest first |
/// | `GET /farm/v1/builds/ID` | `BuildStatus` |
/// | `GET /farm/v1/builds/ID/events` | server-sent events: state and log so far, then as they happen |
struct BuildRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.post("/farm/v1/builds") { request, _ in
            let order: BuildOrder = try await request.json()
            return try await Response.json(place(order), status: .created)
        }
        router.getOrHead("/farm/v1/builds") { _, _ in
            try Response.json(BuildList(builds: try await farm.queue.recentBuilds(limit: 50)))
        }
        router.getOrHead("/farm/v1/builds/:id") { _, context in
            try Response.json(try await farm.queue.build(Self.id(context)))
        }
        router.get("/farm/v1/builds/:id/events") { request, context in
            let build = try await farm.queue.build(Self.id(context))
            let stream = BuildEventStream(
                build: build.id, queue: farm.queue, feed: farm.feed, folder: farm.folder,
                resumeAfter: request.headers[.lastEventID])
            return stream.response()
        }
    }

    private func place(_ order: BuildOrder) async throws -> BuildStatus {
        let own = farm.configuration.platform.description
        if let platform = order.platform, PlatformTag(platform)?.description != own {
            throw PlanError.foreignPlatform(platform, own: own)
        }
        let index = try await farm.catalog.current().index
        let planner = BuildPlanner(index: index, externals: farm.configuration.externals) { _ in true }
        // What cannot be planned is refused below, with words.
        let bases = try? await farm.keys.bases(for: order.formula, platform: own, planner)
        let id = try await farm.queue.order(
            order.formula, platform: own, index: index, externals: farm.configuration.externals, bases: bases ?? [:])
        let status = try await farm.queue.build(id)
        farm.feed.jobChanged()
        farm.logger.info(
            "build ordered",
            metadata: ["build": "\(id)", "formula": "\(status.formula)", "jobs": "\(status.jobs.count)"])
        return status
    }

    private static func id(_ context: FarmRequestContext) throws -> Int {
        guard let id = context.parameters.get("id", as: Int.self) else { throw HTTPError(.notFound) }
        return id
    }
}

/// What `GET /farm/v1/builds` answers.
package struct BuildList: Codable, Sendable {
    package var builds: [BuildStatus]
}

/// `/farm/v1/jobs/ID/log`: a job's log as text, whole or from some byte on.
struct JobRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/farm/v1/jobs/:id") { _, context in
            try Response.json(try await farm.queue.job(context.parameters.require("id", as: Int.self)))
        }
        router.getOrHead("/farm/v1/jobs/:id/log") { request, context in
            let job = try await farm.queue.job(context.parameters.require("id", as: Int.self))
            let file = farm.folder.log(job.id)
            guard let status = try FileTree.status(file) else {
                throw HTTPError(.notFound, message: "job \(job.id) has not begun, so it has no log yet")
            }
            var response = try await FileAnswer(
                path: file, size: status.size, modified: status.modified, type: "text/plain; charset=utf-8"
            ).response(request, context)
            response.headers[.xContentTypeOptions] = "nosniff"
            return response
        }
    }
}
