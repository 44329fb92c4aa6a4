import VeloSystem

/// Takes one answer: stores what is the file, keeps a little of what is not, and stops what will not do.
final class TransferReceiver: CurlReceiver {
    private let attempt: TransferAttempt
    private let body: any TransferBody
    private let events: TransferEvents
    private let now: @Sendable () -> Duration
    private(set) var head: CurlResponseHead?
    private(set) var disposition: TransferAttempt.Disposition?
    private(set) var flaw: FetchError?
    /// A failure of ours, on the disk for one: not the server's fault, so no retry mends it.
    private(set) var fault: (any Error)?
    private var explanation = Explanation()
    private var lastReport: Duration?
    private var lastReported: Int?

    private static let reportInterval = Duration.milliseconds(50)

    init(
        _ attempt: TransferAttempt, body: any TransferBody, events: @escaping TransferEvents,
        now: @escaping @Sendable () -> Duration
    ) {
        self.attempt = attempt
        self.body = body
        self.events = events
        self.now = now
    }

    func receive(_ head: CurlResponseHead) -> Bool {
        let disposition = attempt.disposition(of: head)
        self.head = head
        self.disposition = disposition
        switch disposition {
        case .store(let total):
            if body.count > 0 {
                do { try body.restart() } catch { return stop(because: error) }
            }
            events(.responded(status: head.status, totalBytes: total))
            return true
        case .explain: return true
        case .refuse: return false
        }
    }

    func receive(_ bytes: RawSpan) -> CurlReception {
        guard case .store? = disposition else { return explanation.take(bytes) ? .taken : .stop }
        if let limit = attempt.limit, body.count + bytes.byteCount > limit {
            flaw = .tooLarge(url: attempt.url.description, limit: limit)
            return .stop
        }
        do {
            let reception = try body.append(bytes)
            if reception == .taken { report() }
            return reception
        } catch {
            return stop(because: error) ? .taken : .stop
        }
    }

    func ending(_ outcome: CurlOutcome) -> TransferMachine.Ending {
        if case .store? = disposition { report(isLast: true) }
        return TransferMachine.Ending(
            outcome, head: head, disposition: disposition, message: message, flaw: flaw)
    }

    private func stop(because error: any Error) -> Bool {
        fault = error
        return false
    }

    private func report(isLast: Bool = false) {
        guard body.count != lastReported else { return }
        let now = now()
        if !isLast, let lastReport, now - lastReport < Self.reportInterval { return }
        lastReport = now
        lastReported = body.count
        events(.received(bytes: body.count))
    }

    /// What came with a refusal.
    private var message: String? { disposition == .explain ? head.flatMap { explanation.text($0) } : nil }
}
