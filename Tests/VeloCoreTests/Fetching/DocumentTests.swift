import Synchronization
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Documents")
struct DocumentTests {
    @Test("an answer comes with status, headers and body")
    func get() async throws {
        let server = try LoopbackServer(replies: [.text("{}", [("ETag", "\"e\""), ("Content-Type", "a/b")])])
        defer { server.stop() }
        try await FetchFixture.with("get") { fixture in
            let response = try await fixture.engine.get(server.url("/d"), headers: ["Accept": "a/b"])
            #expect(response.status == 200)
            #expect(response.headers["etag"] == "\"e\"")
            #expect(response.body == Array("{}".utf8))
            #expect(server.requests.first?.headers["accept"] == "a/b")
            #expect(server.requests.first?.headers["accept-encoding"]?.contains("gzip") == true)
        }
    }

    @Test("not modified is an answer")
    func notModified() async throws {
        let server = try LoopbackServer { request, _ in
            request.headers["if-none-match"] == "\"e\""
                ? LoopbackReply([.send(LoopbackReply.head(304, []))]) : .text("new")
        }
        defer { server.stop() }
        try await FetchFixture.with("304") { fixture in
            let response = try await fixture.engine.get(server.url("/d"), headers: ["If-None-Match": "\"e\""])
            #expect(response.status == 304)
            #expect(response.body == [])
        }
    }

    @Test("a broken document is fetched again from its beginning")
    func retried() async throws {
        let text = Array("whole document".utf8)
        let server = try LoopbackServer(replies: [.broken(text, after: 5, .close), .body(text)])
        defer { server.stop() }
        try await FetchFixture.with("again") { fixture in
            let response = try await fixture.engine.get(server.url("/d"))
            #expect(response.body == text)
            #expect(server.requests.map { $0.headers["range"] } == [nil, nil])
        }
    }

