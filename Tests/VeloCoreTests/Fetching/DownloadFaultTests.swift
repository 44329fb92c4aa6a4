import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Downloads from a server that misbehaves")
struct DownloadFaultTests {
    static let sample = sampleBytes(300_000)
    let bytes = sample
    var digest: SHA256Digest { .of(bytes) }

    /// Downloads from a server that breaks the first answer, and checks that the file is right in the end.
    func recover(
        _ name: String, etag: String? = "\"v1\"", _ first: LoopbackReply,
        policy: (inout TransferPolicy) -> Void = { _ in },
        _ check: (FetchFixture, LoopbackServer) throws -> Void
    ) async throws {
        let server = try LoopbackServer { request, earlier in
            earlier == 0 ? first : .ranged(bytes, request, etag: etag)
        }
        defer { server.stop() }
        try await FetchFixture.with(name, policy) { fixture in
            try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            let arrived = SHA256Digest.of(try FileTree.read(fixture.file))
            #expect(arrived == digest)
            try check(fixture, server)
        }
    }

    @Test("a body that ends early is continued where it stopped")
    func truncated() async throws {
        let first = LoopbackReply.broken(bytes, after: 100_000, .close, [("ETag", "\"v1\"")])
        try await recover("truncated", first) { fixture, server in
            #expect(server.requests.count == 2)
            #expect(server.requests.last?.headers["range"] == "bytes=100000-")
            #expect(server.requests.last?.headers["if-range"] == "\"v1\"")
            #expect(fixture.events.all.contains(.responded(status: 206, totalBytes: bytes.count)))
        }
    }

    @Test("a reset connection is continued where it stopped")
    func reset() async throws {
        try await recover("reset", .broken(bytes, after: 50_000, .reset)) { fixture, server in
            #expect(server.requests.count == 2)
            #expect(fixture.events.names.contains("retrying"))
        }
    }

    @Test("chunks that break off are continued")
    func chunks() async throws {
        let first = LoopbackReply.chunks([Array(bytes[..<70_000])], isEnded: false)
        try await recover("chunks", first) { _, server in
            #expect(server.requests.last?.headers["range"] == "bytes=70000-")
        }
    }

    @Test("a file that changed in between is fetched from its beginning")
    func changed() async throws {
        let first = LoopbackReply.broken(sampleBytes(300_000, seed: 3), after: 90_000, .close, [("ETag", "\"v0\"")])
        try await recover("changed", first) { fixture, server in
            #expect(server.requests.last?.headers["if-range"] == "\"v0\"")
            #expect(fixture.events.all.contains(.responded(status: 200, totalBytes: bytes.count)))
        }
    }

    @Test("bytes that were wrong from the start are found out, and all of it is fetched again")
    func wrongPrefix() async throws {
        let first = LoopbackReply.broken(sampleBytes(300_000, seed: 3), after: 90_000, .close)
        try await recover("prefix", etag: nil, first) { _, server in
            #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=90000-", nil])
        }
    }

