package import VeloSystem

/// What a server's answer means for a stream.
extension DownloadMachine {
    /// Judges a head; the actions are to be carried out before any of its bytes are taken.
    package mutating func answered(
        _ id: StreamID, _ head: CurlResponseHead, now: Duration
    ) -> (verdict: Verdict, actions: [Action]) {
        guard let stream = streams[id] else { return (.refuse(.cancelled(url: request.name)), []) }
        let (verdict, actions) = judge(stream, id, head)
        streams[id]?.verdict = verdict
        streams[id]?.lastByteAt = now
        if let hedged = stream.hedged {
            // Whoever answers first brings it.
            if verdict == .take, let loser = streams.removeValue(forKey: hedged) {
                streams[id]?.hedged = nil
                prefer(stream.mirror, to: loser.mirror, now: now)
                // Nothing of what the loser brought was kept.
                if held.isEmpty && streams.count == 1 { (origin, answers) = (stream.mirror, 1) }
                return (verdict, actions + [.close(hedged)])
            }
        } else if verdict == .take, let hedge = streams.first(where: { $0.value.hedged == id })?.key {
            streams.removeValue(forKey: hedge)
            return (verdict, actions + [.close(hedge)])
        }
        if verdict == .take { wantsAttention = true }
        return (verdict, actions)
    }

    /// A mirror that was passed by another is left alone for a while.
    private mutating func prefer(_ better: Int, to worse: Int, now: Duration) {
        guard better != worse else { return }
        mirrors[worse].readyAt = now + policy.longestDelay
        order.removeAll { $0 == worse }
        order.append(worse)
    }

    private mutating func judge(
        _ stream: Stream, _ id: StreamID, _ head: CurlResponseHead
    ) -> (Verdict, [Action]) {
        switch head.status {
        case 206: (partial(stream, id, head), [])
        case 416 where stream.request.range != nil: (unsatisfied(stream, head), [])
        // 203: a proxy changed something on the way. The digest will tell.
        case 200, 203: whole(stream, id, head)
        default: (.explain, [])
        }
    }

    /// A part of the file.
    private mutating func partial(_ stream: Stream, _ id: StreamID, _ head: CurlResponseHead) -> Verdict {
        let url = stream.request.url.description
        func confused(_ reason: String) -> Verdict { .refuse(.confused(url: url, reason: reason)) }
        guard let asked = stream.request.range else { return confused("a range that was not asked for") }
        guard let range = head.headers["Content-Range"].flatMap(ContentRange.init), let first = range.first,
            let last = range.last
        else { return confused("a range without its place") }
        guard first == asked.lowerBound else {
            return confused("bytes from \(first) on instead of \(asked.lowerBound)")
        }
        guard let size = range.total ?? total ?? request.size else { return confused("a range of a file without size") }
        guard last < size else { return confused("bytes up to \(last) of \(size)") }
        if let length = head.contentLength, length != last - first + 1 {
            return confused("\(length) bytes for a range of \(last - first + 1)")
        }
        if let flaw = flaw(inSize: size, url) { return .refuse(flaw) }
        let validator = Self.validator(of: head)
        if let known = mirrors[stream.mirror].validator, let validator, validator != known {
            return .refuse(.changed(url: url))
        }
        if let total, total != size {
            return .refuse(
                origin == stream.mirror
                    ? .changed(url: url) : .sizeMismatch(url: url, expected: total, actual: size))
        }
        if validator == nil, request.digest == nil, last + 1 < size {
            return confused("a part that cannot be told from one of another version")
        }
        total = size
        // It may give less than was asked for: the rest is asked for later.
        let end = min(streams[id]?.end ?? size, last + 1)
        streams[id]?.end = end
        note(stream.mirror, validator)
        return .take
    }

    /// All of the file, whether or not that was asked for.
    private mutating func whole(
        _ stream: Stream, _ id: StreamID, _ head: CurlResponseHead
    ) -> (Verdict, [Action]) {
        let url = stream.request.url.description
        if let length = head.contentLength, let flaw = flaw(inSize: length, url) { return (.refuse(flaw), []) }
        let validator = Self.validator(of: head)
        let known = mirrors[stream.mirror].validator
        let isOther = known != nil && validator != known
        if stream.request.range != nil && !isOther { mirrors[stream.mirror].allowsRanges = false }
        let others = streams.filter { $0.key != id && $0.key != stream.hedged && $0.value.hedged == nil }
        if !others.isEmpty {
            // The others have begun to bring a version that is no more.
            if isOther { return (.refuse(.changed(url: url)), []) }
            return (.refuse(.confused(url: url, reason: "the whole file instead of a range")), [])
        }
        var actions: [Action] = []
        if !held.isEmpty {
            let own = streams[id]
            streams[id] = nil
            actions = discard()
            streams[id] = own
        }
        total = head.contentLength ?? request.size
        streams[id]?.start = 0
        streams[id]?.position = 0
        streams[id]?.written = 0
        streams[id]?.end = total
        streams[id]?.request.range = nil
        note(stream.mirror, validator)
        return (.take, actions)
    }

    /// There are no bytes at that place.
    private func unsatisfied(_ stream: Stream, _ head: CurlResponseHead) -> Verdict {
        let start = stream.request.range?.lowerBound ?? 0
        let url = stream.request.url.description
        guard let size = head.headers["Content-Range"].flatMap(ContentRange.init)?.total else {
            return .refuse(.confused(url: url, reason: "nothing after byte \(start)"))
        }
        if let flaw = flaw(inSize: size, url) { return .refuse(flaw) }
        guard size == held.count, size == held.prefix else {
            return .refuse(.confused(url: url, reason: "nothing after byte \(start), of \(size)"))
        }
        return .complete
    }

    private func flaw(inSize size: Int, _ url: String) -> FetchError? {
        if let expected = request.size, expected != size {
            return .sizeMismatch(url: url, expected: expected, actual: size)
        }
        if let limit = request.limit, size > limit { return .tooLarge(url: url, limit: limit) }
        return nil
    }

    private mutating func note(_ mirror: Int, _ validator: String?) {
        mirrors[mirror].validator = validator ?? mirrors[mirror].validator
        origin = held.isEmpty && answers == 0 || origin == mirror ? mirror : nil
        answers += 1
    }

    /// What a later request may name in `If-Range`: a strong entity tag, else the date.
    static func validator(of head: CurlResponseHead) -> String? {
        if let tag = head.headers["ETag"], !tag.hasPrefix("W/") { return tag }
        return head.headers["Last-Modified"]
    }
}

/// A `Content-Range` field: `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
struct ContentRange: Equatable {
    var first: Int?
    var last: Int?
    var total: Int?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/")
        guard parts.count == 2 else { return nil }
        total = Int(parts[1])
        guard total != nil || parts[1] == "*" else { return nil }
        guard parts[0] != "*" else { return }
        let ends = parts[0].split(separator: "-")
        guard ends.count == 2, let from = Int(ends[0]), let to = Int(ends[1]), from <= to else { return nil }
        (first, last) = (from, to)
    }
}
