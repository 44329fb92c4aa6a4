import NIOCore
import Synchronization
import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

/// An upstream registry with one image, that misbehaves as told.
private struct FakeUpstream {
    let server: LoopbackServer
    let blob: [UInt8]
    let digest: SHA256Digest
    let index: String

    init(
        created: String = "2020-01-01T00:00:00Z", size: Int = 300_000,
        _ script: @escaping @Sendable (LoopbackServer.Request, Int, [UInt8]) -> LoopbackReply?
    ) throws {
        let blob = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let digest = SHA256Digest.of(blob)
        let text = """
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":\
            "sha256:\(String(repeating: "0", count: 64))","size":2,"annotations":{"org.opencontainers.image.ref.name":\
            "1.0.x86_64_linux","sh.brew.bottle.digest":"\(digest.hex)","sh.brew.bottle.size":"\(size)","sh.brew.tab":"{}"}}],\
            "annotations":{"org.opencontainers.image.title":"wget","org.opencontainers.image.created":"\(created)"}}
            """
        self.blob = blob
        self.digest = digest
        index = text
        server = try LoopbackServer { request, earlier in
            if let reply = script(request, earlier, blob) { return reply }
            if request.target.hasSuffix("/manifests/1.0") {
                return .text(text, [("Content-Type", "application/vnd.oci.image.index.v1+json")])
            }
            if request.target.hasSuffix(digest.ociDigest) { return .ranged(blob, request) }
            return .text("{}", status: 404)
        }
    }

    func upstream() throws -> Upstream { try #require(Upstream("http://127.0.0.1:\(server.port)")) }
    var blobPath: String { "/v2/homebrew/core/wget/blobs/\(digest.ociDigest)" }
    var blobRequests: Int { server.requests.filter { $0.target.hasSuffix(digest.ociDigest) }.count }
}

@Suite("Pull-through", .timeLimit(.minutes(2)))
struct PullThroughTests {
    /// The digest of a body that is not text.
    private func fetch(
        _ server: ServerFixture, _ path: String, _ options: String...
    ) async throws -> (status: Int, digest: SHA256Digest) {
        let file = server.scratch.path.appending("got-\(UInt32.random(in: .min ... .max))")
        let answer = try await Program.run(
            "curl", "--silent", "--max-time", "20", "--output", file.string, "--write-out", "%{http_code}",
            list: options + [server.url + path])
        return (Int(answer.output) ?? 0, FileTree.exists(file) ? try BlobStore.digest(of: file) : SHA256Digest.of([]))
    }

    private func withServer(
        _ fake: FakeUpstream, clock: TestClock? = nil, settings: (inout MirrorSettings) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let upstream = try fake.upstream()
        try await ServerFixture.run(
            clock: clock,
            settings: { choice in
                choice.upstreams = [upstream]
                settings(&choice)
            }, body)
        fake.server.stop()
    }

    @Test("what is missing comes from upstream once, is verified, kept, and served flat too")
    func once() async throws {
        let fake = try FakeUpstream { _, _, _ in nil }
        try await withServer(fake) { (server: ServerFixture) async throws in
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").body == fake.index)
            for _ in 0..<2 {
                let got = try await fetch(server, fake.blobPath)
                #expect(got.status == 200)
                #expect(got.digest == fake.digest)
            }
            let flat = try await fetch(server, "/bottles/wget-1.0.x86_64_linux.bottle.tar.gz")
            #expect(flat.digest == fake.digest)
            #expect(fake.blobRequests == 1)
            #expect(try BlobStore.digest(of: server.farm.blobs.path(fake.digest)) == fake.digest)
            #expect(fake.server.requests.filter { $0.target.contains("/manifests/1.0") }.count == 1)
        }
    }

