import Testing
import VeloSystem

@testable import VeloCore

@Suite("Transfer machine: retries and mirrors")
struct TransferMachineTests {
    let url = "http://a.test/file"
    let other = "http://b.test/file"

    func machine(
        _ urls: [String], digest: SHA256Digest? = nil, size: Int? = nil, _ purpose: TransferMachine.Purpose = .file,
        _ change: (inout TransferPolicy) -> Void = { _ in }
    ) -> TransferMachine {
        var policy = TransferPolicy()
        change(&policy)
        return TransferMachine(
            TransferRequest(urls: urls, digest: digest, size: size), policy: policy, purpose: purpose)
    }

    func answer(
        _ machine: inout TransferMachine, _ status: Int, _ headers: CurlHeaders = [:], now: Duration = .zero
    )
        -> TransferMachine.Step
    {
        let head = CurlResponseHead(status: status, headers: headers)
        let disposition = machine.attempt?.disposition(of: head)
        let ending = TransferMachine.Ending(.complete, head: head, disposition: disposition)
        return machine.ended(ending, held: 0, now: now, jitter: 1)
    }

    func fails(
        _ machine: inout TransferMachine, _ kind: CurlFailure.Kind, now: Duration = .zero, jitter: Double = 1
    )
        -> TransferMachine.Step
    {
        machine.ended(.init(.failed(CurlFailure(kind, "words"))), held: 0, now: now, jitter: jitter)
    }

    @Test("waits double from try to try, up to the bound, and then it gives up")
    func backOff() {
        var machine = machine([url]) {
            $0.attempts = 6
            $0.firstDelay = .seconds(1)
            $0.longestDelay = .seconds(5)
        }
        _ = machine.begin(held: 0)
        var waits: [Duration] = []
        while case .retry(let wait, _) = fails(&machine, .interrupted) {
            waits.append(wait)
            _ = machine.proceed(held: 0)
        }
        #expect(waits == [1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test("the wait is drawn from all of the span", arguments: [0.0, 0.25, 1.0])
    func jitter(_ jitter: Double) {
        var machine = machine([url])
        _ = machine.begin(held: 0)
        let step = fails(&machine, .connection, jitter: jitter)
        let reason = FetchError.unreachable(url: url, host: "a.test", reason: "words")
        #expect(step == .retry(after: .seconds(1) * jitter, because: reason))
    }

    @Test("a status that may pass is tried again", arguments: [408, 425, 429, 500, 502, 503, 504, 522])
    func transient(_ status: Int) {
        var machine = machine([url])
        _ = machine.begin(held: 0)
        guard case .retry(_, .status(_, status, _, _)) = answer(&machine, status) else {
            Issue.record("not tried again")
            return
        }
    }

    @Test("a refusal is not tried again", arguments: [400, 401, 403, 404, 410, 451, 501, 505])
    func permanent(_ status: Int) {
        var machine = machine([url])
        _ = machine.begin(held: 0)
        let error = FetchError.status(url: url, code: status, message: nil, retryAfter: nil)
        #expect(answer(&machine, status) == .fail(error))
    }

    @Test("the server's wait counts when it is longer than ours")
    func retryAfter() {
        var machine = machine([url])
        _ = machine.begin(held: 0)
        guard case .retry(let wait, _) = answer(&machine, 503, ["Retry-After": "40"]) else {
            Issue.record("not tried again")
            return
        }
        #expect(wait == .seconds(40))
    }

    @Test("the server's wait may be a date")
    func retryAfterDate() {
        let head = CurlResponseHead(
            status: 503,
            headers: ["Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT"])
        #expect(RetryAfter.wait(in: head) == .seconds(60))
        #expect(RetryAfter.wait(in: CurlResponseHead(status: 503, headers: ["Retry-After": "soon"])) == nil)
    }

    @Test("a server that asks for a very long wait is given up, and the error says how long")
    func retryAfterTooLong() {
        var machine = machine([url])
        _ = machine.begin(held: 0)
        let error = FetchError.status(url: url, code: 429, message: nil, retryAfter: .seconds(3600))
        #expect(answer(&machine, 429, ["Retry-After": "3600"]) == .fail(error))
        #expect(error.hints == ["the server asks to wait 3600.0 seconds"])
        #expect(error.severity == .temporary)
    }

    @Test("a mirror that refuses hands over to the next at once, and is not asked again")
    func nextMirror() {
        var machine = machine([url, other]) { $0.attempts = 2 }
        _ = machine.begin(held: 0)
        guard case .retry(.zero, _) = answer(&machine, 404), case .send(let attempt) = machine.proceed(held: 0) else {
            Issue.record("no second mirror")
            return
        }
        #expect(attempt.url.text == other)
        guard case .retry(.seconds(1), _) = fails(&machine, .connection),
            case .send(let again) = machine.proceed(held: 0)
        else {
            Issue.record("no second try")
            return
        }
        #expect(again.url.text == other)
    }

    @Test("while one mirror has to wait the other is used, and then the first is ready again")
    func alternates() {
        var machine = machine([url, other])
        var hosts: [String] = []
        var now = Duration.zero
        var step = machine.begin(held: 0)
        for _ in 0..<4 {
            if case .retry(let wait, _) = step {
                now += wait
                step = machine.proceed(held: 0)
            }
            guard case .send(let attempt) = step else { break }
            hosts.append(attempt.url.host)
            step = fails(&machine, .interrupted, now: now)
        }
        #expect(hosts == ["a.test", "b.test", "a.test", "b.test"])
    }

    @Test("when every mirror has failed the error tells what each of them said")
    func everyMirror() {
        var machine = machine([url, other])
        _ = machine.begin(held: 0)
        _ = answer(&machine, 404)
        _ = machine.proceed(held: 0)
        let step = answer(&machine, 403)
        #expect(
            step
                == .fail(
                    .everyMirror(
                        name: "file",
                        [
                            .status(url: url, code: 404, message: nil, retryAfter: nil),
                            .status(url: other, code: 403, message: nil, retryAfter: nil),
                        ])))
    }

    @Test("an unusable URL does not keep the next mirror from being asked")
    func unusableURL() {
        var machine = machine(["not a URL", other])
        guard case .send(let attempt) = machine.begin(held: 0) else {
            Issue.record("the next mirror was not asked")
            return
        }
        #expect(attempt.url.text == other)
        var hopeless = self.machine(["/etc/passwd"])
        let error = FetchError.unusableURL("/etc/passwd", reason: "it is not an absolute URL")
        #expect(hopeless.begin(held: 0) == .fail(error))
    }

    @Test("a submission that the server may have seen is not sent twice")
    func submissionOnce() {
        for kind in [CurlFailure.Kind.interrupted, .stalled, .truncated] {
            var machine = machine([url], .submission)
            _ = machine.begin(held: 0)
            guard case .fail = fails(&machine, kind) else {
                Issue.record("sent twice after \(kind)")
                continue
            }
        }
        var machine = machine([url], .submission)
        _ = machine.begin(held: 0)
        guard case .retry = fails(&machine, .connection) else {
            Issue.record("not sent again though nobody was there")
            return
        }
        _ = machine.proceed(held: 0)
        guard case .fail = answer(&machine, 500) else {
            Issue.record("sent twice after a failure of the server's")
            return
        }
    }

    @Test("cancelling ends it, whatever was held")
    func cancelled() {
        var machine = machine([url, other])
        _ = machine.begin(held: 0)
        #expect(machine.ended(.init(.cancelled), held: 5, now: .zero, jitter: 1) == .fail(.cancelled(url: url)))
    }
}
