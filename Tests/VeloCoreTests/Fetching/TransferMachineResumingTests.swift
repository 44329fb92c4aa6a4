import Testing
import VeloSystem

@testable import VeloCore

@Suite("Transfer machine: resuming, judging, redirects")
struct TransferMachineResumingTests {
    static let digest = SHA256Digest.of([1, 2, 3])

    /// A machine whose first attempt broke off after 40 of 100 bytes.
    func broken(
        digest: SHA256Digest? = digest, _ headers: CurlHeaders = ["Content-Length": "100", "ETag": "\"v1\""],
        urls: [String] = ["http://a.test/file"]
    ) -> (TransferMachine, TransferMachine.Step) {
        var machine = TransferMachine(
            TransferRequest(urls: urls, digest: digest), policy: TransferPolicy(), purpose: .file)
        _ = machine.begin(held: 0)
        let step = end(&machine, .failed(CurlFailure(.truncated, "")), 200, headers, held: 40)
        return (machine, step)
    }

    func end(
        _ machine: inout TransferMachine, _ outcome: CurlOutcome, _ status: Int, _ headers: CurlHeaders, held: Int
    ) -> TransferMachine.Step {
        let head = CurlResponseHead(status: status, headers: headers)
        let disposition = machine.attempt?.disposition(of: head)
        return machine.ended(
            .init(outcome, head: head, disposition: disposition), held: held, now: .zero, jitter: 1)
    }

    func sent(_ step: TransferMachine.Step) -> TransferAttempt? {
        if case .send(let attempt) = step { attempt } else { nil }
    }

    @Test("goes on with the byte after the last, of the same version only")
    func resumes() {
        var (machine, step) = broken()
        guard case .retry(_, .truncated(_, 40, _)) = step else {
            Issue.record("no retry: \(step)")
            return
        }
        let attempt = sent(machine.proceed(held: 40))
        #expect(attempt?.offset == 40)
        #expect(attempt?.headers["Range"] == "bytes=40-")
        #expect(attempt?.headers["If-Range"] == "\"v1\"")
        step = end(
            &machine, .complete, 206, ["Content-Range": "bytes 40-99/100", "Content-Length": "60"], held: 100)
        #expect(step == .verify)
    }

    @Test("a weak tag is no validator; a date is")
    func weakTag() {
        var (machine, _) = broken(["Content-Length": "100", "ETag": "W/\"v1\"", "Last-Modified": "Sun, 06 Nov 1994"])
        #expect(sent(machine.proceed(held: 40))?.headers["If-Range"] == "Sun, 06 Nov 1994")
    }

    @Test("without a digest and without a validator it begins again")
    func noValidator() {
        var (machine, _) = broken(digest: nil, ["Content-Length": "100"])
        let attempt = sent(machine.proceed(held: 40))
        #expect(attempt?.offset == 0)
        #expect(attempt?.headers["Range"] == nil)
    }

    @Test("with a digest another mirror continues, without the first one's validator")
    func otherMirror() {
        var (machine, _) = broken(urls: ["http://a.test/file", "http://b.test/file"])
        let attempt = sent(machine.proceed(held: 40))
        #expect(attempt?.url.host == "b.test")
        #expect(attempt?.headers["Range"] == "bytes=40-")
        #expect(attempt?.headers["If-Range"] == nil)
    }

    @Test("without a digest it stays with the mirror that began")
    func sameMirror() {
        var (machine, _) = broken(digest: nil, urls: ["http://a.test/file", "http://b.test/file"])
        #expect(sent(machine.proceed(held: 40))?.url.host == "a.test")
    }

    @Test(
        "a server that answers a range with something else is asked for all of it",
        arguments: [
            ["Content-Range": "bytes 0-99/100"],
            ["Content-Range": "bytes 41-99/100"],
            ["Content-Range": "nonsense"],
            [:],
            ["Content-Range": "bytes 40-99/100", "ETag": "\"v2\""],
        ] as [CurlHeaders])
    func wrongRange(_ headers: CurlHeaders) {
        var (machine, _) = broken()
        _ = machine.proceed(held: 40)
        guard case .retry(.zero, .confused) = end(&machine, .stopped, 206, headers, held: 40) else {
            Issue.record("it was believed")
            return
        }
        #expect(sent(machine.proceed(held: 40))?.headers["Range"] == nil)
    }

    @Test("a range that nobody asked for is no file")
    func unaskedRange() {
        var machine = TransferMachine(
            TransferRequest(urls: ["http://a.test/f"]), policy: TransferPolicy(), purpose: .file)
        _ = machine.begin(held: 0)
        let step = end(&machine, .stopped, 206, ["Content-Range": "bytes 0-9/100"], held: 0)
        #expect(step == .fail(.confused(url: "http://a.test/f", reason: "a range that was not asked for")))
    }

    @Test("what is whole already is verified without a request")
    func whole() {
        var machine = TransferMachine(
            TransferRequest(urls: ["http://a.test/f"], digest: Self.digest, size: 100), policy: TransferPolicy(),
            purpose: .file)
        #expect(machine.begin(held: 100) == .verify)
    }

    @Test("nothing after the last byte means that all is there")
    func unsatisfied() {
        var (machine, _) = broken()
        _ = machine.proceed(held: 40)
        #expect(end(&machine, .complete, 416, ["Content-Range": "bytes */40"], held: 40) == .verify)
        var (second, _) = broken()
        _ = second.proceed(held: 40)
        guard case .retry(.zero, .confused) = end(&second, .complete, 416, ["Content-Range": "bytes */30"], held: 40)
        else {
            Issue.record("a shorter file was taken for the whole")
            return
        }
    }

