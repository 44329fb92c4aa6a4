import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

@Suite("Quota", .timeLimit(.minutes(2)))
struct QuotaTests {
    private static let octets = ["--header", "Content-Type: application/octet-stream"]

    private func push(_ server: ServerFixture, _ name: String, _ text: String) async throws -> ServerFixture.Answer {
        let digest = SHA256Digest.of(Array(text.utf8)).ociDigest
        return try await server.ask(
            "/v2/\(name)/blobs/uploads/?digest=\(digest)",
            ["--request", "POST", "--data-binary", text] + Self.octets)
    }

    private func text(_ letter: Character, _ count: Int) -> String { String(repeating: letter, count: count) }

    @Test("a push that would go past the quota is refused with its numbers, and what is here is served")
    func pushing() async throws {
        try await ServerFixture.run(settings: { ($0.anonymous, $0.quota) = ([.read, .push], 10_000) }) {
            (server: ServerFixture) async throws in
            #expect(try await push(server, "a/b", text("a", 9000)).status == 201)
            let refused = try await push(server, "a/b", text("b", 2000))
            #expect(refused.status == 507)
            #expect(refused.body.contains("DENIED"))
            #expect(refused.body.contains("the store has 9000 of the 10000 bytes of its quota, and 2000 more would"))
            #expect(refused.body.contains("raise `storage.quota-mib`"))
            #expect(try FileTree.names(in: server.farm.folder.uploads).isEmpty)
            #expect(try await push(server, "a/b", text("c", 1000)).status == 201)
            let full = try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"])
            #expect(full.status == 507)
            // What is here takes no more room elsewhere.
            let digest = SHA256Digest.of(Array(text("a", 9000).utf8)).ociDigest
            let mounted = try await server.ask(
                "/v2/c/d/blobs/uploads/?mount=\(digest)&from=a/b", ["--request", "POST"])
            #expect(mounted.status == 201)
            #expect(try await server.get("/v2/c/d/blobs/\(digest)").body == text("a", 9000))
        }
    }

    @Test("a push of unknown length ends where the quota does, and cannot be finished")
    func chunks() async throws {
        try await ServerFixture.run(settings: { ($0.anonymous, $0.quota) = ([.read, .push], 10_000) }) {
            (server: ServerFixture) async throws in
            let first = try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"])
            let second = try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"])
            let chunked = ["--request", "PATCH", "--header", "Transfer-Encoding: chunked"] + Self.octets
            let location = try #require(first.headers["location"])
            let sent = try await server.ask(location, chunked + ["--data-binary", text("a", 8000)])
            #expect(sent.status == 202)
            let more = try await server.ask(location, chunked + ["--data-binary", text("a", 8000)])
            #expect(more.status == 507)
            // Two that each fit alone.
            let other = try #require(second.headers["location"])
            #expect(try await server.ask(other, chunked + ["--data-binary", text("b", 6000)]).status == 202)
            let digest = SHA256Digest.of(Array(text("b", 6000).utf8))
            #expect(try await push(server, "a/b", text("c", 6000)).status == 201)
            let finished = try await server.ask("\(other)?digest=\(digest.ociDigest)", ["--request", "PUT"])
            #expect(finished.status == 507)
            #expect(try server.farm.blobs.size(digest) == nil)
        }
    }

    @Test("upstream's bottles are handed on when there is no room, and push out those that were not used for longer")
    func upstream() async throws {
        let homebrew = try HomebrewUpstream([
            .init("one", "1.0", size: 6000), .init("two", "1.0", size: 6000), .init("big", "1.0", size: 20_000),
        ])
        let upstream = try #require(Upstream(homebrew.server.url("")))
        let clock = TestClock()
        try await ServerFixture.run(
            clock: clock,
            settings: {
                $0.upstreams = [upstream]
                $0.quota = 10_000
                $0.lease = 100
            }
        ) { (server: ServerFixture) async throws in
            func pull(_ name: String, _ bytes: Int) async throws -> SHA256Digest {
                let bottle = try HomebrewUpstream.Bottle(name, "1.0", size: bytes)
                #expect(try await server.get("/v2/homebrew/core/\(name)/manifests/1.0").status == 200)
                let file = server.scratch.path.appending("got")
                let got = try await Program.run(
                    "curl", "--fail", "--silent", "--max-time", "20", "--output", file.string,
                    "\(server.url)/v2/homebrew/core/\(name)/blobs/\(bottle.digest.ociDigest)")
                #expect(got.exit.isSuccess)
                #expect(try BlobStore.digest(of: file) == bottle.digest)
                return bottle.digest
            }
            let one = try await pull("one", 6000)
            try await settled(server)
            #expect(try server.farm.blobs.size(one) == 6000)
            clock.advance(1000)
            let two = try await pull("two", 6000)
            try await settled(server)
            #expect(try server.farm.blobs.size(two) == nil)
            #expect(server.farm.mirror.fills.counts.unkept == 1)
            // What the server does by itself a few seconds later.
            #expect(server.farm.quota.takeWish())
            let report = try await server.farm.collector(for: 6000).run(isDryRun: false)
            #expect(report.removals.contains { $0.name == one.ociDigest })
            #expect(try server.farm.blobs.size(one) == nil)
            _ = try await pull("two", 6000)
            try await settled(server)
            #expect(try server.farm.blobs.size(two) == 6000)
            // Larger than all of it: never kept, always served.
            for _ in 0..<2 { _ = try await pull("big", 20_000) }
            try await settled(server)
            #expect(try FileTree.names(in: server.farm.folder.fills).isEmpty)
        }
        homebrew.server.stop()
    }

    private func settled(_ server: ServerFixture) async throws {
        for _ in 0..<1000 where server.farm.mirror.fills.runningCount > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test("a bottle that was built is kept past the quota, after a collection; sources and sets are refused")
    func building() async throws {
        let clock = TestClock()
        try await ServerFixture.run(
            ["hello": ""], clock: clock,
            settings: {
                $0.anonymous = [.read, .push, .build]
                $0.quota = 1000
            }
        ) { (server: ServerFixture) async throws in
            #expect(try await push(server, "a/b", text("a", 900)).status == 201)
            clock.advance(30 * 86400)
            // The blob that no manifest names makes room.
            #expect(try await server.build("hello").state == .succeeded)
            let digest = SHA256Digest.of(Array(text("a", 900).utf8))
            #expect(try server.farm.blobs.size(digest) == nil)
            let source = server.scratch.path.appending("source.tar.gz")
            try FileTree.write(Array(text("s", 5000).utf8), to: source)
            let refusal = await #expect(throws: RegistryProblem.self) {
                try await AdminDesk(farm: server.farm).carryOut(.addSources(paths: [source.string]))
            }
            #expect(refusal?.summary.contains("5000 more would go past it") == true)
        }
    }
}
