package import VeloSystem

/// What can go wrong between velo and its mirrors.
package enum MirrorError: Problem {
    package struct Failure: Sendable {
        package var mirror: String
        package var error: FetchError

        package init(mirror: String, error: FetchError) {
            self.mirror = mirror
            self.error = error
        }
    }

    case noMirrors
    case nothingCached([String])
    case noAnswer([Failure])
    case orderRefused(mirror: String, formula: String, ErrorMessage, isTemporary: Bool)
    case orderFailed(mirror: String, formula: String, cause: any Error)
    case followFailed(mirror: String, build: Int, cause: any Error)

    package var summary: String {
        switch self {
        case .noMirrors: "no mirror is set"
        case .nothingCached(let mirrors):
            "offline, and no catalog of \(mirrors.map { "`\($0)`" }.joined(separator: ", ")) is in the cache"
        case .noAnswer where isShutOut: "the mirror `\(mirrorToCheck)` does not let velo in"
        case .noAnswer(let failures) where failures.count == 1: "the mirror `\(failures[0].mirror)` does not answer"
        case .noAnswer(let failures):
            "no mirror answers: tried \(failures.map { "`\($0.mirror)`" }.joined(separator: ", "))"
        case .orderRefused(let mirror, let formula, let answer, _):
            "the farm `\(mirror)` does not build `\(formula)`: \(answer.error.message)"
        case .orderFailed(let mirror, let formula, _): "could not order the build of `\(formula)` from `\(mirror)`"
        case .followFailed(let mirror, let build, _): "lost sight of build \(build) on `\(mirror)`"
        }
    }

    package var cause: (any Error)? {
        switch self {
        case .noAnswer(let failures): failures.first?.error
        case .orderFailed(_, _, let error), .followFailed(_, _, let error): error
        case .noMirrors, .nothingCached, .orderRefused: nil
        }
    }

    package var hints: [String] {
        switch self {
        case .noMirrors: ["say which: `velo config set mirror http://HOST:PORT`, or `VELO_MIRROR`, or `--mirror`"]
        case .nothingCached: ["run the same command once without `VELO_OFFLINE`"]
        case .noAnswer where isShutOut:
            ["give the token that its operator made for you: `velo config set token TOKEN`, or `VELO_TOKEN`"]
        case .noAnswer:
            ["check that velod runs there: `curl \(mirrorToCheck)/healthz`", "see what velo uses: `velo config list`"]
        case .orderRefused(_, _, let answer, _): answer.error.hints
        case .orderFailed: []
        case .followFailed: ["the build goes on there; run the command again to follow it"]
        }
    }

    package var severity: ProblemSeverity {
        switch self {
        case .noMirrors, .nothingCached: .refused
        case .noAnswer where isShutOut: .refused
        case .noAnswer, .followFailed: .temporary
        case .orderRefused(_, _, _, let isTemporary): isTemporary ? .temporary : .refused
        case .orderFailed(_, _, let error): (error as? any Problem)?.severity ?? .refused
        }
    }

    /// The first mirror is there, and wants a token, or another one.
    private var isShutOut: Bool {
        guard case .noAnswer(let failures) = self, case .status(_, let code, _, _)? = failures.first?.error
        else { return false }
        return code == 401 || code == 403
    }

    private var mirrorToCheck: String {
        guard case .noAnswer(let failures) = self else { return "" }
        return failures.first?.mirror ?? ""
    }
}