    @Test("many who ask at once share one transfer, and get its bytes as they come")
    func herd() async throws {
        let fake = try FakeUpstream { request, _, blob in
            request.target.contains("/blobs/") ? .drip(blob, by: 30_000, every: .milliseconds(40)) : nil
        }
        try await withServer(fake) { (server: ServerFixture) async throws in
            try await withThrowingTaskGroup(of: SHA256Digest.self) { group in
                for _ in 0..<12 { group.addTask { try await fetch(server, fake.blobPath).digest } }
                for try await digest in group { #expect(digest == fake.digest) }
            }
            #expect(fake.blobRequests == 1)
            #expect(server.farm.mirror.fills.counts.joined == 11)
        }
    }

    @Test("who looked for it before it had come and asks for it after gets what has come")
    func lateAsker() async throws {
        let fixture = try FarmFixture()
        let name = try #require(RepositoryName("homebrew/core/wget"))
        let bytes = Array("brought a moment ago".utf8)
        let digest = SHA256Digest.of(bytes)
        let brought = fixture.scratch.path.appending("blob")
        try FileTree.write(bytes, to: brought)
        try fixture.farm.blobs.take(brought, as: digest)
        try await fixture.farm.database.addBlob(digest, size: bytes.count, to: name, now: 1)
        let nobody = try #require(Upstream("http://127.0.0.1:1"))
        let file = try fixture.farm.mirror.fills.fill(
            digest, for: name, from: [(nobody, nobody.blob(name.description, digest))])
        #expect(try await file.begun() == bytes.count)
        #expect(try file.read(at: 0, count: 100).readableBytesView.elementsEqual(bytes))
        #expect(try await file.bytes(beyond: bytes.count) == nil)
        #expect(fixture.farm.mirror.fills.counts.begun == 0)
        #expect(try FileTree.names(in: fixture.farm.folder.fills).isEmpty)
    }

    @Test("a transfer that breaks off goes on where it stopped, and nobody notices")
    func resuming() async throws {
        let breaks = Mutex(2)
        let fake = try FakeUpstream { request, _, blob in
            guard request.target.contains("/blobs/") else { return nil }
            let isBroken = breaks.withLock { count in
                count -= 1
                return count >= 0
            }
            guard isBroken else { return nil }
            let first = request.firstByte ?? 0
            let head =
                first > 0
                ? LoopbackReply.head(
                    206,
                    [
                        ("Content-Range", "bytes \(first)-\(blob.count - 1)/\(blob.count)"),
                        ("Content-Length", "\(blob.count - first)"),
                    ])
                : LoopbackReply.head(200, [("Content-Length", "\(blob.count)")])
            return LoopbackReply([.send(head + blob[first..<(first + 100_000)]), .close])
        }
        try await withServer(fake) { (server: ServerFixture) async throws in
            let got = try await fetch(server, fake.blobPath)
            #expect(got.status == 200)
            #expect(got.digest == fake.digest)
            #expect(fake.server.requests.compactMap(\.firstByte) == [100_000, 200_000])
        }
    }

    @Test("what is something else is cut off before its last byte, and not kept")
    func lying() async throws {
        let fake = try FakeUpstream { request, _, blob in
            guard request.target.contains("/blobs/") else { return nil }
            var other = blob
            other[1000] ^= 1
            return .body(other)
        }
        try await withServer(fake) { (server: ServerFixture) async throws in
            let file = server.scratch.path.appending("cut")
            let run = try await Program.run("curl", "--silent", "--output", file.string, server.url + fake.blobPath)
            #expect(!run.exit.isSuccess)
            let received = try FileTree.status(file)?.size ?? 0
            #expect(received < fake.blob.count)
            #expect(try server.farm.blobs.size(fake.digest) == nil)
            #expect(try FileTree.names(in: server.farm.folder.fills).isEmpty)
        }
    }

    @Test("what upstream does not have is asked once, until that is forgotten")
    func absence() async throws {
        let fake = try FakeUpstream { _, _, _ in .text("{}", status: 404) }
        let clock = TestClock()
        try await withServer(fake, clock: clock) { (server: ServerFixture) async throws in
            for _ in 0..<3 { #expect(try await server.get("/v2/homebrew/core/nothing/manifests/1").status == 404) }
            #expect(fake.server.requests.count == 1)
            clock.advance(61)
            #expect(try await server.get("/v2/homebrew/core/nothing/manifests/1").status == 404)
            #expect(fake.server.requests.count == 2)
            #expect(try await server.get("/v2/other/tap/nothing/manifests/1").status == 404)
            #expect(fake.server.requests.count == 2)
        }
    }

    @Test(
        "with upstream down, what is here is served and what is not is an error that says so", arguments: [500, 429, 0])
    func down(_ status: Int) async throws {
        let isDown = Mutex(false)
        let fake = try FakeUpstream { _, _, _ in
            guard isDown.withLock({ $0 }) else { return nil }
            return status == 0 ? LoopbackReply([.reset]) : .text("no", status: status, [("Retry-After", "0")])
        }
        let clock = TestClock()
        try await withServer(fake, clock: clock) { (server: ServerFixture) async throws in
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").status == 200)
            isDown.withLock { $0 = true }
            clock.advance(1000)
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").body == fake.index)
            let missing = try await server.get("/v2/homebrew/core/wget/manifests/2.0")
            #expect(missing.status == 502)
            #expect(missing.body.contains("127.0.0.1"))
            let blob = try await server.get(fake.blobPath)
            #expect(blob.status == 502)
        }
    }

    @Test("a tag that changed upstream is taken over when its time is up")
    func changing() async throws {
        let isNew = Mutex(false)
        let fake = try FakeUpstream { request, _, _ in
            guard isNew.withLock({ $0 }), request.target.hasSuffix("/manifests/1.0") else { return nil }
            return .text(
                "{\"schemaVersion\":2,\"manifests\":[]}", [("Content-Type", "application/vnd.oci.image.index.v1+json")])
        }
        let clock = TestClock()
        try await withServer(fake, clock: clock) { (server: ServerFixture) async throws in
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").body == fake.index)
            isNew.withLock { $0 = true }
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").body == fake.index)
            clock.advance(301)
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").body.contains("\"manifests\":[]"))
            // Whoever has the old digest still gets it.
            let old = SHA256Digest.of(Array(fake.index.utf8)).ociDigest
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/\(old)").body == fake.index)
        }
    }

