import FoundationEssentials
import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

@Suite("brew 6 as a client", .timeLimit(.minutes(2)))
struct BrewSixClientTests {
    private func bottles(_ version: String = "1.25.0") throws -> [HomebrewUpstream.Bottle] {
        let all = try #require(PlatformTag("all"))
        return [
            try .init("wget", version, dependencies: ["openssl@3", "ca-certificates"]),
            try .init("openssl@3", "3.6.1_1", rebuild: 2, size: 3_000_000, dependencies: ["ca-certificates"]),
            try .init("ca-certificates", "2026-10-01", tag: all),
            try .init("gtk+3", "3.24.51"),
        ]
    }

    /// A mirror of Homebrew, and clients of it that each have their own cache.
    private func withMirror(
        clock: TestClock? = nil, _ settings: (inout MirrorSettings) -> Void = { _ in },
        _ body: (ServerFixture, HomebrewUpstream) async throws -> Void
    ) async throws {
        let homebrew = try HomebrewUpstream(bottles())
        let upstream = try #require(Upstream(homebrew.server.url("")))
        try await ServerFixture.run(
            clock: clock,
            settings: { choice in
                choice.upstreams = [upstream]
                choice.apiUpstream = homebrew.server.url("/api")
                settings(&choice)
            }
        ) { server in try await body(server, homebrew) }
        homebrew.server.stop()
    }

    private func client(
        _ server: ServerFixture, _ set: (inout BrewSixClient.Settings) -> Void
    ) throws -> BrewSixClient {
        var settings = BrewSixClient.Settings()
        settings.apiDomain = server.url + "/api"
        set(&settings)
        return try BrewSixClient(settings, cache: FileTree.makeScratch(in: server.scratch.path, prefix: "brew-"))
    }

    private func blob(_ bottle: HomebrewUpstream.Bottle) -> String {
        "GET /v2/homebrew/core/\(bottle.name.imageName)/blobs/\(bottle.digest.ociDigest) 200"
    }

    @Test("HOMEBREW_ARTIFACT_DOMAIN: install, fetch and upgrade take one request for each manifest and bottle")
    func artifactDomain() async throws {
        let clock = TestClock(at: Double(HomebrewUpstream.firstDay + 10_000))
        try await withMirror(clock: clock) { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let client = try client(server) { $0.artifactDomain = server.url }
            try await client.update()
            #expect(client.takeLog() == ["GET /api/\(HomebrewUpstream.apiPath) 200"])
            #expect(try FileTree.readText(client.packagesFile) == homebrew.packages)

            let installed = try await client.fetch(["wget"])
            #expect(Set(installed.keys) == ["wget", "openssl@3", "ca-certificates"])
            #expect(installed.values.allSatisfy { $0.tab?.contains("changed_files") == true })
            let needed = try bottles().prefix(3)
            let manifests = needed.map {
                "GET /v2/homebrew/core/\($0.name.imageName)/manifests/\($0.name.imageTag) 200"
            }
            #expect(client.takeLog().sorted() == (manifests + needed.map(blob)).sorted())
            // What brew has by digest it does not ask for again: reinstall.
            _ = try await client.fetch(["wget"])
            #expect(client.takeLog().isEmpty)
            // Another machine gets it from here.
            let before = homebrew.requests.count
            let other = try self.client(server) { $0.artifactDomain = server.url }
            try await other.update()
            _ = try await other.fetch(["wget"])
            #expect(homebrew.requests.count == before)

            let newer = try bottles("1.26.0")
            homebrew.publish(newer, at: HomebrewUpstream.firstDay + 20_000)
            clock.advance(20_000)
            touch(client.packagesFile, clock.now() - 500)
            try await client.update()
            #expect(try FileTree.readText(client.packagesFile) == homebrew.packages)
            _ = client.takeLog()
            _ = try await client.fetch(["wget"])
            #expect(client.takeLog() == ["GET /v2/homebrew/core/wget/manifests/1.26.0 200", blob(newer[0])])
        }
    }

