import Testing
import VeloSystem

@testable import VeloCore

@Suite("Download machine: retries and mirrors")
struct DownloadMachineTests {
    let url = "http://a.test/file"
    let other = "http://b.test/file"

    @Test("waits double from try to try, up to the bound, and then it gives up")
    func backOff() {
        var script = DownloadScript {
            $0.attempts = 6
            $0.longestDelay = .seconds(5)
        }
        while script.end == nil {
            script.fail(.interrupted)
            if script.end == nil { script.wake() }
        }
        #expect(script.waits == [1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test("the wait is drawn from all of the span", arguments: [0.0, 0.25, 1.0])
    func jitter(_ jitter: Double) {
        var script = DownloadScript()
        script.jitter = jitter
        script.fail(.connection)
        #expect(jitter == 0 ? script.open.count == 1 : script.waits == [.seconds(1) * jitter])
        #expect(script.setbacks == [.unreachable(url: url, host: "a.test", reason: "words")])
    }

    @Test("a status that may pass is tried again", arguments: [408, 425, 429, 500, 502, 503, 504, 522])
    func transient(_ status: Int) {
        var script = DownloadScript()
        script.refuse(status)
        #expect(script.waits == [.seconds(1)])
    }

    @Test("a refusal is not tried again", arguments: [400, 401, 403, 404, 410, 451, 501, 505])
    func permanent(_ status: Int) {
        var script = DownloadScript()
        script.refuse(status)
        #expect(script.end == .fail(.status(url: url, code: status, message: nil, retryAfter: nil)))
    }

    @Test("the server's wait counts when it is longer than ours")
    func retryAfter() {
        var script = DownloadScript()
        script.refuse(503, ["Retry-After": "40"])
        #expect(script.waits == [.seconds(40)])
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
        var script = DownloadScript()
        script.refuse(429, ["Retry-After": "3600"])
        #expect(script.end == .fail(.status(url: url, code: 429, message: nil, retryAfter: .seconds(3600))))
    }

    @Test("a mirror that refuses hands over to the next at once, and is not asked again")
    func nextMirror() {
        var script = DownloadScript([url, other]) { $0.attempts = 2 }
        script.refuse(404)
        #expect(script.open.first?.request.url.text == other)
        script.fail(.connection)
        #expect(script.waits == [.seconds(1)])
        script.wake()
        #expect(script.open.first?.request.url.text == other)
    }

    @Test("while one mirror has to wait the other is used, and then the first is ready again")
    func alternates() {
        var script = DownloadScript([url, other])
        var hosts: [String] = []
        for _ in 0..<4 {
            hosts.append(script.open.first?.request.url.host ?? "none")
            script.fail(.interrupted)
            if script.open.isEmpty { script.wake() }
        }
        #expect(hosts == ["a.test", "b.test", "a.test", "b.test"])
    }

    @Test("when every mirror has failed the error tells what each of them said")
    func everyMirror() {
        var script = DownloadScript([url, other])
        script.refuse(404)
        script.refuse(403)
        let failures = [(url, 404), (other, 403)].map {
            FetchError.status(url: $0.0, code: $0.1, message: nil, retryAfter: nil)
        }
        #expect(script.end == .fail(.everyMirror(name: "file", failures)))
    }

    @Test("an unusable URL does not keep the next mirror from being asked")
    func unusableURL() {
        #expect(DownloadScript(["not a URL", other]).open.first?.request.url.text == other)
        let hopeless = DownloadScript(["/etc/passwd"])
        #expect(hopeless.end == .fail(.unusableURL("/etc/passwd", reason: "it is not an absolute URL")))
    }

    @Test("cancelling ends it, whatever was held")
    func cancelled() {
        var script = DownloadScript([url, other])
        script.answer(200, ["Content-Length": "100"])
        script.bring(5)
        script.finish(.cancelled)
        #expect(script.end == .fail(.cancelled(url: url)))
        #expect(script.machine.keepsPartial)
    }

    @Test("tries that bring a good part do not count")
    func worthwhileGain() {
        var script = DownloadScript()
        script.answer(200, ["Content-Length": "100000000"])
        script.bring(2 << 20)
        script.fail(.interrupted)
        for step in 1..<20 {
            #expect(script.waits.last == .seconds(1))
            script.wake()
            script.answer(206, ["Content-Range": "bytes \(step * (2 << 20))-99999999/100000000"])
            script.bring(2 << 20)
            script.fail(.interrupted)
        }
        #expect(script.end == nil)
    }

    @Test("a server that always stops after the same bytes is given up, however many they are")
    func noProgress() {
        var script = DownloadScript(digest: nil)
        var tries = 0
        while tries < 50, script.end == nil {
            tries += 1
            script.answer(200, ["Content-Length": "9999999"])
            script.bring(5 << 20)
            script.fail(.interrupted)
            if script.end == nil { script.wake() }
        }
        // The first brought something.
        #expect(tries == 1 + 3)
    }

    @Test("a mirror that brought nothing binds nobody to what it said of the file", arguments: [true, false])
    func nothingBinds(isDigestKnown: Bool) {
        var script = DownloadScript([url, other], digest: isDigestKnown ? .of([1]) : nil) {
            $0.streams = .init(most: 2, isFixed: true)
            $0.pieceSize = 50
        }
        script.answer(206, ["Content-Range": "bytes 0-49/999", "ETag": "\"a\""])
        script.fail(.interrupted)
        #expect(script.open.first?.request.url.text == other)
        for start in [0, 50] {
            #expect(
                script.answer(206, ["Content-Range": "bytes \(start)-\(start + 49)/100", "ETag": "\"b\""]) == .take)
            script.bring(50)
            script.finish(.complete, 206)
        }
        #expect(script.end == .verify)
        #expect(script.discards == 0)
    }

    @Test("credentials go to the origin of the first URL only")
    func mirrorCredentials() {
        let request = TransferRequest(
            urls: ["https://a.test/f", "https://a.test/g", "https://b.test/f"],
            headers: ["Authorization": "x", "A": "b"])
        #expect(request.mirrors.map { $0.headers["Authorization"] } == ["x", "x", nil])
        #expect(request.mirrors.map { $0.headers["A"] } == ["b", "b", "b"])
    }

    @Test("a host that others found failing is not asked, and its mirror is; alone, that is the error")
    func avoided() {
        var hosts = HostTable()
        for _ in 0..<8 { hosts.failed("http://a.test:80", .zero) }
        #expect(DownloadScript([url, other], hosts: hosts).open.first?.request.url.text == other)
        let alone = DownloadScript([url], hosts: hosts)
        #expect(alone.end == .fail(.avoided(url: url, host: "a.test", wait: .seconds(15))))
    }
}