    @Test("a wrong digest of one piece ends with this mirror; of several pieces all of it is fetched once more")
    func wrongDigest() {
        let wrong = SHA256Digest.of([9])
        var (machine, _) = broken()
        _ = machine.proceed(held: 40)
        _ = end(&machine, .complete, 206, ["Content-Range": "bytes 40-99/100"], held: 100)
        guard case .retry(.zero, .digestMismatch) = machine.judged(wrong, size: 100, now: .zero, jitter: 1) else {
            Issue.record("no second chance")
            return
        }
        #expect(!machine.keepsPartial)
        #expect(sent(machine.proceed(held: 0))?.offset == 0)
        _ = end(&machine, .complete, 200, ["Content-Length": "100"], held: 100)
        let error = FetchError.digestMismatch(url: "http://a.test/file", expected: Self.digest, actual: wrong)
        #expect(machine.judged(wrong, size: 100, now: .zero, jitter: 1) == .fail(error))
        #expect(!machine.keepsPartial)
    }

    @Test("a size that cannot be right is refused before its bytes come")
    func wrongSize() {
        var machine = TransferMachine(
            TransferRequest(urls: ["http://a.test/f"], size: 100), policy: TransferPolicy(), purpose: .file)
        _ = machine.begin(held: 0)
        let step = end(&machine, .stopped, 200, ["Content-Length": "99"], held: 0)
        #expect(step == .fail(.sizeMismatch(url: "http://a.test/f", expected: 100, actual: 99)))
    }

    @Test("tries that bring a good part do not count")
    func worthwhileGain() {
        var machine = TransferMachine(
            TransferRequest(urls: ["http://a.test/f"], digest: Self.digest), policy: TransferPolicy(), purpose: .file)
        _ = machine.begin(held: 0)
        var held = 0
        for _ in 0..<20 {
            let before = held
            held += 2 << 20
            let headers: CurlHeaders = before == 0 ? [:] : ["Content-Range": "bytes \(before)-99999999/100000000"]
            let step = end(
                &machine, .failed(CurlFailure(.interrupted, "")), before == 0 ? 200 : 206, headers, held: held)
            guard case .retry(.seconds(1), _) = step else {
                Issue.record("given up: \(step)")
                return
            }
            _ = machine.proceed(held: held)
        }
    }

    @Test("a server that always stops after the same bytes is given up, however many they are")
    func noProgress() {
        var machine = TransferMachine(
            TransferRequest(urls: ["http://a.test/f"], digest: Self.digest), policy: TransferPolicy(), purpose: .file)
        var step = machine.begin(held: 0)
        var tries = 0
        while tries < 50, case .send = step {
            tries += 1
            step = end(&machine, .failed(CurlFailure(.interrupted, "")), 200, [:], held: 5 << 20)
            if case .retry = step { step = machine.proceed(held: 5 << 20) }
        }
        // The first brought something.
        #expect(tries == 1 + 3)
    }

    @Test("a redirect within the origin keeps the headers, one to another loses what the caller said")
    func redirectHeaders() {
        var machine = TransferMachine(
            TransferRequest(
                urls: ["http://a.test/x/f"], headers: ["Authorization": "Bearer s", "X-Own": "1", "Accept": "a/b"]),
            policy: TransferPolicy(), purpose: .file)
        _ = machine.begin(held: 0)
        let near = sent(end(&machine, .complete, 302, ["Location": "../g"], held: 0))
        #expect(near?.url.text == "http://a.test/g")
        #expect(near?.headers["Authorization"] == "Bearer s")
        let far = sent(end(&machine, .complete, 307, ["Location": "http://a.test:81/g"], held: 0))
        #expect(far?.url.text == "http://a.test:81/g")
        #expect(far?.headers == ["Accept": "a/b"])
    }

    @Test("redirects that weaken or never end are refused")
    func badRedirects() {
        func step(_ url: String, to location: String) -> TransferMachine.Step {
            var machine = TransferMachine(TransferRequest(urls: [url]), policy: TransferPolicy(), purpose: .file)
            var step = machine.begin(held: 0)
            for _ in 0...10 {
                guard case .send = step else { return step }
                step = end(&machine, .complete, 301, ["Location": location], held: 0)
            }
            return step
        }
        #expect(
            step("https://a.test/f", to: "http://a.test/f")
                == .fail(.badRedirect(url: "https://a.test/f", to: "http://a.test/f", .insecure)))
        #expect(
            step("http://a.test/f", to: "file:///etc/passwd")
                == .fail(.badRedirect(url: "http://a.test/f", to: "file:///etc/passwd", .unusable)))
        #expect(
            step("http://a.test/f", to: "/f")
                == .fail(.badRedirect(url: "http://a.test/f", to: "http://a.test/f", .tooMany)))
    }

    @Test("credentials go to the origin of the first URL only")
    func mirrorCredentials() {
        let request = TransferRequest(
            urls: ["https://a.test/f", "https://a.test/g", "https://b.test/f"],
            headers: ["Authorization": "x", "A": "b"])
        #expect(request.mirrors.map { $0.headers["Authorization"] } == ["x", "x", nil])
        #expect(request.mirrors.map { $0.headers["A"] } == ["b", "b", "b"])
    }
}
