import VeloFormula
import VeloSystem

extension Installer {
    /// Has the farm build the bottles that are missing, and follows the builds until they are done.
    func build(_ plan: InstallPlan, _ answer: MirrorClient.CatalogAnswer) async throws {
        guard !client.isOffline else { throw InstallError.offlineBuild(plan.missingBottles) }
        for name in try plan.rootsToBuild(in: Resolver(catalog: answer.catalog)) {
            let status = try await client.order(BuildOrder(formula: name, platform: tag), from: answer.mirror)
            events(.buildOrdered(status, mirror: answer.mirror))
            let end = status.state == .running ? try await follow(status, answer.mirror) : status
            guard end.state != .failed else { throw failure(of: end, answer.mirror) }
        }
    }

    private func follow(_ status: BuildStatus, _ mirror: String) async throws -> BuildStatus {
        let follower = BuildFollower(engine: client.engine, mirror: mirror, build: status.id)
        do {
            return try await follower.follow { events(.build($0)) }
        } catch is CancellationError {
            throw InstallError.leftBuilding(build: status.id, formula: status.formula, mirror: mirror)
        }
    }

    private func failure(of build: BuildStatus, _ mirror: String) -> InstallError {
        // Those that were skipped failed because of it.
        if let job = build.jobs.first(where: { $0.state == .failed }) {
            return .buildFailed(build, job, mirror: mirror)
        }
        return .stillMissing([build.formula], mirror: mirror)
    }

    private var tag: String { PlatformTag(platform).description }
}
