package import VeloSystem

/// What the end of an exchange means: for its bytes, for the mirror, and for the download.
extension DownloadMachine {
    /// How an exchange went.
    package struct Ending: Sendable, Equatable {
        package var outcome: CurlOutcome
        package var head: CurlResponseHead?
        /// What the body said that was not the file.
        package var message: String?

        package init(_ outcome: CurlOutcome, head: CurlResponseHead? = nil, message: String? = nil) {
            self.outcome = outcome
            self.head = head
            self.message = message
        }
    }

    enum Remedy: Equatable {
        /// It may work later; the server may have said when.
        case later(Duration?)
        /// This mirror is to send all of it at once.
        case whole
        /// What is in hand is of another version.
        case restart
        /// This mirror will not do.
        case nextMirror
        /// Nor would another.
        case none
    }

    /// An exchange is over; what it brought is in the file.
    package mutating func ended(
        _ id: StreamID, _ ending: Ending, _ hosts: inout HostTable, now: Duration, jitter: Double
    ) -> [Action] {
        guard let stream = streams.removeValue(forKey: id) else { return [] }
        for (other, beside) in streams where beside.hedged == id { streams[other]?.hedged = nil }
        let url = stream.request.url.description
        if ending.outcome == .cancelled { return over(.fail(.cancelled(url: url))) }
        if stream.verdict == .explain, let head = ending.head,
            let actions = follow(head, stream, id, &hosts, now: now, jitter: jitter)
        {
            return actions
        }
        if let error = flaw(in: ending, stream) {
            return failed(
                error, at: stream.mirror, by: id, remedy(for: error, stream), &hosts, now: now, jitter: jitter)
        }
        if stream.verdict == .complete { total = held.count }
        // Its end was the file's.
        if stream.end == nil, stream.verdict == .take { total = stream.position }
        succeeded(stream, &hosts, now: now)
        return fill(&hosts, now: now)
    }

    private mutating func succeeded(_ stream: Stream, _ hosts: inout HostTable, now: Duration) {
        mirrors[stream.mirror].failures = 0
        gained(stream.mirror)
        hosts.succeeded(
            stream.request.url.origin, bytes: stream.position - stream.start, in: now - (stream.firstByteAt ?? now),
            firstByte: stream.firstByteAt.map { $0 - stream.began })
    }

    /// Tries count anew when one brought a good part.
    private mutating func gained(_ index: Int) {
        if held.count - mostHeld >= policy.worthwhileGain {
            mirrors[index].failures = 0
            mirrors[index].triesLeft = max(1, policy.attempts)
        }
        mostHeld = max(mostHeld, held.count)
    }

    /// What is wrong with an exchange that was no redirect; nil when it brought all that it was to bring.
    private func flaw(in ending: Ending, _ stream: Stream) -> FetchError? {
        let url = stream.request.url
        if case .refuse(let error)? = stream.verdict { return error }
        // A refusal is known from its head, even when its body broke off.
        if stream.verdict == .explain, let head = ending.head {
            return .status(
                url: url.description, code: head.status, message: ending.message,
                retryAfter: RetryAfter.wait(in: head))
        }
        if stream.verdict == .complete { return nil }
        if let end = stream.end, stream.position >= end {
            // More than there should be was not taken.
            guard ending.outcome == .stopped, stream.request.range == nil, request.size == end,
                ending.head?.contentLength == nil
            else { return nil }
            return .sizeMismatch(url: url.description, expected: end, actual: end + 1)
        }
        if case .failed(let failure) = ending.outcome {
            return .reading(failure, url, received: held.count, expected: total ?? request.size, policy)
        }
        guard stream.verdict == .take else {
            return .interrupted(url: url.description, reason: "it ended without an answer")
        }
        if let limit = request.limit, stream.position > limit { return .tooLarge(url: url.description, limit: limit) }
        if let end = stream.end, stream.position < end {
            return .truncated(url: url.description, received: held.count, expected: total)
        }
        return nil
    }

