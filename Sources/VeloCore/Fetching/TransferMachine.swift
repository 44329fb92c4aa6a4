package import VeloSystem

/// Decides what a transfer does next: which mirror, from which byte, when again, when no more.
///
/// Pure: it is told what happened and what the clock says, and answers with a step. The engine carries the steps out.
package struct TransferMachine {
    package enum Purpose: Sendable, Equatable {
        /// Bytes for a file: resumed, and verified at the end.
        case file
        /// An answer to keep in memory: any success will do.
        case document
        /// Like a document, but asking twice may do something twice.
        case submission
    }

    package enum Step: Sendable, Equatable {
        case send(TransferAttempt)
        /// Wait, then ask for `proceed`.
        case retry(after: Duration, because: FetchError)
        /// All bytes are there: to be verified, and told with `judged`.
        case verify
        case done
        case fail(FetchError)
    }

    /// How an exchange went.
    package struct Ending: Sendable, Equatable {
        package var outcome: CurlOutcome
        package var head: CurlResponseHead?
        package var disposition: TransferAttempt.Disposition?
        /// What the body said that was not the file.
        package var message: String?
        /// Why the receiver stopped it, if that was not in the head.
        package var flaw: FetchError?

        package init(
            _ outcome: CurlOutcome, head: CurlResponseHead? = nil, disposition: TransferAttempt.Disposition? = nil,
            message: String? = nil, flaw: FetchError? = nil
        ) {
            self.outcome = outcome
            self.head = head
            self.disposition = disposition
            self.message = message
            self.flaw = flaw
        }
    }

    struct MirrorState {
        var url: CurlURL
        var headers: CurlHeaders
        var triesLeft: Int
        /// Failures in a row, for the back-off.
        var failures = 0
        var readyAt = Duration.zero
        var allowsRanges = true
        var validator: String?
        var lastFailure: FetchError?
    }

    let request: TransferRequest
    let policy: TransferPolicy
    let purpose: Purpose
    var mirrors: [MirrorState] = []
    /// What was wrong with the URLs that are none.
    var unusable: [FetchError] = []
    /// The mirror that the last attempt went to.
    var current = 0
    /// The mirror that the bytes in hand came from; nil when they are from several, or from an earlier run.
    var origin: Int?
    /// Whether all bytes in hand came with one answer, so that a wrong digest is that mirror's fault.
    var isOfOnePiece = false
    /// The most bytes that were ever in hand: what goes beyond is progress.
    var mostHeld = 0
    var redirects = 0
    var attempt: TransferAttempt?
    /// Whether what has arrived is good for a later run, should this one fail.
    package private(set) var keepsPartial = false

    package init(_ request: TransferRequest, policy: TransferPolicy, purpose: Purpose) {
        self.request = request
        self.policy = policy
        self.purpose = purpose
        for mirror in request.mirrors {
            if let url = CurlURL(mirror.url) {
                mirrors.append(MirrorState(url: url, headers: mirror.headers, triesLeft: max(1, policy.attempts)))
            } else {
                unusable.append(.unusableURL(mirror.url, reason: "it is not an absolute URL"))
            }
        }
        keepsPartial = request.digest != nil
    }

    /// The first step, with `held` bytes from an earlier run.
    package mutating func begin(held: Int) -> Step {
        guard !mirrors.isEmpty else {
            return .fail(conclusion(unusable.last ?? .unusableURL(request.name, reason: "there is none")))
        }
        mostHeld = held
        return proceed(held: held)
    }

    /// The next request, when the wait is over.
    package mutating func proceed(held: Int) -> Step {
        if held > 0 && held == request.size && request.digest != nil { return .verify }
        redirects = 0
        let state = mirrors[current]
        let resumes = held > 0 && held < request.size ?? .max && mayResume(at: current)
        let attempt = TransferAttempt(
            url: state.url, headers: Self.headers(state, offset: resumes ? held : 0), offset: resumes ? held : 0,
            purpose: purpose, expectedSize: request.size, limit: request.size ?? request.limit,
            validator: resumes ? state.validator : nil)
        self.attempt = attempt
        return .send(attempt)
    }

    /// An exchange is over, with `held` bytes in hand now.
    package mutating func ended(_ ending: Ending, held: Int, now: Duration, jitter: Double) -> Step {
        guard let attempt else { preconditionFailure("an exchange ended that was not begun") }
        note(ending, attempt, held: held)
        if ending.outcome == .cancelled { return .fail(.cancelled(url: attempt.url.description)) }
        if ending.disposition == .explain, let head = ending.head {
            if let step = redirect(head, attempt, held: held, now: now, jitter: jitter) { return step }
        }
        if let error = flaw(in: ending, attempt, held: held) {
            return failed(error, remedy(for: error), held: held, now: now, jitter: jitter)
        }
        return purpose == .file ? .verify : .done
    }

    /// What is wrong with an answer that is no redirect; nil when it brought everything.
    private func flaw(in ending: Ending, _ attempt: TransferAttempt, held: Int) -> FetchError? {
        let url = attempt.url.description
        if case .refuse(let error)? = ending.disposition { return error }
        if let flaw = ending.flaw { return flaw }
        // A refusal is known from its head, even when its body broke off.
        if ending.disposition == .explain, let head = ending.head { return status(head, attempt, ending.message) }
        if case .failed(let failure) = ending.outcome { return reading(failure, attempt, held: held) }
        guard ending.outcome == .complete, let disposition = ending.disposition else {
            return .interrupted(url: url, reason: "it ended without an answer")
        }
        guard case .store(_, let total?) = disposition, held != total else { return nil }
        return held < total
            ? .truncated(url: url, received: held, expected: total)
            : .sizeMismatch(url: url, expected: total, actual: held)
    }

    /// The bytes in hand were hashed.
    package mutating func judged(_ digest: SHA256Digest, size: Int, now: Duration, jitter: Double) -> Step {
        let url = attempt?.url.description ?? mirrors[current].url.description
        if let expected = request.size, expected != size {
            keepsPartial = false
            let error = FetchError.sizeMismatch(url: url, expected: expected, actual: size)
            return failed(error, .nextMirror, held: 0, now: now, jitter: jitter)
        }
        guard let expected = request.digest, expected != digest else { return .done }
        keepsPartial = false
        let error = FetchError.digestMismatch(url: url, expected: expected, actual: digest)
        // Pieced together: any of the pieces may be the wrong one, so this mirror gets to send all of it.
        return failed(error, isOfOnePiece ? .nextMirror : .again, held: 0, now: now, jitter: jitter)
    }

    /// Remembers what this exchange tells about the mirror and the bytes in hand.
    private mutating func note(_ ending: Ending, _ attempt: TransferAttempt, held: Int) {
        guard case .store(let offset, _)? = ending.disposition, let head = ending.head else { return }
        if offset == 0 {
            origin = current
            isOfOnePiece = true
            keepsPartial = request.digest != nil
            mirrors[current].validator = TransferAttempt.validator(of: head)
            if attempt.offset > 0 && attempt.validator == nil { mirrors[current].allowsRanges = false }
        } else {
            if origin != current { origin = nil }
            isOfOnePiece = false
        }
        if held - mostHeld >= policy.worthwhileGain {
            mirrors[current].failures = 0
            mirrors[current].triesLeft = max(1, policy.attempts)
        }
        mostHeld = max(mostHeld, held)
    }

    /// Bytes may be continued when the digest will tell, or when the server can be asked for the same version.
    private func mayResume(at index: Int) -> Bool {
        guard purpose == .file, mirrors[index].allowsRanges else { return false }
        return request.digest != nil || (origin == index && mirrors[index].validator != nil)
    }

    private static func headers(_ state: MirrorState, offset: Int) -> CurlHeaders {
        var headers = state.headers
        if offset > 0 {
            headers["Range"] = "bytes=\(offset)-"
            if let validator = state.validator { headers["If-Range"] = validator }
        }
        return headers
    }
}
