import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Downloads over several streams")
struct ManyStreamsTests {
    static let sample = sampleBytes(3_000_000)
    let bytes = sample
    var digest: SHA256Digest { .of(bytes) }

    static func several(_ policy: inout TransferPolicy) {
        policy.streams = TransferPolicy.Streams(most: 4, isFixed: true)
        policy.pieceSize = 256 << 10
        policy.smallestShare = 32 << 10
    }

    @Test("a file comes in parts over several connections, each byte once, and the connections are used again")
    func parts() async throws {
        let server = try LoopbackServer { request, _ in .ranged(bytes, request, etag: "\"v\"") }
        defer { server.stop() }
        try await FetchFixture.with("parts", Self.several) { fixture in
            let result = try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            #expect(try SHA256Digest.ofFile(fixture.file) == digest)
            #expect(result.size == bytes.count)
            #expect(server.requests.count >= 12)
            #expect(server.connections <= 8)
            #expect(fixture.events.all.contains { if case .firstByte = $0 { true } else { false } })
        }
    }

    @Test("what was cancelled in the middle goes on from its journal: no byte of it is asked for again")
    func resumes() async throws {
        // From the eighth request on nobody gets an end.
        let server = try LoopbackServer { request, earlier in
            let reply = LoopbackReply.ranged(bytes, request, etag: "\"v\"")
            guard (6..<10).contains(earlier), case .send(let all)? = reply.steps.first else { return reply }
            return LoopbackReply([.send(Array(all.prefix(100_000))), .hold])
        }
        defer { server.stop() }
        try await FetchFixture.with(
            "resumes",
            {
                Self.several(&$0)
                $0.hedgeAfter = .seconds(60)
            }
        ) { fixture in
            let request = TransferRequest(urls: [server.url("/f")], digest: digest)
            let task = Task { await fetchError { try await fixture.download(request) } }
            while server.requests.count < 10 { try await Task.sleep(for: .milliseconds(2)) }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            guard case .cancelled? = await task.value else {
                Issue.record("it was not cancelled")
                return
            }
            let journal = try #require(DownloadJournal(FileTree.read(DownloadJournal.path(of: fixture.file))))
            #expect(journal.held.count >= 6 * (256 << 10))
            #expect(journal.total == bytes.count)
            let before = server.requests.count
            try await fixture.download(request)
            #expect(try SHA256Digest.ofFile(fixture.file) == digest)
            #expect(fixture.events.all.contains(.resumed(bytes: journal.held.count)))
            let asked = server.requests[before...].compactMap { request in
                request.firstByte.map { $0...(request.lastByte ?? bytes.count - 1) }
            }
            for range in asked {
                #expect(!journal.held.ranges.contains { $0.overlaps(range.lowerBound..<(range.upperBound + 1)) })
            }
            #expect(try FileTree.names(in: fixture.folder) == ["file"])
        }
    }

    @Test("without a digest it goes on only with the same version; another one is fetched from its beginning")
    func validators() async throws {
        for (tag, resumed) in [("\"v\"", true), ("\"w\"", false)] {
            let server = try LoopbackServer { request, earlier in
                earlier == 0
                    ? LoopbackReply.ranged(bytes, request, etag: "\"v\"").cut(to: 600_000)
                    : .ranged(bytes, request, etag: tag)
            }
            defer { server.stop() }
            try await FetchFixture.with("validators", { $0.attempts = 1 }) { fixture in
                let request = TransferRequest(urls: [server.url("/f")])
                _ = await fetchError { try await fixture.download(request) }
                #expect(FileTree.exists(fixture.partial))
                try await fixture.download(request)
                #expect(try SHA256Digest.ofFile(fixture.file) == digest)
                #expect(server.requests[1].headers["if-range"] == "\"v\"")
                #expect(fixture.events.all.contains(.responded(status: resumed ? 206 : 200, totalBytes: bytes.count)))
            }
        }
    }

    // The stall limits lie beyond the test's own time: only the hedge can end it.
    @Test("a mirror that hangs is passed by another one long before it counts as stalled", .timeLimit(.minutes(1)))
    func hedge() async throws {
        let dead = try LoopbackServer(replies: [LoopbackReply([.hold])])
        let good = try LoopbackServer { request, _ in .ranged(bytes, request) }
        defer {
            dead.stop()
            good.stop()
        }
        try await FetchFixture.with(
            "hedge",
            {
                Self.several(&$0)
                $0.hedgeAfter = .milliseconds(100)
                $0.stallLimit = CurlStallWatch.Limit(window: .seconds(600))
                $0.streamStallLimit = $0.stallLimit
            }
        ) { fixture in
            let result = try await fixture.download(
                TransferRequest(urls: [dead.url("/f"), good.url("/f")], digest: digest))
            #expect(try SHA256Digest.ofFile(fixture.file) == digest)
            #expect(result.url == good.url("/f"))
        }
    }

    @Test("a stream that drips does not decide: others take what it has left", .timeLimit(.minutes(1)))
    func slowest() async throws {
        // The first connection gives 20 bytes now and then; at that rate it would take minutes.
        let server = try LoopbackServer { request, _ in
            let reply = LoopbackReply.ranged(bytes, request)
            guard request.connection == 0, case .send(let all)? = reply.steps.first else { return reply }
            let slow = stride(from: 400, to: min(all.count, 40_000), by: 20).flatMap { start -> [LoopbackReply.Step] in
                [.pause(.milliseconds(100)), .send(Array(all[start..<min(start + 20, all.count)]))]
            }
            return LoopbackReply([.send(Array(all[..<400]))] + slow + [.hold])
        }
        defer { server.stop() }
        try await FetchFixture.with("slowest", Self.several) { fixture in
            let result = try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            #expect(try SHA256Digest.ofFile(fixture.file) == digest)
            #expect(result.elapsed < .seconds(15))
        }
    }

    @Test("the bandwidth limit is kept to, over all streams together")
    func bandwidth() async throws {
        let server = try LoopbackServer { request, _ in .ranged(bytes, request) }
        defer { server.stop() }
        try await FetchFixture.with(
            "bandwidth",
            {
                Self.several(&$0)
                $0.bandwidth = 4_000_000
            }
        ) { fixture in
            let result = try await fixture.download(TransferRequest(urls: [server.url("/f")], digest: digest))
            // Three megabytes, of which a tenth of a second's worth is on credit, and what is under way already.
            #expect(result.elapsed > .milliseconds(450))
        }
    }

    @Test("the disk's failure ends it, and is told as such")
    func diskFull() async throws {
        let server = try LoopbackServer { request, _ in .ranged(bytes, request, etag: "\"v\"") }
        defer { server.stop() }
        try await FetchFixture.with("disk", Self.several) { fixture in
            await #expect(throws: SystemError.self) {
                try await fixture.engine.download(
                    TransferRequest(urls: [server.url("/f")], digest: digest), to: "/dev/full/file")
            }
        }
    }

    @Test("offline nothing is asked")
    func offline() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("offline", { $0.isOffline = true }) { fixture in
            let request = TransferRequest(urls: [server.url("/file.tar.gz")])
            #expect(await fetchError { try await fixture.download(request) } == .offline(missing: ["file.tar.gz"]))
            #expect(await fetchError { _ = try await fixture.engine.get(server.url("/d")) } == .offline(missing: ["d"]))
            #expect(server.connections == 0)
        }
    }
}