    @Test("HOMEBREW_BOTTLE_DOMAIN: a HEAD says all that is needed, the manifest comes with a placeholder token")
    func bottleDomain() async throws {
        try await withMirror { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            // brew leaves a slash at the end as it is.
            for domain in ["/bottles", "/bottles/"] {
                let client = try client(server) { $0.bottleDomain = server.url + domain }
                try await client.update()
                _ = client.takeLog()
                let installed = try await client.fetch(["openssl@3", "gtk+3"])
                #expect(installed.values.allSatisfy { $0.tab != nil })
                let flat = [
                    "openssl%403-3.6.1_1.x86_64_linux.bottle.2.tar.gz", "gtk%2B3-3.24.51.x86_64_linux.bottle.tar.gz",
                    "ca-certificates-2026-10-01.all.bottle.tar.gz",
                ]
                let manifests = [
                    "openssl/3/manifests/3.6.1_1-2", "gtkx3/manifests/3.24.51", "ca-certificates/manifests/2026-10-01",
                ]
                let expected =
                    manifests.map { "GET \(domain)/\($0) 200" }
                    + flat.flatMap { ["HEAD \(domain)/\($0) 200", "GET \(domain)/\($0) 200"] }
                #expect(client.takeLog().sorted() == expected.sorted())
                let names = installed.values.compactMap { $0.file.lastComponent?.string.split(separator: "--").last }
                #expect(names.sorted() == flat.map { String($0) }.sorted().map { Substring($0) })
                // What is in the cache by its flat name is looked at again, and stays.
                _ = try await client.fetch(["openssl@3", "gtk+3"])
                #expect(client.takeLog().sorted() == flat.map { "HEAD \(domain)/\($0) 200" }.sorted())
            }
            #expect(homebrew.requests.filter { $0.hasPrefix("GET /cdn/") }.count == 3)
        }
    }

