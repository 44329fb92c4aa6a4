import VeloSystem

/// Fetches: files over several streams with verification, documents, and streams, over one libcurl thread.
///
/// The actor runs on that thread, so what it holds of libcurl needs no lock. Decisions are `DownloadMachine`'s for files,
/// `TransferMachine`'s for documents.
package actor TransferEngine {
    package nonisolated let policy: TransferPolicy
    nonisolated let timing: TransferTiming
    nonisolated let multi = CurlMulti(threadName: "velo-fetch")
    nonisolated let hashing = HashingQueue()
    package nonisolated var unownedExecutor: UnownedSerialExecutor { multi.asUnownedSerialExecutor() }

    let desk: TransferDesk
    var streams: [ObjectIdentifier: OpenStream] = [:]
    var downloads: [Int: FileDownload] = [:]
    var lastDownload = 0

    package init(policy: TransferPolicy = TransferPolicy(), timing: TransferTiming = .system) {
        self.policy = policy
        self.timing = timing
        desk = TransferDesk(policy)
    }

    deinit { multi.shutdownLater() }

    /// Cancels the exchanges under way and waits until the thread is gone. Blocking, for a few milliseconds.
    package nonisolated func shutdown() { multi.shutdown() }

    /// What is known of the hosts that were talked to.
    package var hosts: HostTable { desk.hosts }

    /// What the last exchange of a document brought.
    struct Answer {
        var head: CurlResponseHead
        var url: CurlURL
    }

    /// Carries out the machine's steps until it is done.
    ///
    /// - Throws: the machine's `FetchError`, and what `body` throws.
    func run(
        _ machine: inout TransferMachine, _ method: CurlRequest.Method = .get, into body: any TransferBody,
        isCounted: Bool = true, events: @escaping TransferEvents
    ) async throws -> Answer {
        if policy.isOffline { throw FetchError.offline(missing: [machine.request.name]) }
        var answer: Answer?
        var lastFailure: FetchError?
        var step = machine.proceed()
        while true {
            switch step {
            case .send(let attempt):
                // Others have found out already that it does not answer: no need to find out again.
                let now = timing.now()
                if let opens = desk.hosts.opens(attempt.url.origin, now) {
                    throw lastFailure
                        ?? .avoided(url: attempt.url.description, host: attempt.url.host, wait: opens - now)
                }
                events(.started(url: attempt.url.description))
                let ending = try await exchange(attempt, machine, method, into: body, isCounted: isCounted, events)
                answer = ending.head.map { Answer(head: $0, url: attempt.url) }
                step = machine.ended(ending, received: body.count, jitter: timing.jitter())
            case .retry(let delay, let reason):
                lastFailure = reason
                events(.retrying(reason: reason, delay: delay))
                do {
                    if delay > .zero { try await timing.sleep(delay) }
                    try Task.checkCancellation()
                } catch {
                    throw FetchError.cancelled(url: machine.request.name)
                }
                step = machine.proceed()
            case .done:
                guard let answer else { preconditionFailure("a document without a head") }
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
        defer { if isCounted { desk.giveBack(host) } }
        let began = timing.now()
        desk.hosts.began(host, began)
        let receiver = TransferReceiver(attempt, body: body, events: events, now: timing.now)
        var request = CurlRequest(attempt.url, attempt.headers, policy)
        request.method = method
        request.decodesContent = true
        request.stallLimit = machine.policy.stallLimit
        let transfer = CurlTransfer(request, to: receiver)
        body.begin(transfer)
        let outcome = await multi.run(transfer)
        let ending = receiver.ending(outcome)
        note(ending, of: host, bytes: body.count, began: began)
        if let fault = receiver.fault { throw fault }
        return ending
    }

    /// Whether the host is well, as far as one answer tells.
    private func note(_ ending: TransferMachine.Ending, of host: String, bytes: Int, began: Duration) {
        let now = timing.now()
        switch (ending.outcome, ending.head?.status) {
        case (.cancelled, _), (_, 429?): desk.hosts.leftProbe(host)
        case (.failed, _): desk.hosts.failed(host, now)
        case (_, let status?) where TransferMachine.isTransient(status: status): desk.hosts.failed(host, now)
        case (_, nil): desk.hosts.failed(host, now)
        default: desk.hosts.succeeded(host, bytes: bytes, in: now - began, firstByte: nil)
        }
    }

    /// Waits for a connection's turn; false when the task was cancelled before it came.
    private func takeTurn(_ host: String) async -> Bool {
        if desk.takeAtOnce(host) { return true }
        let ticket = TurnTicket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                ticket.continuation = continuation
                ticket.number = desk.take(host) { ticket.resume(true) }
            }
        } onCancel: {
            // Runs after the lines above have suspended, since both need the actor.
            Task { await leaveLine(ticket) }
        }
    }

    private func leaveLine(_ ticket: TurnTicket) {
        if let number = ticket.number, desk.withdraw(number) { ticket.resume(false) }
    }
}

/// A document's place in the line for connections.
// Sendable by this: it is touched on the engine's thread alone; other threads only carry it back there.
private final class TurnTicket: @unchecked Sendable {
    var number: ConnectionBudget.Ticket?
    var continuation: CheckedContinuation<Bool, Never>?

    func resume(_ isOurs: Bool) {
        continuation?.resume(returning: isOurs)
        continuation = nil
    }
}

extension CurlRequest {
    /// A request as the policy wants it. Credentials go to the origin that they are for, and nowhere else.
    init(_ url: CurlURL, _ headers: CurlHeaders, _ policy: TransferPolicy) {
        self.init(url)
        self.headers = headers
        if headers["Authorization"] == nil,
            let credential = policy.credentials.first(where: { $0.origin == url.origin })
        {
            self.headers["Authorization"] = credential.authorization
        }
        userAgent = policy.userAgent
        allowsFiles = policy.allowsFiles
        proxy = policy.proxy
        netrc = policy.netrc
        authorities = policy.authorities
        connectTimeout = policy.connectTimeout
        stallLimit = policy.stallLimit
    }
}