    @Test("a refusal is an error with its status")
    func refused() async throws {
        let server = try LoopbackServer(replies: [.text(#"{"error":"no"}"#, status: 403)])
        defer { server.stop() }
        try await FetchFixture.with("refused") { fixture in
            let error = await fetchError { _ = try await fixture.engine.get(server.url("/d")) }
            #expect(error?.statusCode == 403)
            #expect(error?.hints == ["check the token for this server"])
        }
    }

    @Test("a host that fails again and again is left alone, and asked again after a pause")
    func breaker() async throws {
        let isUp = Mutex(false)
        let clock = Mutex(Duration.seconds(100))
        let server = try LoopbackServer { _, _ in
            isUp.withLock { $0 } ? .text("here") : .text("down", status: 503)
        }
        defer { server.stop() }
        try await FetchFixture.with(
            "breaker",
            {
                $0.attempts = 1
                $0.breaker.failures = 3
                $0.breaker.pause = .seconds(15)
            }, now: { clock.withLock { $0 } }
        ) { fixture in
            for _ in 0..<3 {
                let error = await fetchError { _ = try await fixture.engine.get(server.url("/d")) }
                #expect(error?.statusCode == 503)
            }
            let avoided = await fetchError { _ = try await fixture.engine.get(server.url("/other")) }
            guard case .avoided? = avoided else {
                Issue.record("not avoided: \(String(describing: avoided))")
                return
            }
            #expect(server.requests.count == 3)
            isUp.withLock { $0 = true }
            clock.withLock { $0 += .seconds(15) }
            for _ in 0..<2 {
                let answer = try await fixture.engine.get(server.url("/d"))
                #expect(answer.body == Array("here".utf8))
            }
        }
    }

    @Test("refusals of what is asked for, and of too much at once, are no sign that a host is ill")
    func answersAreHealthy() async throws {
        let server = try LoopbackServer { request, _ in
            request.target == "/busy" ? .text("busy", status: 429) : .text("no", status: 404)
        }
        defer { server.stop() }
        try await FetchFixture.with(
            "healthy",
            {
                $0.attempts = 1
                $0.breaker.failures = 2
            }
        ) { fixture in
            for _ in 0..<4 {
                let missing = await fetchError { _ = try await fixture.engine.get(server.url("/d")) }
                #expect(missing?.statusCode == 404)
                let busy = await fetchError { _ = try await fixture.engine.get(server.url("/busy")) }
                #expect(busy?.statusCode == 429)
            }
            #expect(server.requests.count == 8)
        }
    }

    @Test("a document that is too large is stopped, whether or not its length is told")
    func tooLarge() async throws {
        let large = sampleBytes(5000)
        let server = try LoopbackServer(replies: [.body(large), .unmeasured(large)])
        defer { server.stop() }
        try await FetchFixture.with("large", { $0.documentLimit = 1000 }) { fixture in
            for _ in 0..<2 {
                let error = await fetchError { _ = try await fixture.engine.get(server.url("/d")) }
                #expect(error == .tooLarge(url: server.url("/d"), limit: 1000))
            }
        }
    }

    @Test("a posted body arrives with its headers, an empty one too", arguments: [0, 2_000_000])
    func post(_ count: Int) async throws {
        let body = sampleBytes(count)
        let server = try LoopbackServer(replies: [.text("thanks", status: 201)])
        defer { server.stop() }
        try await FetchFixture.with("post") { fixture in
            let response = try await fixture.engine.post(
                server.url("/p"), body: body, headers: ["Content-Type": "application/json"])
            #expect(response.status == 201)
            #expect(response.body == Array("thanks".utf8))
            let request = try #require(server.requests.first)
            #expect(request.method == "POST")
            let isWhole = request.body == body
            #expect(isWhole)
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["expect"] == nil)
        }
    }

    @Test("a posted body is not sent again after an answer that broke off")
    func postOnce() async throws {
        let server = try LoopbackServer(replies: [.broken([1, 2, 3], after: 1, .reset)])
        defer { server.stop() }
        try await FetchFixture.with("once") { fixture in
            await #expect(throws: FetchError.self) { try await fixture.engine.post(server.url("/p"), body: [1]) }
            #expect(server.requests.count == 1)
        }
    }

    @Test("a line break in a header smuggles nothing in")
    func headerInjection() async throws {
        let server = try LoopbackServer(replies: [.text("fine")])
        defer { server.stop() }
        try await FetchFixture.with("inject") { fixture in
            _ = try await fixture.engine.get(server.url("/d"), headers: ["X-A": "1\r\nX-B: 2", "X-C": ""])
            let headers = try #require(server.requests.first?.headers)
            #expect(headers["x-a"] == nil && headers["x-b"] == nil)
            #expect(headers["x-c"] == "")
        }
    }

    @Test("a password in a URL is used, and shown nowhere")
    func password() async throws {
        let server = try LoopbackServer(replies: [.text("no", status: 404)])
        defer { server.stop() }
        try await FetchFixture.with("password") { fixture in
            let error = await fetchError {
                _ = try await fixture.engine.get("http://user:secret@127.0.0.1:\(server.port)/d")
            }
            #expect(server.requests.first?.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ=")
            #expect(error?.summary.contains("secret") == false)
        }
    }

    @Test("an engine that was shut down begins anew with the next request")
    func afterShutdown() async throws {
        let server = try LoopbackServer(replies: [.text("fine")])
        defer { server.stop() }
        try await FetchFixture.with("shutdown") { fixture in
            for _ in 0..<3 {
                _ = try await fixture.engine.get(server.url("/d"))
                fixture.engine.shutdown()
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test("shutting down ends what is under way")
    func shutdownCancels() async throws {
        let server = try LoopbackServer(replies: [.broken([1, 2], after: 1, .hold)])
        defer { server.stop() }
        try await FetchFixture.with("ends") { fixture in
            let task = Task { await fetchError { _ = try await fixture.engine.get(server.url("/d")) } }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            fixture.engine.shutdown()
            #expect(await task.value == .cancelled(url: server.url("/d")))
        }
    }
}
