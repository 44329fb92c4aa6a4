/// What a client asks of `POST /farm/v1/builds`.
package struct BuildOrder: Codable, Sendable {
    /// A formula's name, or `user/tap/name`.
    package var formula: String
    /// A bottle tag; nil means the farm's own.
    package var platform: String?

    package init(formula: String, platform: String? = nil) {
        self.formula = formula
        self.platform = platform
    }
}

/// A build: one formula that somebody asked for, with a job for each bottle that is missing in its closure.
package struct BuildStatus: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable { case running, succeeded, failed }

    package var id: Int
    package var formula: String
    package var platform: String
    package var state: State
    /// Seconds since 1970.
    package var created: Double
    package var finished: Double?
    /// In the order in which they can run. Empty when every bottle was there already.
    package var jobs: [JobStatus]

    package init(
        id: Int, formula: String, platform: String, state: State, created: Double, finished: Double?, jobs: [JobStatus]
    ) {
        self.id = id
        self.formula = formula
        self.platform = platform
        self.state = state
        self.created = created
        self.finished = finished
        self.jobs = jobs
    }
}

/// A job: one bottle to be made.
package struct JobStatus: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable {
        /// Dependencies are not done.
        case waiting
        /// Any worker may take it.
        case ready
        /// A worker holds a lease on it.
        case running
        case succeeded
        case failed
        /// A dependency failed.
        case skipped
    }

    package var id: Int
    package var formula: String
    package var pkgVersion: String
    package var state: State
    /// Why it is in this state, in words: "waits for `libogg`", "no worker is free".
    package var reason: String?
    /// The phase it is in, or was in when it ended.
    package var phase: String?
    package var started: Double?
    package var finished: Double?
    package var attempt: Int
    package var failure: JobFailure?

    package init(
        id: Int, formula: String, pkgVersion: String, state: State, reason: String?, phase: String?, started: Double?,
        finished: Double?, attempt: Int, failure: JobFailure?
    ) {
        self.id = id
        self.formula = formula
        self.pkgVersion = pkgVersion
        self.state = state
        self.reason = reason
        self.phase = phase
        self.started = started
        self.finished = finished
        self.attempt = attempt
        self.failure = failure
    }
}

/// Why a job failed, as its log ends.
package struct JobFailure: Codable, Sendable, Equatable {
    package var phase: String
    package var message: String
    package var hints: [String]
    /// The last lines of the log, at most twenty.
    package var lastLines: [String]
    /// Where the whole log is, relative to the mirror's address.
    package var log: String

    package init(phase: String, message: String, hints: [String], lastLines: [String], log: String) {
        self.phase = phase
        self.message = message
        self.hints = hints
        self.lastLines = lastLines
        self.log = log
    }
}

/// A line of a job's log, as the event stream carries it.
package struct JobLogLine: Codable, Sendable, Equatable {
    package var job: Int
    /// Without its end, and without control characters.
    package var text: String

    package init(job: Int, text: String) {
        self.job = job
        self.text = text
    }
}

/// What `GET /farm/v1/builds/ID/events` sends, each with its event name.
package enum BuildNotice: Sendable, Equatable {
    /// `job`: a job changed.
    case job(JobStatus)
    /// `log`
    case log(JobLogLine)
    /// `end`: the build is over; the stream closes.
    case end(BuildStatus)
}

/// The shape of every error that the API answers with: `{"error": {"message": "…", "hints": ["…"]}}`.
package struct ErrorMessage: Codable, Sendable, Equatable {
    package struct Body: Codable, Sendable, Equatable {
        package var message: String
        package var hints: [String]
    }

    package var error: Body

    package init(_ message: String, hints: [String] = []) {
        error = Body(message: message, hints: hints)
    }
}
