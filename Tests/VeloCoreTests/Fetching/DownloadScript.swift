import Testing
import VeloSystem

@testable import VeloCore

/// Plays the driver for a `DownloadMachine`: keeps the clock, and answers for servers as a test says.
struct DownloadScript {
    var machine: DownloadMachine
    var hosts: HostTable
    var now = Duration.zero
    var jitter = 1.0
    /// What was asked for and has not ended, in order.
    var open: [(id: Int, request: DownloadMachine.StreamRequest)] = []
    /// What happened besides.
    var setbacks: [FetchError] = []
    var waits: [Duration] = []
    var discards = 0
    var end: DownloadMachine.Action?

    init(
        _ urls: [String] = ["http://a.test/file"], digest: SHA256Digest? = .of([1]), size: Int? = nil,
        headers: CurlHeaders = [:], hosts: HostTable = HostTable(), journal: DownloadJournal? = nil,
        _ change: (inout TransferPolicy) -> Void = { _ in }
    ) {
        var policy = TransferPolicy()
        policy.streams = .one
        change(&policy)
        self.hosts = hosts
        machine = DownloadMachine(
            TransferRequest(urls: urls, digest: digest, size: size, headers: headers), policy: policy)
        carryOut(machine.begin(journal, &self.hosts, now: now))
    }

    mutating func carryOut(_ actions: [DownloadMachine.Action]) {
        for action in actions {
            switch action {
            case .open(let id, let request): open.append((id, request))
            case .close(let id): open.removeAll { $0.id == id }
            case .discard: discards += 1
            case .setback(let error, _): setbacks.append(error)
            case .wait(let delay): waits.append(delay)
            case .verify, .finish, .fail: end = action
            }
        }
    }

    /// The only stream, or the first.
    var id: Int { open.first?.id ?? -1 }
    var ranges: [String?] { open.map { $0.request.headers["Range"] } }

    @discardableResult
    mutating func answer(_ status: Int, _ headers: CurlHeaders = [:], to id: Int? = nil) -> DownloadMachine.Verdict {
        let (verdict, actions) = machine.answered(
            id ?? self.id, CurlResponseHead(status: status, headers: headers), now: now)
        carryOut(actions)
        return verdict
    }

    /// Bytes arrive and are written.
    mutating func bring(_ count: Int, to id: Int? = nil) {
        let id = id ?? self.id
        guard let wanted = machine.took(id, count, now: now), let position = machine.position(of: id) else { return }
        _ = wanted
        machine.wrote(id, upTo: position)
    }

    mutating func finish(
        _ outcome: CurlOutcome = .complete, _ status: Int = 200, _ headers: CurlHeaders = [:], id: Int? = nil
    ) {
        let id = id ?? self.id
        open.removeAll { $0.id == id }
        carryOut(
            machine.ended(
                id, .init(outcome, head: CurlResponseHead(status: status, headers: headers)), &hosts, now: now,
                jitter: jitter))
    }

    mutating func fail(_ kind: CurlFailure.Kind, id: Int? = nil) {
        let id = id ?? self.id
        open.removeAll { $0.id == id }
        carryOut(
            machine.ended(id, .init(.failed(CurlFailure(kind, "words"))), &hosts, now: now, jitter: jitter))
    }

    /// A whole exchange that is no file.
    mutating func refuse(_ status: Int, _ headers: CurlHeaders = [:], id: Int? = nil) {
        let id = id ?? self.id
        answer(status, headers, to: id)
        finish(.complete, status, headers, id: id)
    }

    /// The last wait passes.
    mutating func wake() {
        now += waits.last ?? .zero
        carryOut(machine.woke(&hosts, now: now))
    }

    mutating func tick(after time: Duration = .milliseconds(100)) {
        now += time
        carryOut(machine.tick(&hosts, now: now))
    }

    mutating func judge(_ digest: SHA256Digest) {
        end = nil
        carryOut(machine.judged(digest, &hosts, now: now, jitter: jitter))
    }
}