    @Test("policy keeps out what is refused, too new, or for another platform")
    func policy() async throws {
        let fake = try FakeUpstream(created: "2999-01-01T00:00:00Z") { _, _, _ in nil }
        try await withServer(fake, settings: { $0.cooldownDays = 7 }) { (server: ServerFixture) async throws in
            let young = try await server.get("/v2/homebrew/core/wget/manifests/1.0")
            #expect(young.status == 403)
            #expect(young.body.contains("waits for 7 days"))
            #expect(try await server.get(fake.blobPath).status == 403)
            #expect(fake.blobRequests == 0)
        }
        let other = try FakeUpstream { _, _, _ in nil }
        try await withServer(other, settings: { $0.platforms = ["arm64_linux"] }) {
            (server: ServerFixture) async throws in
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").status == 200)
            #expect(try await server.get(other.blobPath).status == 403)
        }
        let third = try FakeUpstream { _, _, _ in nil }
        try await withServer(third, settings: { $0.refused = ["wg*"] }) { (server: ServerFixture) async throws in
            #expect(try await server.get("/v2/homebrew/core/wget/manifests/1.0").status == 403)
        }
    }

    @Test("another velod is an upstream like any other")
    func chain() async throws {
        try await ServerFixture.run(["hello": ""]) { first in
            _ = try await first.build("hello")
            let bottle = try #require(try await first.catalog().formulae[0].bottles.first)
            let upstream = try #require(Upstream(first.url))
            try await ServerFixture.run(settings: { $0.upstreams = [upstream] }) { second in
                let index = try await first.get("/v2/homebrew/core/hello/manifests/1.0").body
                #expect(try await second.get("/v2/homebrew/core/hello/manifests/1.0").body == index)
                let got = try await fetch(second, "/v2/homebrew/core/hello/blobs/sha256:\(bottle.sha256)")
                #expect(got.digest.hex == bottle.sha256)
            }
        }
    }
}