    @Test("a flat bottle that no mirror has is three quick refusals, and brew goes on to Homebrew's own")
    func absence() async throws {
        try await withMirror { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let client = try client(server) { $0.bottleDomain = server.url + "/bottles" }
            try await client.update()
            let gone = try bottles()
            homebrew.publish([], at: HomebrewUpstream.firstDay + 1)
            _ = client.takeLog()
            await #expect(throws: BrewSixClient.Failed.self) { try await client.fetch(["gtk+3"]) }
            let flat = "/bottles/\(gone[3].name.flatFilename)"
            #expect(
                client.takeLog() == [
                    "GET /bottles/gtkx3/manifests/3.24.51 404",
                    "GET \(BrewSixClient.registry)/gtkx3/manifests/3.24.51 0",
                    "HEAD \(flat) 404", "GET… \(flat) 404", "GET \(flat) 404",
                    "GET \(BrewSixClient.registry)/gtkx3/blobs/\(gone[3].digest.ociDigest) 0",
                ])
        }
    }

    @Test("what has come of a bottle is gone on with, be it here already or on its way")
    func resuming() async throws {
        try await withMirror { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let openssl = try bottles()[1]
            for round in 0..<2 {
                let client = try client(server) { $0.artifactDomain = server.url }
                try await client.update()
                let url = "\(BrewSixClient.registry)/openssl/3/blobs/\(openssl.digest.ociDigest)"
                let target = client.location(url, openssl.name.localFilename)
                try FileTree.write(Array(openssl.bytes.prefix(1_000_000)), to: FilePath("\(target).incomplete"))
                _ = client.takeLog()
                _ = try await client.fetch(["openssl@3"])
                let path = "/v2/homebrew/core/openssl/3/blobs/\(openssl.digest.ociDigest)"
                let asked = client.takeLog().filter { $0.contains(path) }
                #expect(asked == ["HEAD \(path) 200", "GET \(path) 206"], "round \(round)")
                #expect(try BlobStore.digest(of: target) == openssl.digest)
            }
            #expect(homebrew.requests.filter { $0 == "GET /cdn/\(openssl.digest.hex)" }.count == 1)
        }
    }

    @Test("where reading needs a token, brew's two variables and an address with a user open it, and nobody's does not")
    func credentials() async throws {
        try await withMirror({ $0.anonymous = [] }) {
            (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let secret = try await server.farm.access.tokens.add(name: "team", scopes: [.read], expires: nil).secret
                .text
            let open = server.url.replacing("://", with: "://any:\(secret)@")
            let basic = Data("any:\(secret)".utf8).base64EncodedString()
            let choices: [(inout BrewSixClient.Settings) -> Void] = [
                { ($0.artifactDomain, $0.dockerRegistryToken) = (server.url, secret) },
                { ($0.artifactDomain, $0.dockerRegistryBasicAuthToken) = (server.url, basic) },
                { ($0.bottleDomain, $0.dockerRegistryToken) = (open + "/bottles", secret) },
            ]
            for choice in choices {
                let client = try client(server) {
                    $0.apiDomain = open + "/api"
                    choice(&$0)
                }
                try await client.update()
                let installed = try await client.fetch(["wget"])
                #expect(installed.count == 3)
                #expect(installed.values.allSatisfy { $0.tab != nil })
            }
            let nobody = try client(server) { $0.bottleDomain = server.url + "/bottles" }
            await #expect(throws: BrewSixClient.Failed.self) { try await nobody.update() }
            #expect(nobody.takeLog().first == "GET /api/\(HomebrewUpstream.apiPath) 401")
            let asked = try await server.get(
                "/bottles/gtkx3/manifests/3.24.51", "--header", "Authorization: Bearer QQ==")
            #expect(asked.status == 401)
        }
    }

    private func touch(_ file: FilePath, _ seconds: Double) { FileTree.setModified(file, Int(seconds)) }

    @Test("brew, which touches what it has whenever it asks, gets what came here after its last question")
    func touchedDocuments() async throws {
        let day = Double(HomebrewUpstream.firstDay)
        let clock = TestClock(at: day + 1000)
        try await withMirror(clock: clock) { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let client = try client(server) { _ in }
            try await client.update()
            clock.advance(200)
            touch(client.packagesFile, clock.now())
            // Homebrew publishes, and the mirror does not know yet.
            homebrew.publish(try bottles("1.26.0"), at: Int(clock.now()) - 50)
            try await client.update()
            #expect(client.takeLog().last == "GET /api/\(HomebrewUpstream.apiPath) 304")
            touch(client.packagesFile, clock.now())
            clock.advance(460)
            try await client.update()
            #expect(client.takeLog().last == "GET /api/\(HomebrewUpstream.apiPath) 200")
            #expect(try FileTree.readText(client.packagesFile) == homebrew.packages)
            touch(client.packagesFile, clock.now())
            clock.advance(400)
            touch(client.packagesFile, clock.now())
            try await client.update()
            #expect(client.takeLog().last == "GET /api/\(HomebrewUpstream.apiPath) 304")
        }
    }

    @Test("a pinned day is what brew gets, whatever it had before")
    func pinnedDay() async throws {
        let clock = TestClock(at: Double(HomebrewUpstream.firstDay + 1000))
        try await withMirror(clock: clock) { (server: ServerFixture, homebrew: HomebrewUpstream) async throws in
            let live = try client(server) { _ in }
            try await live.update()
            let first = homebrew.packages
            _ = try await AdminDesk(farm: server.farm).carryOut(.freezeSnapshot(day: "2023-11-14"))
            homebrew.publish(try bottles("1.26.0"), at: HomebrewUpstream.firstDay + 90_000)
            clock.advance(100_000)
            try await live.update()
            #expect(try FileTree.readText(live.packagesFile) == homebrew.packages)
            touch(live.packagesFile, clock.now())
            // The same machine, with the day in its settings now.
            let pinned = try BrewSixClient(
                .init(apiDomain: server.url + "/api/@2023-11-14"), cache: live.cache)
            try await pinned.update()
            #expect(try FileTree.readText(live.packagesFile) == first)
            // And back again: with what Homebrew publishes next.
            touch(live.packagesFile, clock.now())
            homebrew.publish(try bottles("1.27.0"), at: HomebrewUpstream.firstDay + 100_100)
            clock.advance(500)
            try await live.update()
            #expect(try FileTree.readText(live.packagesFile) == homebrew.packages)
        }
    }
}
