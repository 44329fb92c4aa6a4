package import VeloSystem

/// A build that did not come to a bottle: in which phase, and why.
package struct BuildError: Problem {
    package enum Reason: Sendable {
        /// A command that `install` or `test` ran.
        case commandFailed([String], status: Int)
        case timeLimit(seconds: Int)
        case silence(seconds: Int)
        case interrupted
        case exceeded(SandboxLimits.Excess)
        /// The formula itself: a construct that is not known, an exception, a diagnostic with its place.
        case formula(String)
        case nothingInstalled
        /// Libraries that files of the keg need and that neither it nor its dependencies have.
        case brokenLinkage([String])
        case noSource
        case sandbox(String)
        /// The bottle is there, but something is wrong with it at another prefix.
        case unprovable(String)
    }

    package var formula: String
    package var phase: BuildPhase
    package var reason: Reason
    package var cause: (any Error)?

    package init(_ formula: String, _ phase: BuildPhase, _ reason: Reason, cause: (any Error)? = nil) {
        self.formula = formula
        self.phase = phase
        self.reason = reason
        self.cause = cause
    }

    package var summary: String {
        "`\(formula)` did not build: \(what) (phase: \(phase.rawValue))"
    }

    /// What went wrong, without whose build it was.
    package var what: String {
        switch reason {
        case .commandFailed(let arguments, let status):
            "`\(Self.shortened(arguments.joined(separator: " ")))` ended with status \(status)"
        case .timeLimit(let seconds): "it ran for more than \(seconds) seconds"
        case .silence(let seconds): "it printed nothing for \(seconds) seconds"
        case .interrupted: "it was stopped"
        case .exceeded(let excess): Self.words(excess)
        case .unprovable(let words): words
        case .formula(let message): message
        case .nothingInstalled: "`install` put nothing into the keg"
        case .brokenLinkage(let libraries): "libraries are missing at run time: \(libraries.joined(separator: ", "))"
        case .noSource: "the formula has no source to download"
        case .sandbox(let words): "the sandbox ended unexpectedly: \(words)"
        }
    }

    package var hints: [String] {
        switch reason {
        case .commandFailed: ["the last lines of the log show what it said"]
        case .timeLimit, .silence, .exceeded: ["raise the limit in the farm's configuration, section `[build]`"]
        case .nothingInstalled: ["check that `install` moves something into `prefix`, `bin`, `lib` …"]
        case .brokenLinkage: ["add the formula that holds them with `depends_on`"]
        case .interrupted, .formula, .noSource, .sandbox, .unprovable: []
        }
    }

    package var severity: ProblemSeverity {
        if case .interrupted = reason { return .temporary }
        return (cause as? any Problem)?.severity ?? .refused
    }

    private static func words(_ excess: SandboxLimits.Excess) -> String {
        switch excess {
        case .memory(let bytes): "its processes took more than \(bytes >> 20) MiB of memory"
        case .processes(let count): "it ran more than \(count) processes at a time"
        case .disk(let bytes): "it wrote more than \(bytes >> 20) MiB to the disk"
        case .output(let bytes): "it printed more than \(bytes >> 20) MiB"
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count > 120 ? text.prefix(117) + "…" : text
    }
}
