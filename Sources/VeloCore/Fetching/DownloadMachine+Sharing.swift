import VeloSystem

/// Which bytes are asked for next, and from whom.
extension DownloadMachine {
    /// What a new stream is to bring.
    private struct Piece {
        var range: Range<Int>?
        var end: Int?
        var hedged: StreamID?

        var start: Int { range?.lowerBound ?? 0 }
    }

    /// Opens as many streams as there is reason for; if there is none at all, waits, verifies or gives up.
    mutating func fill(_ hosts: inout HostTable, now: Duration, isAwake: Bool = false) -> [Action] {
        guard !isOver, !isVerifying else { return [] }
        if let total, held.count == total { return verify() }
        var actions: [Action] = []
        while streams.count < permitted, let mirror = choose(hosts, now), let piece = nextPiece(from: mirror, now) {
            if request.digest == nil, !held.isEmpty, origin != mirror { actions += discard() }
            actions.append(open(piece, from: mirror, &hosts, now: now))
        }
        if streams.isEmpty { actions += idle(hosts, now: now, isAwake: isAwake) }
        return actions
    }

    /// All bytes are there; who still stands beside somebody is not needed.
    mutating func verify() -> [Action] {
        isVerifying = true
        let closing = streams.keys.sorted().map { Action.close($0) }
        streams = [:]
        return closing + [.verify]
    }

    private var permitted: Int {
        // Until somebody has answered, nothing is known: neither the size, nor whether it can be divided.
        guard total != nil, streams.values.allSatisfy({ $0.isFlowing || $0.request.range != nil }) else { return 1 }
        guard !streams.values.contains(where: { $0.isFlowing && $0.request.range == nil }) else { return 1 }
        return ramp.allowed
    }

    /// Nothing runs and nothing could be begun.
    private mutating func idle(_ hosts: HostTable, now: Duration, isAwake: Bool) -> [Action] {
        for index in mirrors.indices
        where held.isEmpty && mirrors[index].triesLeft > 0 && mirrors[index].failures == 0 {
            // Others have found out already that nobody is there: no need to find out again.
            let url = mirrors[index].url
            guard let opens = hosts.opens(url.origin, now) else { continue }
            mirrors[index].triesLeft = 0
            mirrors[index].lastFailure = .avoided(url: url.description, host: url.host, wait: opens - now)
        }
        guard let next = soonest(hosts, now) else {
            return over(.fail(conclusion(.interrupted(url: request.name, reason: "there is nobody left to ask"))))
        }
        let ready = max(mirrors[next].readyAt, hosts.opens(mirrors[next].url.origin, now) ?? .zero)
        // Just woken up, it waits for the breaker at most.
        return [.wait(max(isAwake && ready <= now ? .milliseconds(10) : .zero, ready - now))]
    }

    /// The mirror that may be asked first of those that still may be asked.
    func soonest(_ hosts: HostTable, _ now: Duration) -> Int? {
        func ready(_ index: Int) -> Duration {
            max(mirrors[index].readyAt, hosts.opens(mirrors[index].url.origin, now) ?? .zero)
        }
        return usable.min { ready($0) < ready($1) }
    }

    /// Mirrors with tries left, in order. Without a digest only the one that began can go on, while it lasts.
    private var usable: [Int] {
        if request.digest == nil, !held.isEmpty, let origin, mirrors[origin].triesLeft > 0 { return [origin] }
        return order.filter { mirrors[$0].triesLeft > 0 }
    }

    private func choose(_ hosts: HostTable, _ now: Duration, except other: Int? = nil) -> Int? {
        let ready = usable.filter {
            mirrors[$0].readyAt <= now && hosts.opens(mirrors[$0].url.origin, now) == nil
        }
        // While bytes are missing from the middle, who can give a part is asked before who can give all or nothing.
        let best = ready.filter { $0 != other }
        return (held.isEmpty ? nil : best.first { mirrors[$0].allowsRanges }) ?? best.first ?? ready.first
    }

    private func nextPiece(from index: Int, _ now: Duration) -> Piece? {
        guard mayDivide(index) else { return streams.isEmpty ? Piece(range: nil, end: nil) : nil }
        guard let total else { return streams.isEmpty ? probe() : nil }
        // All of a small file, or of one that only one stream brings.
        let size = policy.streams.most > 1 ? pieceSize(of: total) : total
        if let gap = firstGap(below: total) {
            let range = gap.lowerBound..<min(gap.upperBound, gap.lowerBound + size)
            return range == 0..<total ? Piece(range: nil, end: nil) : Piece(range: range, end: range.upperBound)
        }
        guard let (victim, middle) = divisible(now), let end = streams[victim]?.end else { return nil }
        return Piece(range: middle..<end, end: end, hedged: nil)
    }

    /// The first request finds out how large the file is, and brings a part of it if it might be large.
    private func probe() -> Piece {
        let start = held.prefix
        let isDivided = policy.streams.most > 1
        let size = pieceSize(of: request.size)
        if start == 0, !isDivided || size >= request.size ?? .max { return Piece(range: nil, end: nil) }
        let end = isDivided ? start + size : Self.open
        return Piece(range: start..<end, end: end)
    }

