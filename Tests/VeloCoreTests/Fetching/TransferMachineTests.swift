import Testing
import VeloSystem

@testable import VeloCore

@Suite("Transfer machine: documents")
struct TransferMachineTests {
    let url = "http://a.test/file"

    func machine(
        _ purpose: TransferMachine.Purpose = .document, headers: CurlHeaders = [:],
        _ change: (inout TransferPolicy) -> Void = { _ in }
    ) -> TransferMachine {
        var policy = TransferPolicy()
        change(&policy)
        return TransferMachine(TransferRequest(urls: [url], headers: headers), policy: policy, purpose: purpose)
    }

    func answer(_ machine: inout TransferMachine, _ status: Int, _ headers: CurlHeaders = [:]) -> TransferMachine.Step {
        let head = CurlResponseHead(status: status, headers: headers)
        let disposition = machine.attempt?.disposition(of: head)
        return machine.ended(
            TransferMachine.Ending(.complete, head: head, disposition: disposition), received: 0, jitter: 1)
    }

    func fails(_ machine: inout TransferMachine, _ kind: CurlFailure.Kind, jitter: Double = 1) -> TransferMachine.Step {
        machine.ended(.init(.failed(CurlFailure(kind, "words"))), received: 0, jitter: jitter)
    }

    @Test("a document is asked for again after waits that double, up to the bound")
    func backOff() {
        var machine = machine {
            $0.attempts = 6
            $0.longestDelay = .seconds(5)
        }
        _ = machine.proceed()
        var waits: [Duration] = []
        while case .retry(let wait, _) = fails(&machine, .interrupted) {
            waits.append(wait)
            _ = machine.proceed()
        }
        #expect(waits == [1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test("the wait is drawn from all of the span", arguments: [0.0, 0.25, 1.0])
    func jitter(_ jitter: Double) {
        var machine = machine()
        _ = machine.proceed()
        let reason = FetchError.unreachable(url: url, host: "a.test", reason: "words")
        #expect(fails(&machine, .connection, jitter: jitter) == .retry(after: .seconds(1) * jitter, because: reason))
    }

    @Test("the server's wait counts when it is longer than ours, and a very long one ends it")
    func retryAfter() {
        var machine = machine()
        _ = machine.proceed()
        guard case .retry(.seconds(40), _) = answer(&machine, 503, ["Retry-After": "40"]) else {
            Issue.record("not tried again after 40 seconds")
            return
        }
        _ = machine.proceed()
        let error = FetchError.status(url: url, code: 429, message: nil, retryAfter: .seconds(3600))
        #expect(answer(&machine, 429, ["Retry-After": "3600"]) == .fail(error))
        #expect(error.hints == ["the server asks to wait 3600.0 seconds"])
    }

    @Test("a submission that the server may have seen is not sent twice")
    func submissionOnce() {
        for kind in [CurlFailure.Kind.interrupted, .stalled, .truncated] {
            var machine = machine(.submission)
            _ = machine.proceed()
            guard case .fail = fails(&machine, kind) else {
                Issue.record("sent twice after \(kind)")
                continue
            }
        }
        var machine = machine(.submission)
        _ = machine.proceed()
        guard case .retry = fails(&machine, .connection) else {
            Issue.record("not sent again though nobody was there")
            return
        }
        _ = machine.proceed()
        guard case .fail = answer(&machine, 500) else {
            Issue.record("sent twice after a failure of the server's")
            return
        }
    }

    @Test("a redirect within the origin keeps the headers, one to another loses what the caller said")
    func redirectHeaders() {
        var machine = machine(headers: ["Authorization": "Bearer s", "X-Own": "1", "Accept": "a/b"])
        _ = machine.proceed()
        guard case .send(let near) = answer(&machine, 302, ["Location": "../g"]) else {
            Issue.record("not followed")
            return
        }
        #expect(near.url.text == "http://a.test/g")
        #expect(near.headers["Authorization"] == "Bearer s")
        guard case .send(let far) = answer(&machine, 307, ["Location": "http://a.test:81/g"]) else {
            Issue.record("not followed to another port")
            return
        }
        #expect(far.url.text == "http://a.test:81/g")
        #expect(far.headers == ["Accept": "a/b"])
    }
}
