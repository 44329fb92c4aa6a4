package import VeloSystem

/// Decides what the exchange of a document does next: once more, somewhere else, when, or no more.
///
/// Pure: it is told what happened and what the clock says, and answers with a step. The engine carries the steps out.
/// Files are `DownloadMachine`'s.
package struct TransferMachine {
    package enum Purpose: Sendable, Equatable {
        /// An answer to keep in memory: any success will do.
        case document
        /// Like a document, but asking twice may do something twice.
        case submission
    }

    package enum Step: Sendable, Equatable {
        case send(TransferAttempt)
        /// Wait, then ask for `proceed`.
        case retry(after: Duration, because: FetchError)
        case done
        case fail(FetchError)
    }

    /// How an exchange went.
    package struct Ending: Sendable, Equatable {
        package var outcome: CurlOutcome
        package var head: CurlResponseHead?
        package var disposition: TransferAttempt.Disposition?
        /// What the body said that was not the document.
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

    let url: CurlURL?
    let request: TransferRequest
    let policy: TransferPolicy
    let purpose: Purpose
    var triesLeft: Int
    /// Failures in a row, for the back-off.
    var failures = 0
    var redirects = 0
    var attempt: TransferAttempt?

    /// For the first of the request's mirrors.
    package init(_ request: TransferRequest, policy: TransferPolicy, purpose: Purpose) {
        self.request = request
        self.policy = policy
        self.purpose = purpose
        url = request.mirrors.first.flatMap { CurlURL($0.url) }
        triesLeft = max(1, policy.attempts)
    }

    /// The next request: the first, or when the wait is over.
    package mutating func proceed() -> Step {
        guard let url, let mirror = request.mirrors.first else {
            let text = request.mirrors.first?.url ?? request.name
            return .fail(.unusableURL(text, reason: "it is not an absolute URL"))
        }
        redirects = 0
        let attempt = TransferAttempt(url: url, headers: mirror.headers, limit: request.limit)
        self.attempt = attempt
        return .send(attempt)
    }

    /// An exchange is over, with `received` bytes of its body.
    package mutating func ended(_ ending: Ending, received: Int, jitter: Double) -> Step {
        guard let attempt else { preconditionFailure("an exchange ended that was not begun") }
        if ending.outcome == .cancelled { return .fail(.cancelled(url: attempt.url.description)) }
        if ending.disposition == .explain, purpose != .submission, let head = ending.head,
            let redirect = Redirect(head, from: attempt.url, attempt.headers, isLast: redirects >= policy.redirects)
        {
            switch redirect {
            case .refused(let error): return .fail(error)
            case .to(let url, let headers):
                redirects += 1
                let next = TransferAttempt(url: url, headers: headers, limit: request.limit)
                self.attempt = next
                return .send(next)
            }
        }
        guard let error = flaw(in: ending, attempt, received) else { return .done }
        return failed(error, jitter: jitter)
    }

    /// What is wrong with an answer that is no redirect; nil when it brought everything.
    private func flaw(in ending: Ending, _ attempt: TransferAttempt, _ received: Int) -> FetchError? {
        let url = attempt.url.description
        if case .refuse(let error)? = ending.disposition { return error }
        if let flaw = ending.flaw { return flaw }
        // A refusal is known from its head, even when its body broke off.
        if ending.disposition == .explain, let head = ending.head {
            return .status(
                url: url, code: head.status, message: ending.message, retryAfter: RetryAfter.wait(in: head))
        }
        guard case .store(let total)? = ending.disposition else {
            if case .failed(let failure) = ending.outcome { return reading(failure, attempt, received) }
            return .interrupted(url: url, reason: "it ended without an answer")
        }
        if case .failed(let failure) = ending.outcome { return reading(failure, attempt, received) }
        guard ending.outcome == .complete else {
            return .interrupted(url: url, reason: "it ended without an answer")
        }
        guard ending.head?.status != 304, let total, received != total else { return nil }
        return received < total
            ? .truncated(url: url, received: received, expected: total)
            : .sizeMismatch(url: url, expected: total, actual: received)
    }

    private func reading(_ failure: CurlFailure, _ attempt: TransferAttempt, _ received: Int) -> FetchError {
        .reading(failure, attempt.url, received: received, expected: nil, policy)
    }
}