    @Test("a server that stands still is left, and asked for the rest")
    func stall() async throws {
        let limit = CurlStallWatch.Limit(window: .milliseconds(150), floor: 1000)
        try await recover("stall", .broken(bytes, after: 60_000, .hold), policy: { $0.stallLimit = limit }) {
            fixture, server in
            #expect(server.requests.last?.headers["range"] == "bytes=60000-")
            #expect(
                fixture.events.all.contains(
                    .retrying(reason: .stalled(url: server.url("/f"), limit: limit), delay: .seconds(1))))
        }
    }

    @Test("a drip below the floor counts as standing still")
    func drip() async throws {
        let limit = CurlStallWatch.Limit(window: .milliseconds(150), floor: 1000)
        try await recover(
            "drip", .drip(bytes, by: 10, every: .milliseconds(20)), policy: { $0.stallLimit = limit }
        ) { _, server in
            #expect(server.requests.count == 2)
        }
    }

    @Test("a server that ignores the range sends all, and that is taken as such")
    func ignoresRange() async throws {
        let server = try LoopbackServer { _, earlier in
            earlier == 0 ? .broken(bytes, after: 1000, .close) : .body(bytes)
        }
        defer { server.stop() }
        try await FetchFixture.with("ignores") { fixture in
            try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            let arrived = SHA256Digest.of(try FileTree.read(fixture.file))
            #expect(arrived == digest)
            #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=1000-"])
        }
    }

    @Test("a server that sends another range is asked for all of it")
    func wrongRange() async throws {
        let server = try LoopbackServer { request, earlier in
            if earlier == 0 { return .broken(bytes, after: 1000, .close) }
            if request.firstByte == nil { return .body(bytes) }
            return .body(bytes, status: 206, [("Content-Range", "bytes 0-299999/300000")])
        }
        defer { server.stop() }
        try await FetchFixture.with("range") { fixture in
            try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=1000-", nil])
        }
    }

    @Test("a length other than the known size is refused before the body")
    func wrongLength() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("length") { fixture in
            let error = await fetchError {
                try await fixture.download(TransferRequest(urls: [server.url("/f")], size: 299_999))
            }
            #expect(error == .sizeMismatch(url: server.url("/f"), expected: 299_999, actual: 300_000))
            #expect(!fixture.events.names.contains("received"))
        }
    }

    @Test("more bytes than the known size are not taken, when no length was told")
    func tooMany() async throws {
        let server = try LoopbackServer(replies: [.unmeasured(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("more") { fixture in
            let error = await fetchError {
                try await fixture.download(TransferRequest(urls: [server.url("/f")], size: 1000))
            }
            guard case .sizeMismatch(_, 1000, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let left = try FileTree.names(in: fixture.folder)
            #expect(left == [])
        }
    }

    @Test("fewer bytes than the known size are continued, when no length was told")
    func unmeasuredTruncation() async throws {
        let first = LoopbackReply.unmeasured(Array(bytes[..<5000]))
        let server = try LoopbackServer { request, earlier in earlier == 0 ? first : .ranged(bytes, request) }
        defer { server.stop() }
        try await FetchFixture.with("fewer") { fixture in
            try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest, size: bytes.count))
            #expect(server.requests.last?.headers["range"] == "bytes=5000-")
        }
    }

    @Test("what is no HTTP is an interruption")
    func garbage() async throws {
        let server = try LoopbackServer(replies: [
            LoopbackReply([.send(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .close])
        ])
        defer { server.stop() }
        try await FetchFixture.with("garbage", { $0.attempts = 1 }) { fixture in
            let error = await fetchError { try await fixture.download(TransferRequest(urls: [server.url("/f")])) }
            #expect(error?.severity == .temporary)
        }
    }

    @Test("cancelling is prompt, keeps what has arrived, and the next run goes on from there")
    func cancelAndResume() async throws {
        let server = try LoopbackServer { request, earlier in
            earlier == 0 ? .broken(bytes, after: 100_000, .hold) : .ranged(bytes, request)
        }
        defer { server.stop() }
        try await FetchFixture.with("cancel") { fixture in
            let request = TransferRequest(urls: [server.url("/f")], digest: digest)
            let task = Task { await fetchError { try await fixture.download(request) } }
            while (try FileTree.status(fixture.partial)?.size ?? 0) < 100_000 {
                try await Task.sleep(for: .milliseconds(2))
            }
            let before = ContinuousClock.now
            task.cancel()
            let error = await task.value
            // Long before the stall limit would end it.
            #expect(ContinuousClock.now - before < .seconds(10))
            guard case .cancelled? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await fixture.download(request)
            let arrived = SHA256Digest.of(try FileTree.read(fixture.file))
            #expect(arrived == digest)
            #expect(server.requests.last?.headers["range"] == "bytes=100000-")
        }
    }

    @Test("a cancelled task sends nothing")
    func cancelledBefore() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("before") { fixture in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await fetchError { try await fixture.download(TransferRequest(urls: [server.url("/f")])) }
            }
            task.cancel()
            guard case .cancelled? = await task.value else {
                Issue.record("it was not cancelled")
                return
            }
        }
    }

    @Test("a folder that is not there is the disk's failure, and nobody is asked")
    func noFolder() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("folder") { fixture in
            let file = fixture.folder.appending("missing").appending("file")
            await #expect(throws: SystemError.self) {
                try await fixture.engine.download(TransferRequest(urls: [server.url("/f")]), to: file)
            }
            #expect(server.requests.isEmpty)
        }
    }
}
