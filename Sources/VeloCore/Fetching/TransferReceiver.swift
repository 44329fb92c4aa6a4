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
    private var explanation: [UInt8] = []
    private var lastReport: Duration?
    private var lastReported: Int?

    private static let explanationLimit = 4096
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
        case .store(let offset, let total):
            if offset == 0 && body.count > 0 {
                do { try body.restart() } catch { return stop(because: error) }
            }
            events(.responded(status: head.status, totalBytes: total))
            return true
        case .explain, .complete: return true
        case .refuse: return false
        }
    }

    func receive(_ bytes: RawSpan) -> CurlReception {
        guard case .store? = disposition else { return explain(bytes) }
        if let limit = attempt.limit, body.count + bytes.byteCount > limit {
            flaw =
                attempt.expectedSize.map {
                    .sizeMismatch(url: attempt.url.description, expected: $0, actual: body.count + bytes.byteCount)
                } ?? .tooLarge(url: attempt.url.description, limit: limit)
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

    private func explain(_ bytes: RawSpan) -> CurlReception {
        explanation.append(bytes)
        return explanation.count < Self.explanationLimit ? .taken : .stop
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

    /// What came with a refusal, when it is text or JSON and not a page.
    private var message: String? {
        guard let head, disposition == .explain, !explanation.isEmpty else { return nil }
        if head.headers["Content-Type"]?.lowercased().contains("html") == true { return nil }
        let text = String(decoding: explanation, as: UTF8.self)
        let isText = text.unicodeScalars.allSatisfy {
            $0.value >= 32 && $0.value != 127 && $0 != "\u{FFFD}" || ["\n", "\r", "\t"].contains($0)
        }
        return isText ? text : nil
    }
}
