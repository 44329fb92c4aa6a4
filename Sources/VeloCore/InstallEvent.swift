package import VeloSystem

/// What can happen during an install, in the order in which it does.
package enum InstallEvent: Sendable {
    /// An earlier run had died; what it left half done was undone.
    case recovered(title: String)
    case catalog(mirror: String, MirrorClient.CatalogOrigin)
    case planned(InstallPlan)
    case buildOrdered(BuildStatus, mirror: String)
    case build(BuildNotice)
    /// Bytes of a bottle that are here so far, and in all.
    case downloading(String, received: Int, total: Int)
    case retrying(String, reason: any Problem)
    case downloaded(String, bytes: Int, fromCache: Bool)
    case pouring(String)
    case poured(String)
    case linking(String)
    case installed(InstallPlan.Step)
    case unlinking(String)
    case removed(Keg)
    case finished(InstallSummary)
}

/// What an install came to.
package struct InstallSummary: Sendable {
    package var plan: InstallPlan
    /// Names of bottles that were in the cache already.
    package var fromCache: Set<String> = []
    /// Names of bottles that a farm built meanwhile.
    package var built: Set<String> = []
    package var elapsed: Duration = .zero

    package init(plan: InstallPlan) { self.plan = plan }
}

/// A problem with more to show than sentences.
package protocol DetailedProblem: Problem {
    /// Lines as they were printed elsewhere.
    var details: [String] { get }
}

/// Why an install or uninstall stopped.
package enum InstallError: DetailedProblem {
    /// The package that it happened to.
    case package(String, doing: Activity, cause: any Error)
    case buildFailed(BuildStatus, JobStatus, mirror: String)
    /// The farm says that it is done, and the catalog still has no bottle.
    case stillMissing([String], mirror: String)
    case offlineBuild([String])
    case notInstalled(String, nearest: [String])
    case needed([String], by: [String])
    /// Stopped by the user while a farm was building.
    case leftBuilding(build: Int, formula: String, mirror: String)

    package enum Activity: String, Sendable { case download, pour, link }

    package var summary: String {
        switch self {
        case .package(let name, .download, _): "could not download `\(name)`"
        case .package(let name, .pour, _): "could not pour `\(name)`"
        case .package(let name, .link, _): "could not link `\(name)`"
        case .buildFailed(let build, let job, _):
            "the build of `\(job.formula)`\(job.formula == build.formula ? "" : ", which `\(build.formula)` needs,") "
                + "failed\(job.failure.map { " in the phase `\($0.phase)`: \($0.message)" } ?? "")"
        case .stillMissing(let names, let mirror):
            "`\(mirror)` still has no bottle of \(Self.list(names)) for this machine"
        case .offlineBuild(let names): "no bottle of \(Self.list(names)) is there, and offline none can be built"
        case .notInstalled(let name, _): "`\(name)` is not installed"
        case .needed(let names, let dependents):
            "\(Self.list(names)) \(names.count == 1 ? "is" : "are") needed by \(Self.list(dependents))"
        case .leftBuilding(let build, let formula, let mirror):
            "stopped; build \(build) of `\(formula)` goes on at `\(mirror)`"
        }
    }

    package var cause: (any Error)? {
        guard case .package(_, _, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        switch self {
        case .package: []
        case .buildFailed(_, let job, let mirror):
            (job.failure?.hints ?? [])
                + (job.failure.map { ["the whole log: \(MirrorClient.join(mirror, $0.log))"] } ?? [])
        case .stillMissing(_, let mirror): ["see what the farm did: `curl \(mirror)/farm/v1/builds`"]
        case .offlineBuild: ["run the command without `VELO_OFFLINE`"]
        case .notInstalled(_, let nearest):
            nearest.isEmpty
                ? ["see what is: `velo list`"]
                : ["did you mean \(nearest.map { "`\($0)`" }.joined(separator: " or "))?"]
        case .needed: ["uninstall those too, or pass `--ignore-dependencies`"]
        case .leftBuilding: ["run the same command to follow it again"]
        }
    }

    /// The end of a failed build's log.
    package var details: [String] {
        guard case .buildFailed(_, let job, _) = self else { return [] }
        return job.failure?.lastLines ?? []
    }

    private static func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
}
