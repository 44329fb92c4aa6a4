import VeloSystem

/// Fetches: files with verification, documents, and streams, over one libcurl thread.
///
/// The actor runs on that thread, so what it holds of libcurl needs no lock. Decisions are `TransferMachine`'s.
package actor TransferEngine {
    package nonisolated let policy: TransferPolicy
    nonisolated let timing: TransferTiming
    nonisolated let multi = CurlMulti(threadName: "velo-fetch")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { multi.asUnownedSerialExecutor() }

    private var budget: ConnectionBudget
    private var waiting: [ConnectionBudget.Ticket: CheckedContinuation<Bool, Never>] = [:]
    private var lastTicket = 0
    var streams: [ObjectIdentifier: OpenStream] = [:]

    package init(policy: TransferPolicy = TransferPolicy(), timing: TransferTiming = .system) {
        self.policy = policy
        self.timing = timing
        budget = ConnectionBudget(limit: policy.connections, limitPerHost: policy.connectionsPerHost)
    }

    deinit { multi.shutdownLater() }

    /// Cancels the exchanges under way and waits until the thread is gone. Blocking, for a few milliseconds.
    package nonisolated func shutdown() { multi.shutdown() }

    /// What the last exchange of a transfer brought; all nil when nothing had to be asked.
    struct Answer {
        var head: CurlResponseHead?
        var url: CurlURL?
        var digest: SHA256Digest?
    }

    /// Carries out the machine's steps until it is done.
    ///
    /// - Throws: the machine's `FetchError`, and what `body` throws.
    func run(
        _ machine: inout TransferMachine, _ method: CurlRequest.Method = .get, into body: any TransferBody,
        isCounted: Bool = true, events: @escaping TransferEvents
    ) async throws -> Answer {
        var answer = Answer()
        var step = machine.begin(held: body.count)
        while true {
            switch step {
            case .send(let attempt):
                events(.started(url: attempt.url.description))
                let ending = try await exchange(attempt, machine, method, into: body, isCounted: isCounted, events)
                answer.head = ending.head
                answer.url = attempt.url
                step = machine.ended(ending, held: body.count, now: timing.now(), jitter: timing.jitter())
            case .retry(let delay, let reason):
                events(.retrying(reason: reason, delay: delay))
                do {
                    if delay > .zero { try await timing.sleep(delay) }
                    try Task.checkCancellation()
                } catch {
                    throw FetchError.cancelled(url: machine.request.name)
                }
                step = machine.proceed(held: body.count)
            case .verify:
                let digest = body.finishDigest()
                step = machine.judged(digest, size: body.count, now: timing.now(), jitter: timing.jitter())
                if step == .done {
                    answer.digest = digest
                    events(.verified(digest))
                } else {
                    try body.restart()
                }
            case .done:
                return answer
            case .fail(let error):
                throw error
            }
        }
    }

    private func exchange(
        _ attempt: TransferAttempt, _ machine: TransferMachine, _ method: CurlRequest.Method,
        into body: any TransferBody, isCounted: Bool, _ events: @escaping TransferEvents
    ) async throws -> TransferMachine.Ending {
        let host = attempt.url.origin
        if isCounted {
            guard await takeTurn(host) else { return TransferMachine.Ending(.cancelled) }
        }
        defer { if isCounted { endTurn(host) } }
        let receiver = TransferReceiver(attempt, body: body, events: events, now: timing.now)
        let transfer = CurlTransfer(curlRequest(attempt, machine, method), to: receiver)
        body.begin(transfer)
        let outcome = await multi.run(transfer)
        if let fault = receiver.fault { throw fault }
        return receiver.ending(outcome)
    }

    private func curlRequest(
        _ attempt: TransferAttempt, _ machine: TransferMachine, _ method: CurlRequest.Method
    ) -> CurlRequest {
        var request = CurlRequest(attempt.url)
        request.method = method
        request.headers = attempt.headers
        request.userAgent = policy.userAgent
        request.decodesContent = machine.purpose != .file
        request.allowsFiles = policy.allowsFiles
        request.proxy = policy.proxy
        request.connectTimeout = policy.connectTimeout
        request.stallLimit = machine.policy.stallLimit
        return request
    }

    /// Waits for a connection's turn; false when the task was cancelled before it came.
    private func takeTurn(_ host: String) async -> Bool {
        lastTicket += 1
        let ticket = lastTicket
        if budget.take(host, ticket) { return true }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiting[ticket] = $0 }
        } onCancel: {
            // Runs after the line above has suspended, since both need the actor.
            Task { await leaveLine(ticket) }
        }
    }

    private func endTurn(_ host: String) {
        if let next = budget.giveBack(host) { waiting.removeValue(forKey: next)?.resume(returning: true) }
    }

    private func leaveLine(_ ticket: ConnectionBudget.Ticket) {
        if budget.withdraw(ticket) { waiting.removeValue(forKey: ticket)?.resume(returning: false) }
    }
}
