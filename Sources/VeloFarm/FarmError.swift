package import VeloSystem

/// What the farm refuses, or could not do.
package enum FarmError: Problem {
    case folderInUse(String, Int?)
    case databaseTooNew(String)
    case database(String, cause: any Error)
    /// A stored blob, or one that arrives, is not what its name says.
    case wrongDigest(String, expected: SHA256Digest, actual: SHA256Digest)
    /// Another worker has the job by now, or nobody.
    case leaseLost(job: Int)
    case unknownBuild(Int)
    case unknownJob(Int)
    case unusableBottleName(String)
    /// A command of the host that stands in for a build dependency is not there.
    case externalMissing(dependency: String, command: String)
    /// A formula went, or broke, between planning and building.
    case formulaGone(String)
    case bottleGone(String)
    case addressInUse(String, Int)

    package var summary: String {
        switch self {
        case .folderInUse(let path, let pid):
            "the data folder `\(path)` is in use by " + (pid.map { "another velod (process \($0))" } ?? "another velod")
        case .databaseTooNew(let path): "`\(path)` was written by a newer velod"
        case .database(let path, _): "could not open the database `\(path)`"
        case .wrongDigest(let what, let expected, let actual): "`\(what)` has the sha256 \(actual), not \(expected)"
        case .leaseLost(let job): "job \(job) is no longer this worker's"
        case .unknownBuild(let id): "there is no build \(id)"
        case .unknownJob(let id): "there is no job \(id)"
        case .unusableBottleName(let name): "`\(name)` cannot be the name of a bottle"
        case .externalMissing(let dependency, let command):
            "`\(command)`, which stands in for the build dependency `\(dependency)`, is not installed on this host"
        case .formulaGone(let name): "the formula `\(name)` is no longer in its tap, or cannot be read any more"
        case .bottleGone(let name): "the bottle of `\(name)` is gone"
        case .addressInUse(let host, let port): "\(host):\(port) is taken by another program"
        }
    }

    package var cause: (any Error)? {
        if case .database(_, let cause) = self { cause } else { nil }
    }

    package var hints: [String] {
        switch self {
        case .folderInUse: ["stop the other one, or choose another folder with `--data`"]
        case .databaseTooNew: ["install that version again, or choose another folder with `--data`"]
        case .externalMissing(_, let command):
            ["install `\(command)` on the host, or take it out of `[externals]` and add a formula for it"]
        case .addressInUse: ["stop the other program, or choose another port with `--port`"]
        case .bottleGone: ["order a build of it again"]
        default: []
        }
    }

    package var severity: ProblemSeverity {
        switch self {
        case .folderInUse, .leaseLost: .temporary
        default: .refused
        }
    }
}
