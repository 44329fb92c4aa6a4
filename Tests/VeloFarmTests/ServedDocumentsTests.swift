import Synchronization
import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

@Suite("Catalog, API and git", .timeLimit(.minutes(2)))
struct ServedDocumentsTests {
    @Test("the catalog in pieces is signed, is that in one, and changes in few of them")
    func shards() async throws {
        let formulae = Dictionary(uniqueKeysWithValues: (0..<40).map { ("f\($0)", "") })
        try await ServerFixture.run(formulae) { (server: ServerFixture) async throws in
            let bytes = try await server.get("/catalog/v2/head.json")
            let head = try bytes.decode(CatalogHead.self)
            let signature = try await server.get("/catalog/v2/head.json.sig").decode(CatalogSignature.self)
            let key = try await server.get("/catalog/key").body.filter { !$0.isNewline }
            #expect(signature.key == key)
            #expect(signature.verifies(Array(bytes.body.utf8)))
            #expect(!signature.verifies(Array((bytes.body + " ").utf8)))
            var all: [CatalogFormula] = []
            for shard in Set(head.shards) {
                let answer = try await server.get("/catalog/sha256/\(shard.hex)")
                #expect(SHA256Digest.of(Array(answer.body.utf8)) == shard)
                all += try answer.decode(CatalogShard.self).formulae
            }
            let whole = try await server.catalog()
            #expect(all.sorted { $0.name < $1.name } == whole.formulae.sorted { $0.name < $1.name })
            _ = try await server.build("f7")
            try await Task.sleep(for: .milliseconds(1100))
            let next = try await server.get("/catalog/v2/head.json").decode(CatalogHead.self)
            let changed = zip(head.shards, next.shards).filter { $0 != $1 }.count
            #expect(changed == 1)
            #expect(next.revision > head.revision)
        }
    }

    @Test("API documents pass through byte for byte, conditionally, and stay as they were on their day")
    func api() async throws {
        let version = Mutex(1)
        let upstream = try LoopbackServer { request, _ in
            guard request.target.hasSuffix("/formula.jws.json") else { return .text("no", status: 404) }
            let number = version.withLock { $0 }
            let headers = [
                ("Last-Modified", "Sun, 0\(number) Nov 2026 10:00:00 GMT"), ("ETag", "\"\(number)\""),
                ("Content-Type", "application/json"),
            ]
            if request.headers["if-none-match"] == "\"\(number)\"" { return .text("", status: 304, headers) }
            return .text("{\"payload\":\"[\(number)]\",\"signatures\":[]}", headers)
        }
        let clock = TestClock()
        try await ServerFixture.run(clock: clock, settings: { $0.apiUpstream = upstream.url("/api") }) {
            (server: ServerFixture) async throws in
            let first = try await server.get("/api/formula.jws.json")
            #expect(first.body == "{\"payload\":\"[1]\",\"signatures\":[]}")
            #expect(first.headers["last-modified"] == "Sun, 01 Nov 2026 10:00:00 GMT")
            let condition = "If-Modified-Since: Sun, 01 Nov 2026 10:00:00 GMT"
            #expect(try await server.get("/api/formula.jws.json", "--header", condition).status == 304)
            #expect(upstream.requests.count == 1)
            let frozen = try await AdminDesk(farm: server.farm).carryOut(.freezeSnapshot(day: "2026-11-01"))
            #expect(frozen.lines == ["@2026-11-01/formula.jws.json"])
            version.withLock { $0 = 2 }
            clock.advance(1000)
            #expect(try await server.get("/api/formula.jws.json").body.contains("[2]"))
            for day in ["2026-11-01", "2026-11-20"] {
                for _ in 0..<2 { #expect(try await server.get("/api/@\(day)/formula.jws.json").body.contains("[1]")) }
            }
            #expect(try await server.get("/api/@2026-10-31/formula.jws.json").status == 404)
            #expect(try await server.get("/api/@yesterday/formula.jws.json").status == 400)
            #expect(try await server.get("/api/../velod.json").status == 404)
            upstream.stop()
            clock.advance(1000)
            #expect(try await server.get("/api/formula.jws.json").body.contains("[2]"))
        }
    }

    @Test("git clones a tap, be it a folder or a repository, and fetches what is new")
    func git() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            let clone = server.scratch.path.appending("clone")
            let cloned = try await Program.run(
                "git", "clone", "--quiet", "\(server.url)/git/velo/homebrew-test", clone.string)
            try #require(cloned.exit.isSuccess, "\(cloned.output)")
            #expect(FileTree.exists(clone.pushing("Formula/hello.rb")))
            _ = try server.scratch.write(Formulae.files(["more": ""]), in: "tap")
            _ = try await server.farm.taps.update("velo/test")
            let pulled = try await Program.run("git", "-C", clone.string, "pull", "--quiet")
            #expect(pulled.exit.isSuccess, "\(pulled.output)")
            #expect(FileTree.exists(clone.pushing("Formula/more.rb")))
            let shallow = try await Program.run(
                "git", "clone", "--quiet", "--depth=1", "\(server.url)/git/velo/test.git", clone.string + "-shallow")
            #expect(shallow.exit.isSuccess, "\(shallow.output)")
            let pushed = try await Program.run("git", "-C", clone.string, "push", "origin", "HEAD:refs/heads/other")
            #expect(!pushed.exit.isSuccess)
            #expect(try await server.get("/git/velo/nothing/info/refs?service=git-upload-pack").status == 404)
        }
    }

    @Test("a source that is missing is fetched from where its formula has it, once")
    func sourceByRequest() async throws {
        let bytes = Array(repeating: UInt8(7), count: 100_000)
        let upstream = try LoopbackServer { request, _ in .ranged(bytes, request) }
        let digest = SHA256Digest.of(bytes)
        let body = "resource \"extra\" do\n  url \"\(upstream.url("/extra.tar.gz"))\"\n  sha256 \"\(digest.hex)\"\nend"
        try await ServerFixture.run(["hello": body]) { (server: ServerFixture) async throws in
            for _ in 0..<2 {
                let got = try await server.ask("/sources/sha256/\(digest.hex)", ["--output", "/dev/null"])
                #expect(got.status == 200)
                #expect(got.headers["content-length"] == "100000")
            }
            #expect(upstream.requests.map(\.target) == ["/extra.tar.gz"])
            #expect(try await server.get("/sources/sha256/\(SHA256Digest.of([1]).hex)").status == 404)
        }
        upstream.stop()
    }

    @Test("sources that were added are served by digest")
    func sources() async throws {
        try await ServerFixture.run { (server: ServerFixture) async throws in
            let file = server.scratch.path.appending("source.tar.gz")
            try FileTree.write(Array("source".utf8), to: file)
            let digest = SHA256Digest.of(Array("source".utf8))
            let report = try await AdminDesk(farm: server.farm).carryOut(.addSources(paths: [file.string]))
            #expect(report.lines == ["\(digest)  \(file)"])
            for _ in 0..<2 { #expect(try await server.get("/sources/sha256/\(digest.hex)").body == "source") }
            #expect(FileTree.exists(file))
        }
    }
}
