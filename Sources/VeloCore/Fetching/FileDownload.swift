import SystemPackage
import VeloSystem

/// Carries out what a `DownloadMachine` decides: opens streams, writes what they bring, has it hashed, keeps the journal.
///
/// Lives on the engine's thread; made for one download, and over when `completion` was called.
final class FileDownload {
    /// How to come back to the thread from elsewhere.
    struct Ways: Sendable {
        var sleep: @Sendable (Duration) async throws -> Void
        var now: @Sendable () -> Duration
        var jitter: @Sendable () -> Double
        var woke: @Sendable () async -> Void
        var hashed: @Sendable (Result<SHA256Digest, SystemError>) -> Void
        /// Puts our request in libcurl's terms.
        var prepare: @Sendable (DownloadMachine.StreamRequest) -> CurlRequest
    }

    struct Outcome {
        var digest: SHA256Digest
        var size: Int
        var url: String
        var streams: Int
        var retries: Int
        var firstByte: Duration?
    }

    struct OpenStream {
        var receiver: StreamReceiver
        var origin: String
        /// In line for a connection.
        var ticket: ConnectionBudget.Ticket?
        var number: CurlMulti.TransferID?
    }

    let request: TransferRequest
    let policy: TransferPolicy
    let file: CurlSegmentFile
    let journalPath: FilePath
    let multi: CurlMulti
    let desk: TransferDesk
    let queue: HashingQueue
    let ways: Ways
    let events: TransferEvents
    var machine: DownloadMachine
    var hasher: TrailingHasher
    var open: [DownloadMachine.StreamID: OpenStream] = [:]
    var completion: ((Result<Outcome, any Error>) -> Void)?
    var waiting: Task<Void, Never>?
    var timer: CurlMulti.TimerID?
    var report = DownloadReport()
    var reserved: Int?
    /// There may be one on disk.
    var hasJournal = false
    var lastURL: String?
    var digest: SHA256Digest?

    init(
        _ request: TransferRequest, into partial: FilePath, journal: FilePath, _ policy: TransferPolicy,
        _ multi: CurlMulti, _ desk: TransferDesk, _ queue: HashingQueue, _ ways: Ways,
        events: @escaping TransferEvents
    ) throws {
        self.request = request
        self.policy = policy
        journalPath = journal
        self.multi = multi
        self.desk = desk
        self.queue = queue
        self.ways = ways
        self.events = events
        file = try CurlSegmentFile(opening: partial)
        machine = DownloadMachine(request, policy: policy)
        hasher = try TrailingHasher(of: file, on: queue)
    }

    func start(_ completion: @escaping (Result<Outcome, any Error>) -> Void) {
        self.completion = completion
        do {
            let journal = try resumable()
            report.began = ways.now()
            perform(machine.begin(journal, &desk.hosts, now: ways.now()))
            follow()
            scheduleTick()
        } catch {
            finish(.failure(error))
        }
    }

    func cancel() {
        guard completion != nil else { return }
        finish(.failure(FetchError.cancelled(url: lastURL ?? request.name)))
    }

    func woke() {
        waiting = nil
        guard completion != nil else { return }
        perform(machine.woke(&desk.hosts, now: ways.now()))
    }

    func hashed(_ result: Result<SHA256Digest, SystemError>) {
        guard completion != nil else { return }
        switch result {
        case .success(let digest):
            self.digest = digest
            perform(machine.judged(digest, &desk.hosts, now: ways.now(), jitter: ways.jitter()))
        case .failure(let error):
            finish(.failure(error))
        }
    }

    // MARK: Actions

    func perform(_ actions: [DownloadMachine.Action]) {
        for action in actions {
            guard completion != nil else { return }
            switch action {
            case .open(let id, let request): begin(id, request)
            case .close(let id): close(id)
            case .discard: discard()
            case .setback(let error, let delay): events(.retrying(reason: error, delay: delay))
            case .wait(let delay): wait(delay)
            case .verify: verify()
            case .finish: finish()
            case .fail(let error): finish(.failure(error))
            }
        }
    }

    private func begin(_ id: DownloadMachine.StreamID, _ request: DownloadMachine.StreamRequest) {
        let origin = request.url.origin
        let receiver = StreamReceiver(id, for: self)
        if desk.takeAtOnce(origin) {
            open[id] = OpenStream(receiver: receiver, origin: origin)
            return launch(id, request)
        }
        // Who has nothing yet waits for its turn; a further stream is not worth waiting for.
        guard open.isEmpty else { return machine.denied(id) }
        open[id] = OpenStream(receiver: receiver, origin: origin)
        let ticket = desk.take(origin) { [weak self] in
            self?.open[id]?.ticket = nil
            self?.launch(id, request)
        }
        open[id]?.ticket = ticket
    }

    private func launch(_ id: DownloadMachine.StreamID, _ request: DownloadMachine.StreamRequest) {
        guard let receiver = open[id]?.receiver else { return }
        lastURL = request.url.description
        events(.started(url: request.url.description))
        let transfer = CurlTransfer(ways.prepare(request), to: receiver)
        receiver.transfer = transfer
        open[id]?.number = multi.start(transfer) { [weak self] outcome in self?.ended(id, outcome) }
        report.mostStreams = max(report.mostStreams, open.count)
    }

    /// The stream is forgotten at once; libcurl hears of it when it is at rest.
    func close(_ id: DownloadMachine.StreamID) {
        guard let stream = open.removeValue(forKey: id) else { return }
        stream.receiver.download = nil
        if let ticket = stream.ticket, desk.withdraw(ticket) { return }
        multi.whenAtRest { [multi, desk] in
            if let number = stream.number { multi.drop(number) }
            stream.receiver.transfer = nil
            desk.giveBack(stream.origin)
        }
    }

    private func discard() {
        hasher.cancel()
        do {
            hasher = try TrailingHasher(of: file, on: queue)
            try file.truncate(to: 0)
            try removeJournal()
            reserved = nil
        } catch {
            finish(.failure(error))
        }
    }

    private func wait(_ delay: Duration) {
        let ways = ways
        waiting = Task {
            // Cut short only by the end of the download.
            try? await ways.sleep(delay)
            await ways.woke()
        }
    }

    private func verify() {
        let total = machine.held.count
        do {
            // An unmeasured body may be shorter than what was there before.
            if total != reserved { try file.truncate(to: total) }
        } catch {
            return finish(.failure(error))
        }
        let ways = ways
        hasher.finish(at: total) { ways.hashed($0) }
    }

    // MARK: The end

    private func finish() {
        guard let digest else { preconditionFailure("a download is finished that was not verified") }
        tell(isLast: true)
        events(.verified(digest))
        finish(
            .success(
                Outcome(
                    digest: digest, size: machine.held.count, url: lastURL ?? request.name,
                    streams: report.mostStreams, retries: machine.setbacks, firstByte: report.firstByte)))
    }

    /// Leaves a state that a later run can go on from, or nothing.
    func finish(_ result: Result<Outcome, any Error>) {
        guard let completion else { return }
        self.completion = nil
        for (id, stream) in open where stream.receiver.writer != nil { store(id, stream.receiver) }
        for id in Array(open.keys) { close(id) }
        waiting?.cancel()
        if let timer { multi.forget(timer: timer) }
        hasher.cancel()
        if case .failure = result { leave() }
        completion(result)
    }
}
