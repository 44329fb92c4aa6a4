import VeloCore

/// What is shown of a build on a farm: which bottle, in which phase, for how long, the log's last line.
struct BuildProgress: Sendable {
    private var jobs: [JobStatus] = []
    private var phasesSeen: [Int: String] = [:]
    private var runningSince: [Int: Duration] = [:]
    private var began: Duration = .zero
    private var lastLine = ""
    private(set) var isRunning = false

    mutating func begin(_ status: BuildStatus, at mirror: String, now: Duration) -> [String] {
        self = BuildProgress()
        jobs = status.jobs
        began = now
        isRunning = status.state == .running
        guard isRunning else { return [] }
        for job in jobs { note(job, now) }
        let open = jobs.count { $0.state != .succeeded }
        return ["build \(status.id) at \(mirror): \(Quantity.count(open, "bottle")) to make"]
    }

    /// Returns the lines that stay: each bottle's end, and in the plain style each phase.
    mutating func take(_ notice: BuildNotice, isPlain: Bool, now: Duration) -> [String] {
        switch notice {
        case .log(let line):
            if !line.text.isEmpty { lastLine = TerminalText.harmless(line.text) }
            return []
        case .end:
            isRunning = false
            return []
        case .job(let job):
            let before = jobs.first { $0.id == job.id }
            if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index] = job } else { jobs.append(job) }
            note(job, now)
            return lines(for: job, before, isPlain)
        }
    }

    private mutating func note(_ job: JobStatus, _ now: Duration) {
        guard job.state == .running else { return }
        if runningSince[job.id] == nil { runningSince[job.id] = now }
        if let phase = job.phase, phasesSeen[job.id] != phase {
            phasesSeen[job.id] = phase
            lastLine = ""
        }
    }

    private func lines(for job: JobStatus, _ before: JobStatus?, _ isPlain: Bool) -> [String] {
        let label = "\(job.formula) \(job.pkgVersion)"
        if job.state != before?.state {
            switch job.state {
            case .succeeded:
                let time = job.started.flatMap { start in job.finished.map { Duration.seconds($0 - start) } }
                return ["built \(label)\(time.map { " in \(Quantity.duration($0))" } ?? "")"]
            case .failed:
                return ["failed to build \(label)\(job.phase.map { " (\($0))" } ?? "")"]
            case .skipped:
                return ["skipped \(label)\(job.reason.map { ": \($0)" } ?? "")"]
            case .waiting, .ready, .running:
                break
            }
        }
        guard isPlain else { return [] }
        switch job.state {
        case .running where job.phase != before?.phase || before?.state != .running:
            return ["\(label): \(job.phase ?? "starting")"]
        case .waiting, .ready:
            guard let reason = job.reason, reason != before?.reason else { return [] }
            return ["\(label): \(reason)"]
        default:
            return []
        }
    }

    /// Two lines: where it is, and what it printed last.
    ///
    /// ```
    /// building hello 2.10  install  0:42  1/2 done
    ///   checking for gcc... gcc
    /// ```
    func draw(_ columns: Int, _ now: Duration) -> String {
        let done = jobs.count { $0.state == .succeeded }
        let share = "\(done)/\(jobs.count) done"
        guard let job = jobs.first(where: { $0.state == .running }) else {
            let next = jobs.first { $0.state == .ready || $0.state == .waiting }
            let parts = ["waiting for the farm", Quantity.clock(now - began), share, next?.reason ?? ""]
            return ProgressDisplay.joined(parts, columns)
        }
        let since = runningSince[job.id] ?? began
        let parts = [
            "building \(job.formula) \(job.pkgVersion)", job.phase ?? "starting", Quantity.clock(now - since), share,
        ]
        let first = ProgressDisplay.joined(parts, columns)
        return lastLine.isEmpty ? first : "\(first)\n\(DisplayWidth.fitted("  \(lastLine)", to: columns))"
    }
}
