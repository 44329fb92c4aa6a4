import SystemPackage
import VeloSystem

/// What streams bring, and what becomes of it.
extension FileDownload {
    /// False ends the exchange.
    func answered(_ receiver: StreamReceiver, _ head: CurlResponseHead) -> Bool {
        let (verdict, actions) = machine.answered(receiver.id, head, now: ways.now())
        perform(actions)
        guard completion != nil else { return false }
        switch verdict {
        case .explain, .complete: return true
        case .refuse: return false
        case .take: break
        }
        do {
            if let total = machine.total, total != reserved {
                try file.reserve(total)
                reserved = total
            }
        } catch {
            return fails(error)
        }
        receiver.writer = CurlSegmentWriter(
            file, at: machine.position(of: receiver.id) ?? 0, capacity: machine.buffer(for: receiver.id))
        events(.responded(status: head.status, totalBytes: machine.total))
        if machine.wantsAttention { multi.whenAtRest { [weak self] in self?.attend() } }
        return true
    }

    func took(_ receiver: StreamReceiver, _ writer: CurlSegmentWriter, _ bytes: RawSpan) -> CurlReception {
        let now = ways.now()
        guard let wanted = machine.took(receiver.id, bytes.byteCount, now: now) else { return .stop }
        if report.firstByte == nil {
            report.firstByte = now - report.began
            events(.firstByte(after: now - report.began))
        }
        do {
            if try writer.append(bytes.extracting(first: wanted)) { stored(receiver.id, writer) }
        } catch {
            return fails(error) ? .taken : .stop
        }
        if wanted < bytes.byteCount { return .stop }
        if let limit = request.limit, request.size == nil, writer.position > limit { return .stop }
        if report.isDue(now) { events(.received(bytes: machine.arrived)) }
        if let pause = desk.pause(after: wanted, now: now) {
            receiver.pause()
            multi.wake(after: pause) { [weak receiver] in receiver?.resume() }
        }
        return .taken
    }

    /// An exchange has ended by itself.
    func ended(_ id: DownloadMachine.StreamID, _ outcome: CurlOutcome) {
        guard let stream = open.removeValue(forKey: id) else { return }
        let receiver = stream.receiver
        receiver.transfer = nil
        desk.giveBack(stream.origin)
        guard completion != nil, store(id, receiver) else { return }
        let before = desk.hosts[stream.origin].breaker(ways.now())
        let ending = DownloadMachine.Ending(outcome, head: receiver.head, message: receiver.message)
        let now = ways.now()
        perform(machine.ended(id, ending, &desk.hosts, now: now, jitter: ways.jitter()))
        let health = desk.hosts[stream.origin]
        if health.breaker(now) != before { events(.health(origin: stream.origin, health)) }
    }

    /// Puts into the file what the stream still has in hand. False when the disk does not take it.
    @discardableResult
    func store(_ id: DownloadMachine.StreamID, _ receiver: StreamReceiver) -> Bool {
        guard let writer = receiver.writer else { return true }
        do {
            try writer.flush()
            stored(id, writer)
            return true
        } catch {
            finish(.failure(error))
            return false
        }
    }

    private func stored(_ id: DownloadMachine.StreamID, _ writer: CurlSegmentWriter) {
        machine.wrote(id, upTo: writer.written)
        hasher.advance(to: machine.held.prefix)
    }

    /// A failure of ours, on the disk for one: not the server's fault, so no retry mends it.
    private func fails(_ error: any Error) -> Bool {
        multi.whenAtRest { [weak self] in self?.finish(.failure(error)) }
        return false
    }

    // MARK: Time

    func scheduleTick() {
        timer = multi.wake(after: .milliseconds(100)) { [weak self] in
            guard let self, completion != nil else { return }
            attend()
            keepJournal()
            tell()
            if completion != nil { scheduleTick() }
        }
    }

    private func attend() {
        guard completion != nil else { return }
        perform(machine.tick(&desk.hosts, now: ways.now()))
    }

    /// Reports progress, if that is due.
    func tell(isLast: Bool = false) {
        let now = ways.now()
        guard let rate = report.rate(machine.received, now: now, isLast: isLast) else { return }
        if report.lastReported != machine.arrived { events(.received(bytes: machine.arrived)) }
        report.lastReported = machine.arrived
        events(
            .progress(
                TransferProgress(
                    bytes: machine.arrived, total: machine.total, rate: rate, streams: open.count,
                    retries: machine.setbacks)))
    }
}

/// When something is to be said about a download.
struct DownloadReport {
    var began = Duration.zero
    var firstByte: Duration?
    var mostStreams = 0
    var lastReported: Int?
    /// What the journal says.
    var journaled: ByteRanges?
    private var lastReceived: Duration?
    private var lastProgress: (at: Duration, bytes: Int)?
    private var smoothed: Double?

    private static let receivedInterval = Duration.milliseconds(50)
    private static let progressInterval = Duration.milliseconds(250)

    mutating func isDue(_ now: Duration) -> Bool {
        if let lastReceived, now - lastReceived < Self.receivedInterval { return false }
        lastReceived = now
        return true
    }

    /// Bytes a second lately, at the end since the beginning; nil when it is too early to say something again.
    mutating func rate(_ bytes: Int, now: Duration, isLast: Bool) -> Int? {
        if isLast { return Int(Double(bytes) / max((now - began) / .seconds(1), 0.000_001)) }
        let last = lastProgress ?? (began, 0)
        guard now - last.at >= Self.progressInterval else { return nil }
        let latest = Double(bytes - last.bytes) / ((now - last.at) / .seconds(1))
        smoothed = smoothed.map { $0 * 0.6 + latest * 0.4 } ?? latest
        lastProgress = (now, bytes)
        return Int(smoothed ?? latest)
    }
}
