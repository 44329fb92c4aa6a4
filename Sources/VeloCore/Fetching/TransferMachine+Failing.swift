import VeloSystem

/// What a failure means for a document.
extension TransferMachine {
    /// Whether a refusal may be over soon.
    package static func isTransient(status: Int) -> Bool {
        switch status {
        case 408, 425, 429, 500, 502, 503, 504: true
        // Content networks: the origin did not answer them.
        case 520...524, 529, 530: true
        default: false
        }
    }

    /// Whether asking again may help, and what the server said of when.
    private func mayRetry(_ error: FetchError) -> (Bool, Duration?) {
        switch error {
        case .status(_, let code, _, let wait):
            if purpose == .submission && code != 429 && code != 503 { return (false, nil) }
            return (Self.isTransient(status: code), wait)
        case .unreachable, .proxyUnreachable, .connectTimeout: return (true, nil)
        case .truncated, .interrupted, .stalled: return (purpose != .submission, nil)
        case .sizeMismatch, .digestMismatch, .tooLarge, .untrusted, .badRedirect, .unusableURL, .confused, .changed,
            .everyMirror, .wrongFile, .offline, .avoided, .cancelled, .timedOut:
            return (false, nil)
        }
    }

    /// A step after a failure: a wait, or the end.
    mutating func failed(_ error: FetchError, jitter: Double) -> Step {
        failures += 1
        triesLeft -= 1
        let (mayRetry, asked) = mayRetry(error)
        guard mayRetry, triesLeft > 0, asked ?? .zero <= policy.longestRetryAfter else { return .fail(error) }
        return .retry(after: max(asked ?? .zero, policy.delay(after: failures, jitter: jitter)), because: error)
    }
}

/// The `Retry-After` field: seconds, or a date, which counts from the server's own `Date`.
enum RetryAfter {
    static func wait(in head: CurlResponseHead) -> Duration? {
        guard let text = head.headers["Retry-After"] else { return nil }
        if let seconds = Int(text) { return seconds >= 0 ? .seconds(seconds) : nil }
        guard let then = head.headers.date("Retry-After"), let now = head.headers.date("Date") else { return nil }
        return .seconds(max(0, then - now))
    }
}
