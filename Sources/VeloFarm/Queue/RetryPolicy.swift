import VeloBuild
import VeloCore
import VeloSystem

/// What becomes of a job whose build did not come to a bottle. Pure.
struct RetryPolicy: Sendable {
    /// How often a build may be interrupted before somebody should look.
    var interruptionLimit = 5
    /// Seconds before a try after the first setback; doubled each time.
    var firstDelay: Double = 10
    var longestDelay: Double = 600

    /// How an attempt ended without a bottle.
    enum Setback: Sendable, Equatable {
        /// The formula does not build. Building it again gives the same.
        case build(JobFailure)
        /// Nothing was learned about the formula: no network, a full disk, a worker that vanished.
        case infrastructure(JobFailure)
        /// The farm was stopped.
        case stopped
    }

    enum Verdict: Sendable, Equatable {
        case fail(JobFailure)
        /// `counts` when it was one of the limited number of interruptions.
        case retry(after: Double, counts: Bool)
    }

    /// - Parameter interruptions: how many there were before this one.
    func verdict(on setback: Setback, interruptions: Int) -> Verdict {
        switch setback {
        case .build(let failure): return .fail(failure)
        case .stopped: return .retry(after: 0, counts: false)
        case .infrastructure(var failure):
            guard interruptions + 1 < interruptionLimit else {
                failure.message += "; given up after \(interruptions + 1) attempts"
                return .fail(failure)
            }
            var delay = firstDelay
            for _ in 0..<interruptions where delay < longestDelay { delay *= 2 }
            return .retry(after: min(delay, longestDelay), counts: true)
        }
    }
}

extension RetryPolicy.Setback {
    /// Sorts an error of a build. `phase`, `lastLines` and `log` go into the failure.
    init(_ error: any Error, phase: BuildPhase, lastLines: [String], log: String, isStopping: Bool) {
        if isStopping {
            self = .stopped
            return
        }
        let report = ProblemReport(error)
        let failure = JobFailure(
            phase: phase.rawValue, message: report.oneLine, hints: report.hints, lastLines: lastLines, log: log)
        let severity = (error as? any Problem)?.severity
        self = severity == .temporary || error is CancellationError ? .infrastructure(failure) : .build(failure)
    }
}
