package import VeloSystem

/// Decides how one file is brought: over how many streams, which bytes over which, from where, when again, when no more.
///
/// Pure: it is told what happened and what the clock says, and answers with actions, which `FileDownload` carries out.
/// Its truth is `held`, the bytes that are in the file. Every stream has claimed a range that is neither held nor
/// claimed by another, except for a hedge, which stands beside a stream that brings nothing.
package struct DownloadMachine {
    package typealias StreamID = Int

    /// What goes out for a stream.
    package struct StreamRequest: Sendable, Equatable {
        package var url: CurlURL
        package var headers: CurlHeaders
        /// Nil asks for the whole file.
        package var range: Range<Int>?
        package var connection = CurlRequest.Connection.shared
    }

    package enum Action: Sendable, Equatable {
        case open(StreamID, StreamRequest)
        /// Forgotten already: whatever it still brings is not wanted.
        case close(StreamID)
        /// The bytes in hand are worthless. To be done before any others are taken.
        case discard
        /// A stream failed; what it was to bring is asked for again.
        case setback(FetchError, delay: Duration)
        /// Nothing can be done for so long; then `woke` is to be called.
        case wait(Duration)
        /// All bytes are there: to be hashed, and told with `judged`.
        case verify
        case finish
        case fail(FetchError)
    }

    /// What to do with the body that follows a head.
    package enum Verdict: Sendable, Equatable {
        case take
        /// It is about the file: a redirect or a refusal. A little of it may explain why.
        case explain
        /// Everything is there already.
        case complete
        case refuse(FetchError)
    }

    struct Mirror {
        var url: CurlURL
        var headers: CurlHeaders
        var triesLeft: Int
        /// Failures in a row, for the back-off.
        var failures = 0
        /// The last stream that was open when one failed here.
        var lastFailed = 0
        var readyAt = Duration.zero
        var allowsRanges = true
        /// What the file is known by there; only what is strong enough for `If-Range`.
        var validator: String?
        /// Where redirects have led, with what may be said there.
        var target: (url: CurlURL, headers: CurlHeaders)?
        var lastFailure: FetchError?
    }

    struct Stream {
        var mirror: Int
        var request: StreamRequest
        var start: Int
        /// Where the next byte goes; those before it have arrived, if not been written.
        var position: Int
        /// Bytes before this are in the file.
        var written: Int
        /// Where it ends; nil when only the server knows.
        var end: Int?
        var began: Duration
        var redirects = 0
        var verdict: Verdict?
        var firstByteAt: Duration?
        var lastByteAt: Duration
        /// The stream that it stands beside.
        var hedged: StreamID?

        var remaining: Int { end.map { $0 - position } ?? 0 }
        var isFlowing: Bool { verdict == .take }

        /// Bytes a second since its first.
        func rate(_ now: Duration) -> Double? {
            guard let firstByteAt, now - firstByteAt > .milliseconds(50) else { return nil }
            return Double(position - start) / ((now - firstByteAt) / .seconds(1))
        }
    }

    let request: TransferRequest
    let policy: TransferPolicy
    var mirrors: [Mirror] = []
    /// Indices, the best first.
    var order: [Int] = []
    /// What was wrong with the URLs that are none.
    var unusable: [FetchError] = []
    package internal(set) var held = ByteRanges()
    /// In bytes; nil until a server has told.
    package internal(set) var total: Int?
    var streams: [StreamID: Stream] = [:]
    var lastStream = 0
    var ramp: StreamRamp
    /// The mirror that the bytes in hand came from; nil when they are from several, or from an earlier run.
    var origin: Int?
    /// Answers that the bytes in hand came with: if it is one, a wrong digest is that mirror's fault.
    var answers = 0
    /// The most bytes that were ever in hand: what goes beyond is progress.
    var mostHeld = 0
    /// All that came over the network, kept or not.
    package internal(set) var received = 0
    package internal(set) var setbacks = 0
    var began = Duration.zero
    var hedges = 0
    var isVerifying = false
    var isOver = false
    /// Something has happened that a look at all streams should follow.
    package internal(set) var wantsAttention = false

    package init(_ request: TransferRequest, policy: TransferPolicy) {
        self.request = request
        self.policy = policy
        ramp = StreamRamp(policy.streams)
        for mirror in request.mirrors {
            if let url = CurlURL(mirror.url) {
                mirrors.append(Mirror(url: url, headers: mirror.headers, triesLeft: max(1, policy.attempts)))
            } else {
                unusable.append(.unusableURL(mirror.url, reason: "it is not an absolute URL"))
            }
        }
    }

    /// Whether what has arrived is good for a later run, should this one fail.
    package var keepsPartial: Bool {
        !held.isEmpty && (request.digest != nil || origin.map { mirrors[$0].validator != nil } == true)
    }

    package var activeStreams: Int { streams.count }

    /// Bytes in hand, written or not.
    package var arrived: Int {
        held.count + streams.values.reduce(0) { $0 + ($1.hedged == nil ? $1.position - $1.written : 0) }
    }

    /// The first actions, with what an earlier run has left.
    package mutating func begin(_ journal: DownloadJournal? = nil, _ hosts: inout HostTable, now: Duration) -> [Action]
    {
        guard !mirrors.isEmpty else {
            return over(.fail(conclusion(unusable.last ?? .unusableURL(request.name, reason: "there is none"))))
        }
        began = now
        order = hosts.order(mirrors.map(\.url.origin), now)
        if let journal { take(over: journal) }
        return fill(&hosts, now: now)
    }

    private mutating func take(over journal: DownloadJournal) {
        held = journal.held
        total = journal.total
        mostHeld = held.count
        // From one run or another: if the digest is wrong, nobody in particular is to blame.
        answers = 2
        for index in mirrors.indices where mirrors[index].url.description == journal.url {
            mirrors[index].validator = journal.validator
            origin = index
        }
    }

    /// The wait is over.
    package mutating func woke(_ hosts: inout HostTable, now: Duration) -> [Action] {
        if let next = soonest(hosts, now) { mirrors[next].readyAt = now }
        return fill(&hosts, now: now, isAwake: true)
    }

    /// To be called some ten times a second, and when attention was wanted.
    package mutating func tick(_ hosts: inout HostTable, now: Duration) -> [Action] {
        wantsAttention = false
        guard !isOver, !isVerifying else { return [] }
        if let limit = policy.totalTimeout, now - began > limit {
            let url = streams.values.first?.request.url ?? mirrors[order.first ?? 0].url
            return over(.fail(.timedOut(url: url.description, limit: limit)))
        }
        ramp.observe(bytes: received, active: streams.count, now: now)
        // Where all are at work already there is only to look after those that bring nothing.
        return fill(&hosts, now: now) + hedge(&hosts, now: now)
    }

    /// There was no room for another connection.
    package mutating func denied(_ id: StreamID) {
        streams.removeValue(forKey: id)
    }

    /// Bytes have come for a stream; how many of them are to be taken. Nil: none, and no more of it.
    package mutating func took(_ id: StreamID, _ count: Int, now: Duration) -> Int? {
        guard let stream = streams[id] else { return nil }
        let wanted = stream.end.map { min(count, $0 - stream.position) } ?? count
        received += count
        streams[id]?.position += wanted
        streams[id]?.lastByteAt = now
        if stream.firstByteAt == nil { streams[id]?.firstByteAt = now }
        return wanted
    }

    /// Bytes of a stream are in the file now.
    package mutating func wrote(_ id: StreamID, upTo position: Int) {
        guard let stream = streams[id], position > stream.written else { return }
        held.insert(stream.written..<position)
        streams[id]?.written = position
    }

    /// All bytes of the file are there, or the clock has run out.
    mutating func over(_ last: Action) -> [Action] {
        isOver = true
        let closing = streams.keys.sorted().map { Action.close($0) }
        streams = [:]
        return closing + [last]
    }

    /// The bytes in hand were hashed.
    package mutating func judged(
        _ digest: SHA256Digest, _ hosts: inout HostTable, now: Duration, jitter: Double
    ) -> [Action] {
        isVerifying = false
        let size = total ?? held.count
        let index = origin ?? order.first ?? 0
        let url = mirrors[index].url.description
        if let expected = request.size, expected != size {
            return discard()
                + failed(
                    .sizeMismatch(url: url, expected: expected, actual: size), at: index, by: nil, .nextMirror,
                    &hosts, now: now, jitter: jitter)
        }
        guard let expected = request.digest, expected != digest else { return over(.finish) }
        let isOfOneAnswer = answers == 1
        let error = FetchError.digestMismatch(url: url, expected: expected, actual: digest)
        // Put together: any of the parts may be the wrong one, so this mirror gets to send all of it at once.
        return discard()
            + failed(
                error, at: index, by: nil, isOfOneAnswer ? .nextMirror : .whole, &hosts, now: now, jitter: jitter)
    }

    /// Forgets everything that has arrived.
    mutating func discard() -> [Action] {
        let closing = streams.keys.sorted().map { Action.close($0) }
        streams = [:]
        forget()
        return closing + [.discard]
    }

    mutating func forget() {
        held = ByteRanges()
        (total, origin, answers) = (nil, nil, 0)
        for index in mirrors.indices { mirrors[index].validator = nil }
    }
}