    /// As the end of a range: wherever the file ends.
    static let open = Int.max

    /// Parts may come one by one when the digest will tell, or when the server can be asked for the same version.
    func mayDivide(_ index: Int) -> Bool {
        guard mirrors[index].allowsRanges else { return false }
        // Nothing is known yet: the first answer will say.
        if total == nil, held.isEmpty { return true }
        return request.digest != nil || mirrors[index].validator != nil
    }

    private func pieceSize(of total: Int?) -> Int {
        if let size = policy.pieceSize { return max(1, size) }
        let largest = 16 << 20
        guard let total else { return largest }
        let even = total / (2 * policy.streams.most)
        return max(2 << 20, min(largest, (even + 0xFFFF) & ~0xFFFF))
    }

    /// The first bytes that are neither in the file nor to be brought by a stream.
    private func firstGap(below total: Int) -> Range<Int>? {
        var taken = held
        for stream in streams.values { taken.insert(stream.written..<(stream.end ?? total)) }
        return taken.firstGap(below: total)
    }

    /// The stream that would be last, and where to divide what it still has to bring.
    private func divisible(_ now: Duration) -> (StreamID, Int)? {
        let share = policy.smallestShare
        var worst: (id: StreamID, time: Double)?
        for (id, stream) in streams where stream.isFlowing && stream.remaining >= 2 * share {
            guard stream.hedged == nil, let rate = stream.rate(now) else { continue }
            let time = Double(stream.remaining) / max(rate, 1)
            let start = (stream.firstByteAt ?? now) - stream.began
            // A new request must be worth its time.
            guard time > 3 * (start / .seconds(1)) + 0.1, time > worst?.time ?? 0 else { continue }
            worst = (id, time)
        }
        guard let worst, let stream = streams[worst.id] else { return nil }
        return (worst.id, stream.position + stream.remaining / 2)
    }

    private mutating func open(
        _ piece: Piece, from index: Int, _ hosts: inout HostTable, now: Duration
    ) -> Action {
        if let range = piece.range, piece.hedged == nil {
            // Whoever had claimed these bytes ends where they begin.
            for (id, stream) in streams {
                guard let end = stream.end, stream.position <= range.lowerBound, end > range.lowerBound else {
                    continue
                }
                streams[id]?.end = range.lowerBound
            }
        }
        lastStream += 1
        let (url, headers) = mirrors[index].target ?? (mirrors[index].url, mirrors[index].headers)
        var request = StreamRequest(url: url, headers: headers, range: piece.range)
        if let range = piece.range {
            let isLast = range.upperBound == total || range.upperBound == Self.open
            request.headers["Range"] = "bytes=\(range.lowerBound)-\(isLast ? "" : String(range.upperBound - 1))"
            if total != nil || !held.isEmpty, let validator = mirrors[index].validator {
                request.headers["If-Range"] = validator
            }
            if total != nil && permitted > 1 { request.connection = .own }
        }
        streams[lastStream] = Stream(
            mirror: index, request: request, start: piece.start, position: piece.start, written: piece.start,
            end: piece.end, began: now, lastByteAt: now, hedged: piece.hedged)
        hosts.began(url.origin, now)
        return .open(lastStream, request)
    }

    /// Puts a second stream beside one that brings nothing, or that all others would have to wait for.
    mutating func hedge(_ hosts: inout HostTable, now: Duration) -> [Action] {
        guard hedges < 4 + mirrors.count, streams.values.count(where: { $0.hedged != nil }) < 2 else { return [] }
        let beside = Set(streams.values.compactMap(\.hedged))
        guard
            let (id, stream) = streams.first(where: { id, stream in
                stream.hedged == nil && !beside.contains(id) && isHopeless(stream, now)
            })
        else { return [] }
        // A second connection to the same host helps only when something of the file has come over the first.
        guard let mirror = choose(hosts, now, except: stream.mirror),
            mirror != stream.mirror || (stream.request.range != nil && total != nil)
        else { return [] }
        guard mirror == stream.mirror || request.digest != nil || held.isEmpty else { return [] }
        let range = stream.request.range.map { _ in stream.written..<(stream.end ?? stream.written + 1) }
        if let range, range.isEmpty { return [] }
        if range == nil, stream.written > 0, !mirrors[mirror].allowsRanges { return [] }
        hedges += 1
        return [open(Piece(range: range, end: range?.upperBound, hedged: id), from: mirror, &hosts, now: now)]
    }

    private func isHopeless(_ stream: Stream, _ now: Duration) -> Bool {
        if now - stream.lastByteAt >= policy.hedgeAfter { return true }
        // The end game: there is a permit for another stream, and nothing that it could take a half of.
        guard stream.isFlowing, stream.request.range != nil, streams.count < permitted, let total,
            firstGap(below: total) == nil, let rate = stream.rate(now), now - stream.began > .milliseconds(500)
        else { return false }
        let usual = Double(received) / max((now - began) / .seconds(1), 0.001) / Double(max(1, ramp.allowed))
        let start = ((stream.firstByteAt ?? now) - stream.began) / .seconds(1)
        let left = Double(stream.remaining)
        return left / max(rate, 1) > 2 * (left / max(usual, 1) + start) + 0.5
    }
}
