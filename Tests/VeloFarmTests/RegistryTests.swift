import FoundationEssentials
import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Registry", .timeLimit(.minutes(2)))
struct RegistryTests {
    private struct Index: Decodable {
        struct Entry: Decodable {
            struct Platform: Decodable { var architecture: String, os: String }
            var mediaType: String, digest: String
            var size: Int
            var platform: Platform?
            var annotations: [String: String]
        }
        var schemaVersion: Int
        var mediaType: String
        var manifests: [Entry]
        var annotations: [String: String]
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test("the index tells brew the bottle's digest, size, name and tab")
    func index() async throws {
        try await ServerFixture.run(["hello": "", "app": "depends_on \"hello\""]) { server in
            _ = try await server.build("app")
            let formula = try #require(try await server.catalog().formulae.first { $0.name == "app" })
            let bottle = try #require(formula.bottles.first)
            let answer = try await server.get(
                "/v2/homebrew/core/app/manifests/1.0", "--header", "Authorization: Bearer QQ==", "--header",
                "Accept: application/vnd.oci.image.index.v1+json")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/vnd.oci.image.index.v1+json")
            #expect(answer.headers["docker-content-digest"] == SHA256Digest.of(Array(answer.body.utf8)).ociDigest)
            let index = try decode(Index.self, answer.body)
            #expect(index.schemaVersion == 2)
            let entry = try #require(index.manifests.first)
            #expect(entry.platform?.architecture == "amd64")
            #expect(entry.annotations["sh.brew.bottle.digest"] == bottle.sha256)
            #expect(entry.annotations["sh.brew.bottle.size"] == "\(bottle.size)")
            #expect(entry.annotations["org.opencontainers.image.ref.name"] == "1.0.x86_64_linux")
            #expect(entry.annotations["sh.brew.path_exec_files"] == "bin/app")
            let tab = try WireCoding.decode(Tab.self, from: Array(try #require(entry.annotations["sh.brew.tab"]).utf8))
            #expect(tab.changedFiles == ["bin/app"])
            #expect(tab.runtimeDependencies?.map(\.fullName) == ["velo/test/hello"])
            #expect(index.annotations["org.opencontainers.image.title"] == "app")

            for path in ["/v2/velo/test/app/manifests/1.0", "/bottles/app/manifests/1.0"] {
                #expect(try await server.get(path).body == answer.body)
            }
            #expect(try await server.get("/v2/velo/test/app/manifests/\(entry.digest)").status == 200)
        }
    }

    @Test("an image that two taps have is nobody's under homebrew/core")
    func ambiguity() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            let other = try server.scratch.write(Formulae.files(["hello": ""]), in: "other")
            _ = try await server.farm.taps.add(name: "other/tap", location: other.string, workingFolder: "/")
            _ = try await server.build("velo/test/hello")
            #expect(try await server.get("/v2/homebrew/core/hello/manifests/1.0").status == 200)
            _ = try await server.build("other/tap/hello")
            #expect(try await server.get("/v2/homebrew/core/hello/manifests/1.0").status == 404)
            #expect(try await server.get("/v2/velo/test/hello/manifests/1.0").status == 200)
            #expect(try await server.get("/v2/other/tap/hello/manifests/1.0").status == 200)
            let file = "hello-1.0.x86_64_linux.bottle.tar.gz"
            #expect(try await server.get("/bottles/\(file)").status == 409)
            #expect(try await server.get("/bottles/velo/test/\(file)").status == 200)
            #expect(try await server.get("/bottles/other/tap/\(file)").status == 200)
            #expect(try await server.get("/bottles/no/tap/\(file)").status == 404)
        }
    }

    @Test("a bottle's flat name without a tap is that of homebrew/core, where both are here")
    func coreFirst() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            let core = try server.scratch.write(Formulae.files(["hello": "revision 0"]), in: "core")
            _ = try await server.farm.taps.add(name: "homebrew/core", location: core.string, workingFolder: "/")
            for name in ["velo/test/hello", "homebrew/core/hello"] {
                #expect(try await server.build(name).state == .succeeded)
            }
            let bottles = try await server.farm.database.bottles()
            let own = try #require(bottles.first { $0.tap == "homebrew/core" })
            let file = "hello-1.0.x86_64_linux.bottle.tar.gz"
            let answer = try await server.head("/bottles/\(file)")
            #expect(answer.status == 200)
            #expect(answer.headers["etag"] == "\"\(own.digest.hex)\"")
            #expect(try await server.get("/bottles/velo/test/\(file)", "--output", "/dev/null").status == 200)
        }
    }

    @Test("what is not there is refused as the protocol words it")
    func refusals() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            _ = try await server.build("hello")
            let expected = [
                ("/v2/velo/test/hello/manifests/9.9", 404, "MANIFEST_UNKNOWN"),
                ("/v2/velo/test/nothing/manifests/1.0", 404, "MANIFEST_UNKNOWN"),
                ("/v2/velo/test/hello/blobs/sha256:\(SHA256Digest.of([]).hex)", 404, "BLOB_UNKNOWN"),
                ("/v2/velo/test/hello/blobs/sha256:abc", 400, "DIGEST_INVALID"),
                ("/v2/velo/test/nothing/tags/list", 404, "NAME_UNKNOWN"),
                ("/v2/_nothing", 404, "NAME_UNKNOWN"),
            ]
            for (path, status, code) in expected {
                let answer = try await server.get(path)
                #expect(answer.status == status, "\(path)")
                #expect(
                    answer.body.hasPrefix("{\"errors\":[{\"code\":\"\(code)\"") || answer.body.contains("\"\(code)\""),
                    "\(path)")
            }
            #expect(try await server.get("/v2/").status == 200)
            let tags = try await server.get("/v2/velo/test/hello/tags/list")
            #expect(tags.body == "{\"name\":\"velo/test/hello\",\"tags\":[\"1.0\"]}")
        }
    }

    @Test("skopeo copies a bottle, and what arrives runs", .enabled(if: Program.has("skopeo")))
    func skopeo() async throws {
        try await ServerFixture.run(["hello": ""]) { server in
            _ = try await server.build("hello")
            let host = server.url.dropFirst("http://".count)
            let layout = server.scratch.path.appending("layout")
            let copy = try await Program.run(
                "skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false",
                "docker://\(host)/velo/test/hello:1.0", "oci:\(layout):1.0")
            try #require(copy.exit.isSuccess, "\(copy.output)")
            let bottle = try #require(try await server.catalog().formulae[0].bottles.first)
            let blob = layout.pushing("blobs/sha256").appending(bottle.sha256)
            #expect(try BlobStore.digest(of: blob).hex == bottle.sha256)
            try await Program.run("tar", "-C", server.scratch.path.string, "-xzf", blob.string)
            let run = try await Program.run(server.scratch.path.pushing("hello/1.0/bin/hello").string)
            #expect(run.output == "hello 1.0\n")

            let inspect = try await Program.run(
                "skopeo", "inspect", "--tls-verify=false", "--config", "docker://\(host)/homebrew/core/hello:1.0")
            #expect(inspect.exit.isSuccess, "\(inspect.output)")
            #expect(inspect.output.contains("\"architecture\": \"amd64\""))
        }
    }
}
