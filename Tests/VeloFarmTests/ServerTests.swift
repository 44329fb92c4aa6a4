import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Server", .timeLimit(.minutes(2)))
struct ServerTests {
    @Test("the catalog has a strong tag, answers 304 to it, and changes with a bottle")
    func catalog() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            let first = try await server.get("/catalog/v1/catalog.json")
            #expect(first.status == 200)
            #expect(first.headers["content-type"] == "application/json")
            let tag = try #require(first.headers["etag"])
            #expect(tag.hasPrefix("\"") && tag.count == 66)
            #expect(try await server.get("/catalog/v1/catalog.json", "--header", "If-None-Match: \(tag)").status == 304)
            #expect(try first.decode(CatalogDocument.self).formulae[0].bottles.isEmpty)

            #expect(try await server.build("hello").state == .succeeded)
            let second = try await server.get("/catalog/v1/catalog.json", "--header", "If-None-Match: \(tag)")
            #expect(second.status == 200)
            let bottle = try #require(try second.decode(CatalogDocument.self).formulae[0].bottles.first)
            #expect(bottle.platform == "x86_64_linux")
            let file = try await server.get("/" + bottle.path, "--header", "Range: bytes=0-1")
            #expect(file.status == 206)
            #expect(file.headers["content-range"] == "bytes 0-1/\(bottle.size)")
        }
    }

    @Test("a flat bottle answers HEAD, GET and ranges as brew and curl want them")
    func flatBottles() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            _ = try await server.build("hello")
            let bottle = try #require(try await server.catalog().formulae[0].bottles.first)
            let path = "/bottles/hello-1.0.x86_64_linux.bottle.tar.gz"
            let head = try await server.head(path)
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "\(bottle.size)")
            #expect(
                head.headers["content-disposition"] == "attachment; filename=\"hello-1.0.x86_64_linux.bottle.tar.gz\"")
            #expect(head.headers["accept-ranges"] == "bytes")
            #expect(head.headers["last-modified"]?.hasSuffix(" GMT") == true)
            #expect(head.headers["etag"] == "\"\(bottle.sha256)\"")

            let saved = server.scratch.path.appending("saved")
            let target = saved.string
            try await Program.run("curl", "-sSf", "--range", "0-99", "-o", target, server.url + path)
            #expect(try FileTree.status(saved)?.size == 100)
            try await Program.run("curl", "-sSf", "--continue-at", "-", "-o", target, server.url + path)
            #expect(try BlobStore.digest(of: saved).hex == bottle.sha256)

            let last = try await server.get(path, "--range", "-10")
            #expect(last.headers["content-range"] == "bytes \(bottle.size - 10)-\(bottle.size - 1)/\(bottle.size)")
            let beyond = try await server.get(path, "--range", "999999-")
            #expect(beyond.status == 416)
            #expect(beyond.headers["content-range"] == "bytes */\(bottle.size)")
            let stale = try await server.get(path, "--range", "0-1", "--header", "If-Range: \"other\"")
            #expect(stale.status == 200)
            #expect(try await server.get("/bottles/hello-1.0.arm64_linux.bottle.tar.gz").status == 404)
        }
    }

    @Test("a name with signs is found however its signs are encoded")
    func encodedNames() async throws {
        try await ServerFixture.run(["libsig++@2": ""]) { server in
            let build = try await server.build("libsig++@2")
            #expect(build.state == .succeeded)
            for name in ["libsig%2B%2B%402-1.0", "libsig++@2-1.0", "libsig%2b%2b%402-1%2E0"] {
                #expect(try await server.head("/bottles/\(name).x86_64_linux.bottle.tar.gz").status == 200, "\(name)")
            }
            #expect(try await server.get("/bottles/libsigxx/2/manifests/1.0").status == 200)
            #expect(try await server.get("/v2/velo/test/libsigxx/2/manifests/1.0").status == 200)
        }
    }

    @Test("every error has one shape, and paths lead nowhere outside")
    func errors() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            let paths = [
                "/nothing", "/farm/v1/builds/7", "/farm/v1/builds/x", "/farm/v1/jobs/7/log",
                "/farm/v1/jobs/../../velod.json",
                "/bottles/..%2F..%2Ffarm.sqlite", "/bottles/%00", "/sources/sha256/../../farm.sqlite",
                "/sources/sha256/abc", "/bottles/a/b/c",
            ]
            for path in paths {
                let answer = try await server.get(path)
                #expect((400..<500).contains(answer.status), "\(path)")
                #expect(try !answer.decode(ErrorMessage.self).error.message.isEmpty, "\(path)")
            }
            let unknown = try await server.post("/farm/v1/builds", "{\"formula\":\"helo\"}")
            #expect(unknown.status == 404)
            let message = try unknown.decode(ErrorMessage.self).error
            #expect(message.message == "no tap of this farm has a formula `helo`")
            #expect(message.hints == ["similar names: hello"])
            #expect(try await server.post("/farm/v1/builds", "{\"formula\":").status == 400)
            #expect(
                try await server.post("/farm/v1/builds", "{\"formula\":\"hello\",\"platform\":\"arm64_linux\"}").status
                    == 422)
            let form = try await server.get("/farm/v1/builds", "--data", "formula=hello")
            #expect(form.status == 415)
        }
    }

    @Test("sources are served by digest")
    func sources() async throws {
        try await ServerFixture.run { server in
            let digest = SHA256Digest.of(Array("source".utf8))
            let file = server.scratch.path.appending("source")
            try FileTree.write(Array("source".utf8), to: file)
            try server.farm.sources.take(file, as: digest)
            let answer = try await server.get("/sources/sha256/\(digest.hex)")
            #expect(answer.body == "source")
            #expect(answer.headers["etag"] == "\"\(digest.hex)\"")
            let missing = SHA256Digest.of([])
            #expect(try await server.get("/sources/sha256/\(missing.hex)").status == 404)
        }
    }

    @Test("health, metrics, status and the page say what there is")
    func overview() async throws {
        try await ServerFixture.run(["hello": "desc \"<script>alert(1)</script>\""]) { server in
            _ = try await server.build("hello")
            #expect(try await server.get("/healthz").body == "ok\n")
            #expect(try await server.get("/readyz").status == 200)
            let metrics = try await server.get("/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(metrics.body.contains("velod_jobs{state=\"succeeded\"} 1\n"))
            #expect(metrics.body.contains("velod_blobs 1\n"))
            #expect(metrics.body.contains("velod_build_seconds_count{state=\"succeeded\"} 1\n"))
            #expect(metrics.body.contains("velod_http_requests_total{method=\"GET\",status=\"200\"}"))
            let status = try await server.get("/farm/v1/status").decode(FarmStatus.self)
            #expect(status.url == server.url)
            #expect(status.taps == ["velo/test"])
            #expect(status.bottles == 1)
            let page = try await server.get("/")
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.body.contains("hello 1.0"))
            #expect(page.body.contains("/bottles/hello-1.0.x86_64_linux.bottle.tar.gz"))
            #expect(!page.body.contains("<script"))
        }
    }

    @Test("the store's file going missing is noticed, not served as something else")
    func missingBlob() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            _ = try await server.build("hello")
            try #require(try await server.get("/readyz").status == 200)
            let bottle = try #require(try await server.catalog().formulae[0].bottles.first)
            try FileTree.removeFile(server.farm.blobs.path(try #require(SHA256Digest(hex: bottle.sha256))))
            #expect(try await server.get("/" + bottle.path).status == 404)
        }
    }

    @Test("taps can be changed through the server from this machine, and from nowhere else")
    func taps() async throws {
        try await ServerFixture.run { server in
            let folder = try server.scratch.write(Formulae.files(["hello": ""]), in: "more")
            let order = "{\"location\":\"\(folder)\",\"name\":\"a/b\"}"
            let through = try await server.post("/farm/v1/taps", order, "--header", "X-Forwarded-For: 192.0.2.1")
            #expect(through.status == 401)
            #expect(try await server.post("/farm/v1/taps", order, "--header", "Host: evil.example").status == 401)
            let added = try await server.post("/farm/v1/taps", order)
            #expect(added.status == 201)
            #expect(try added.decode(TapList.self).taps.map(\.formulae) == [1])
            #expect(try await server.post("/farm/v1/taps", order).status == 409)
            #expect(try await server.catalog().taps == [CatalogTap(name: "a/b", commit: nil)])
            try FileTree.write(Array(Formulae.text("two").utf8), to: folder.pushing("Formula/two.rb"))
            let updated = try await server.post("/farm/v1/taps/update", "{}")
            #expect(try updated.decode(TapList.self).taps.map(\.formulae) == [2])
            #expect(try await server.post("/farm/v1/taps/remove", "{\"name\":\"no/such\"}").status == 404)
            #expect(try await server.post("/farm/v1/taps/remove", "{\"name\":\"a/b\"}").status == 200)
            #expect(try await server.get("/farm/v1/taps").decode(TapList.self).taps.isEmpty)
        }
    }
}