    private func remedy(for error: FetchError, _ stream: Stream) -> Remedy {
        switch error {
        case .status(_, let code, _, let wait):
            if TransferMachine.isTransient(status: code) { return .later(wait) }
            // A signed address that a redirect led to may have run out.
            if mirrors[stream.mirror].target != nil, held.count > 0, code == 401 || code == 403 { return .later(.zero) }
            return .nextMirror
        case .unreachable, .proxyUnreachable, .connectTimeout, .truncated, .interrupted, .stalled: return .later(nil)
        // A server that cannot do ranges right is asked for the whole.
        case .confused: return stream.request.range != nil ? .whole : .nextMirror
        case .changed: return .restart
        case .sizeMismatch, .digestMismatch, .tooLarge, .untrusted, .badRedirect, .unusableURL: return .nextMirror
        case .everyMirror, .wrongFile, .offline, .cancelled, .timedOut, .avoided: return .none
        }
    }

    /// Actions after a failure: another mirror that is ready, else the shortest wait, else the end.
    ///
    /// A stream that was open already when the last one failed there fails for the same reason, and does not count once
    /// more.
    mutating func failed(
        _ error: FetchError, at index: Int, by id: StreamID?, _ remedy: Remedy, _ hosts: inout HostTable,
        now: Duration, jitter: Double
    ) -> [Action] {
        setbacks += 1
        // A host that brings something new is not the one to be left alone.
        let hasGained = held.count > mostHeld
        gained(index)
        mirrors[index].lastFailure = error
        mirrors[index].target = nil
        // Nothing is in hand: what this mirror said of the file binds nobody.
        if held.isEmpty && streams.isEmpty { forget() }
        let isNew = id ?? .max > mirrors[index].lastFailed
        let origin = mirrors[index].url.origin
        var actions: [Action] = []
        // While others bring their parts, one that is turned away is one too many.
        let isCrowded = streams.values.contains { $0.isFlowing && $0.mirror == index }
        if isCrowded, case .later = remedy { ramp.limit(to: streams.count) }
        if isNew {
            mirrors[index].lastFailed = lastStream
            mirrors[index].failures += 1
            if !isCrowded { mirrors[index].triesLeft -= 1 }
        }
        switch remedy {
        case .later(let asked):
            if let asked, asked > policy.longestRetryAfter { mirrors[index].triesLeft = 0 }
            if isNew {
                mirrors[index].readyAt =
                    now + max(asked ?? .zero, policy.delay(after: mirrors[index].failures, jitter: jitter))
            }
            if isNew && !isCrowded && !hasGained { hosts.failed(origin, now) }
        case .whole:
            mirrors[index].allowsRanges = false
            mirrors[index].readyAt = now
            hosts.leftProbe(origin)
        case .restart:
            actions = discard()
            mirrors[index].readyAt = now
            hosts.leftProbe(origin)
        case .nextMirror:
            mirrors[index].triesLeft = 0
            hosts.leftProbe(origin)
        case .none:
            return over(.fail(error))
        }
        if mirrors[index].triesLeft <= 0, streams.isEmpty, soonest(hosts, now) == nil {
            return actions + over(.fail(conclusion(error)))
        }
        let next = fill(&hosts, now: now)
        var delay = Duration.zero
        if case .wait(let wait)? = next.last { delay = wait }
        return actions + [.setback(error, delay: delay)] + next
    }

    /// What to tell when nothing is left to try.
    func conclusion(_ last: FetchError) -> FetchError {
        let failures = unusable + mirrors.compactMap(\.lastFailure)
        return failures.count > 1 ? .everyMirror(name: request.name, failures) : failures.last ?? last
    }

    /// The actions that a redirect asks for; nil when the answer is none.
    private mutating func follow(
        _ head: CurlResponseHead, _ stream: Stream, _ id: StreamID, _ hosts: inout HostTable, now: Duration,
        jitter: Double
    ) -> [Action]? {
        let from = stream.request
        switch Redirect(head, from: from.url, from.headers, isLast: stream.redirects >= policy.redirects) {
        case nil: return nil
        case .refused(let error):
            return failed(error, at: stream.mirror, by: id, .nextMirror, &hosts, now: now, jitter: jitter)
        case .to(let url, let headers):
            mirrors[stream.mirror].target = (url, headers.without(["Range", "If-Range"]))
            lastStream += 1
            var next = stream
            next.request.url = url
            next.request.headers = headers
            next.redirects += 1
            next.verdict = nil
            streams[lastStream] = next
            return [.open(lastStream, next.request)]
        }
    }
}
