import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Downloads from a server")
struct DownloadTests {
    static let sample = sampleBytes(300_000)
    let bytes = sample
    var digest: SHA256Digest { .of(bytes) }

    @Test("a good answer becomes the file, with its digest, and the events come in order")
    func success() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("success") { fixture in
            let url = server.url("/file")
            let result = try await fixture.download(TransferRequest(urls: [url], digest: digest, size: bytes.count))
            #expect(try SHA256Digest.of(FileTree.read(fixture.file)) == digest)
            #expect(result.digest == digest)
            #expect(result.size == bytes.count)
            #expect(!FileTree.exists(fixture.partial))
            #expect(
                fixture.events.names
                    == ["started", "responded", "firstByte", "received", "progress", "verified", "finished"])
            #expect(fixture.events.all[1] == .responded(status: 200, totalBytes: bytes.count))
            #expect(fixture.events.all.contains(.received(bytes: bytes.count)))
            #expect(fixture.events.all.last == .finished(result))
            #expect(server.requests.first?.headers["user-agent"]?.hasPrefix("Velocity/") == true)
            #expect(server.requests.first?.headers["accept-encoding"] == nil)
        }
    }

    @Test("an unknown digest is computed, and an empty file is a file")
    func empty() async throws {
        let server = try LoopbackServer(replies: [.body([])])
        defer { server.stop() }
        try await FetchFixture.with("empty") { fixture in
            let result = try await fixture.download(TransferRequest(urls: [server.url("/")]))
            #expect(result.digest == .of([]))
            #expect(try FileTree.read(fixture.file) == [])
        }
    }

    @Test("wrong bytes are an error with both digests, and leave nothing behind")
    func digestMismatch() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("mismatch") { fixture in
            let expected = SHA256Digest.of([1])
            let error = await fetchError {
                try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: expected))
            }
            #expect(error == .digestMismatch(url: server.url("/f"), expected: expected, actual: digest))
            #expect(error?.summary.contains(digest.hex) == true && error?.summary.contains(expected.hex) == true)
            let left = try FileTree.names(in: fixture.folder)
            #expect(left == [])
            #expect(server.requests.count == 1)
        }
    }

    @Test("wrong bytes of one mirror do not spoil those of the next")
    func mismatchThenMirror() async throws {
        let bad = try LoopbackServer(replies: [.body(sampleBytes(300_000, seed: 8))])
        let good = try LoopbackServer(replies: [.body(bytes)])
        defer {
            bad.stop()
            good.stop()
        }
        try await FetchFixture.with("mirrors") { fixture in
            let result = try await fixture.download(
                TransferRequest(urls: [bad.url("/f"), good.url("/f")], digest: digest))
            #expect(result.url == good.url("/f"))
            #expect(try SHA256Digest.of(FileTree.read(fixture.file)) == digest)
        }
    }

    @Test("a missing file is asked for once, and then the next mirror, in order")
    func missingThenMirror() async throws {
        let server = try LoopbackServer { request, _ in
            switch request.target {
            case "/third": .body(bytes)
            case "/second": .text("not here", status: 404)
            default: .text("gone", status: 410)
            }
        }
        defer { server.stop() }
        try await FetchFixture.with("order") { fixture in
            let urls = ["/first", "/second", "/third", "/fourth"].map(server.url)
            try await fixture.download(TransferRequest(urls: urls, digest: digest))
            #expect(server.requests.map(\.target) == ["/first", "/second", "/third"])
            #expect(server.connections == 1)
        }
    }

    @Test("what the server says about a refusal is told")
    func refusal() async throws {
        let server = try LoopbackServer(replies: [.text("no such bottle\nreally", status: 404)])
        defer { server.stop() }
        try await FetchFixture.with("refusal") { fixture in
            let error = await fetchError { try await fixture.download(TransferRequest(urls: [server.url("/f")])) }
            #expect(error?.summary == "`\(server.url("/f"))` answered 404 not found: no such bottle")
            #expect(error?.severity == .refused)
            let left = try FileTree.names(in: fixture.folder)
            #expect(left == [])
        }
    }

    @Test("a busy server is given the time it asks for")
    func retryAfter() async throws {
        let server = try LoopbackServer(replies: [
            .text("busy", status: 503, [("Retry-After", "7")]), .text("busy", status: 429), .body(bytes),
        ])
        defer { server.stop() }
        try await FetchFixture.with("busy") { fixture in
            try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            #expect(fixture.events.delays == [.seconds(7), .seconds(2)])
            #expect(server.requests.count == 3)
        }
    }

    @Test("a redirect to another host is followed without the caller's credentials")
    func redirect() async throws {
        let target = try LoopbackServer(replies: [.body(bytes)])
        let server = try LoopbackServer { request, _ in
            request.target == "/f" ? .redirect(to: "/g") : .redirect(to: target.url("/h"), status: 307)
        }
        defer {
            server.stop()
            target.stop()
        }
        try await FetchFixture.with("redirect") { fixture in
            let headers: CurlHeaders = ["Authorization": "Bearer secret"]
            let result = try await fixture.download(
                TransferRequest(urls: [server.url("/f")], digest: digest, headers: headers))
            #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer secret", "Bearer secret"])
            #expect(target.requests.map { $0.headers["authorization"] } == [nil])
            #expect(result.url == target.url("/h"))
        }
    }

    @Test("nobody there is said with the host, and may work later")
    func unreachable() async throws {
        let server = try LoopbackServer(replies: [.body([])])
        let url = server.url("/f")
        server.stop()
        try await FetchFixture.with("nobody", { $0.attempts = 2 }) { fixture in
            let error = await fetchError { try await fixture.download(TransferRequest(urls: [url])) }
            guard case .unreachable(url, "127.0.0.1", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.severity == .temporary)
            #expect(fixture.events.delays.count == 1)
        }
    }

    @Test("files are fetched only where that is allowed")
    func localFiles() async throws {
        try await FetchFixture.with("file") { fixture in
            let source = fixture.folder.appending("source")
            try FileTree.write(bytes, to: source)
            let request = TransferRequest(urls: ["file://\(source)"], digest: digest)
            guard case .unusableURL? = await fetchError({ try await fixture.download(request) }) else {
                Issue.record("it was read")
                return
            }
            var policy = fixture.engine.policy
            policy.allowsFiles = true
            let allowed = TransferEngine(policy: policy)
            defer { allowed.shutdown() }
            #expect(try await allowed.download(request, to: fixture.file).size == bytes.count)
        }
    }

    @Test("no more than the allowed number of requests to one host run at once")
    func concurrency() async throws {
        let server = try LoopbackServer { _, _ in .drip(sampleBytes(400), by: 100, every: .milliseconds(10)) }
        defer { server.stop() }
        try await FetchFixture.with("many", { $0.connectionsPerHost = 2 }) { fixture in
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        _ = try await fixture.engine.download(
                            TransferRequest(urls: [server.url("/\(number)")]), to: fixture.folder.appending("\(number)")
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 8)
            #expect(server.connections <= 2)
        }
    }
}
