import VeloSystem

/// What a failure means: for the mirror, and for the transfer.
extension TransferMachine {
    enum Remedy: Equatable {
        /// It may work later; the server may have said when.
        case later(Duration?)
        /// At once, once more, with nothing in hand.
        case again
        /// This mirror will not do.
        case nextMirror
        /// Nor would another.
        case none
    }

    /// Whether a refusal may be over soon.
    package static func isTransient(status: Int) -> Bool {
        switch status {
        case 408, 425, 429, 500, 502, 503, 504: true
        // Content networks: the origin did not answer them.
        case 520...524, 529, 530: true
        default: false
        }
    }

    func remedy(for error: FetchError) -> Remedy {
        switch error {
        case .status(_, let code, _, let wait):
            if purpose == .submission && code != 429 && code != 503 { return .none }
            return Self.isTransient(status: code) ? .later(wait) : .nextMirror
        case .unreachable, .proxyUnreachable, .connectTimeout: return .later(nil)
        case .truncated, .interrupted, .stalled: return purpose == .submission ? .none : .later(nil)
        // A server that cannot do ranges right is asked for the whole.
        case .confused: return attempt?.offset ?? 0 > 0 ? .again : .nextMirror
        case .sizeMismatch, .digestMismatch, .tooLarge, .untrusted, .badRedirect, .unusableURL: return .nextMirror
        case .everyMirror, .wrongFile, .offline, .cancelled: return .none
        }
    }

    /// A step after a failure: another mirror that is ready, else the shortest wait, else the end.
    mutating func failed(
        _ error: FetchError, _ remedy: Remedy, held: Int, now: Duration, jitter: Double
    ) -> Step {
        mirrors[current].lastFailure = error
        mirrors[current].failures += 1
        mirrors[current].triesLeft -= 1
        switch remedy {
        case .later(let asked):
            if let asked, asked > policy.longestRetryAfter { mirrors[current].triesLeft = 0 }
            let delay = delay(after: mirrors[current].failures, jitter: jitter)
            mirrors[current].readyAt = now + max(asked ?? .zero, delay)
        case .again:
            mirrors[current].allowsRanges = false
            mirrors[current].readyAt = now
        case .nextMirror:
            mirrors[current].triesLeft = 0
        case .none:
            return .fail(error)
        }
        guard let next = choose(held: held, now: now) else { return .fail(conclusion(error)) }
        current = next
        return .retry(after: max(.zero, mirrors[next].readyAt - now), because: error)
    }

    /// Full jitter: anything from nothing to the doubled bound, so that many clients do not come back as one.
    private func delay(after failures: Int, jitter: Double) -> Duration {
        let doubled = policy.firstDelay * (1 << min(failures - 1, 16))
        return min(policy.longestDelay, doubled) * jitter
    }

    private func choose(held: Int, now: Duration) -> Int? {
        // Without a digest, only this mirror can continue what it began.
        if held > 0, request.digest == nil, purpose == .file, mirrors[current].triesLeft > 0 { return current }
        let usable = mirrors.indices.filter { mirrors[$0].triesLeft > 0 }
        return usable.first { mirrors[$0].readyAt <= now } ?? usable.min { mirrors[$0].readyAt < mirrors[$1].readyAt }
    }

    /// What to tell when nothing is left to try.
    func conclusion(_ last: FetchError) -> FetchError {
        let failures = unusable + mirrors.compactMap(\.lastFailure)
        return failures.count > 1 ? .everyMirror(name: request.name, failures) : last
    }

    /// The step that a redirect asks for; nil when the answer is none.
    mutating func redirect(
        _ head: CurlResponseHead, _ attempt: TransferAttempt, held: Int, now: Duration, jitter: Double
    ) -> Step? {
        guard [301, 302, 303, 307, 308].contains(head.status), purpose != .submission,
            let location = head.headers["Location"]
        else { return nil }
        let url = attempt.url.description
        func refuse(_ target: String, _ flaw: FetchError.RedirectFlaw) -> Step {
            failed(.badRedirect(url: url, to: target, flaw), .nextMirror, held: held, now: now, jitter: jitter)
        }
        guard let target = attempt.url.resolving(location), ["http", "https"].contains(target.scheme) else {
            return refuse(location, .unusable)
        }
        if attempt.url.scheme == "https" && target.scheme == "http" { return refuse(target.description, .insecure) }
        redirects += 1
        guard redirects <= policy.redirects else { return refuse(target.description, .tooMany) }
        var next = attempt
        next.url = target
        if target.origin != attempt.url.origin {
            // What the caller told this server is not for another one to hear.
            next.headers = CurlHeaders(
                attempt.headers.fields.filter { ["range", "if-range", "accept"].contains($0.name.lowercased()) })
        }
        self.attempt = next
        return .send(next)
    }

    func status(_ head: CurlResponseHead, _ attempt: TransferAttempt, _ message: String?) -> FetchError {
        .status(
            url: attempt.url.description, code: head.status, message: message, retryAfter: RetryAfter.wait(in: head))
    }

    /// Says in our terms why libcurl gave up.
    func reading(_ failure: CurlFailure, _ attempt: TransferAttempt, held: Int) -> FetchError {
        let url = attempt.url.description
        let host = attempt.url.host
        switch failure.kind {
        case .unsupported where attempt.url.scheme.hasPrefix("http"):
            return .interrupted(url: url, reason: failure.words)
        case .unusableURL, .unsupported: return .unusableURL(url, reason: failure.words)
        case .unresolvedHost, .connection: return .unreachable(url: url, host: host, reason: failure.words)
        case .unresolvedProxy: return .proxyUnreachable(url: url, reason: failure.words)
        case .connectTimeout: return .connectTimeout(url: url, host: host, limit: policy.connectTimeout)
        case .certificate: return .untrusted(url: url, host: host, reason: failure.words)
        case .stalled: return .stalled(url: url, limit: policy.stallLimit)
        case .truncated: return .truncated(url: url, received: held, expected: request.size)
        case .interrupted, .other: return .interrupted(url: url, reason: failure.words)
        }
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
