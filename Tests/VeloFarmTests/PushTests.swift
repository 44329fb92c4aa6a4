import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Pushing", .timeLimit(.minutes(2)))
struct PushTests {
    private static let octets = ["--header", "Content-Type: application/octet-stream"]

    private func run(_ body: (ServerFixture) async throws -> Void) async throws {
        try await ServerFixture.run(settings: { $0.anonymous = [.read, .push] }, body)
    }

    private func begin(_ server: ServerFixture, _ name: String) async throws -> String {
        let begun = try await server.ask("/v2/\(name)/blobs/uploads/", ["--request", "POST"])
        #expect(begun.status == 202)
        return try #require(begun.headers["location"])
    }

    /// Sends a blob whole; its digest.
    private func push(_ server: ServerFixture, _ name: String, _ text: String) async throws -> String {
        let digest = SHA256Digest.of(Array(text.utf8)).ociDigest
        let location = try await begin(server, name)
        let sent = try await server.ask(
            "\(location)?digest=\(digest)", ["--request", "PUT", "--data-binary", text] + Self.octets)
        #expect(sent.status == 201, "\(sent.body)")
        return digest
    }

    private func manifest(_ config: String, _ size: Int, subject: String? = nil) -> String {
        let subject = subject.map { ",\"subject\":{\"mediaType\":\"a/b\",\"digest\":\"\($0)\",\"size\":1}" } ?? ""
        return """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
            "application/vnd.oci.image.config.v1+json","digest":"\(config)","size":\(size)},"layers":[]\(subject)}
            """
    }

    private func put(_ server: ServerFixture, _ path: String, _ text: String) async throws -> ServerFixture.Answer {
        let type = "Content-Type: application/vnd.oci.image.manifest.v1+json"
        return try await server.ask(path, ["--request", "PUT", "--header", type, "--data-binary", text])
    }

    @Test("a blob comes in chunks, in order and from where the last one ended")
    func chunks() async throws {
        try await run { (server: ServerFixture) async throws in
            let location = try await begin(server, "a/b")
            let first = try await server.ask(
                location,
                ["--request", "PATCH", "--header", "Content-Range: 0-4", "--data-binary", "hello"] + Self.octets)
            #expect(first.status == 202)
            #expect(first.headers["range"] == "0-4")
            let wrong = try await server.ask(
                location,
                ["--request", "PATCH", "--header", "Content-Range: 9-13", "--data-binary", "world"] + Self.octets)
            #expect(wrong.status == 416)
            #expect(try await server.get(location).headers["range"] == "0-4")
            let digest = SHA256Digest.of(Array("helloworld".utf8)).ociDigest
            let last = try await server.ask(
                "\(location)?digest=\(digest)",
                ["--request", "PUT", "--header", "Content-Range: 5-9", "--data-binary", "world"] + Self.octets)
            #expect(last.status == 201)
            #expect(try await server.get("/v2/a/b/blobs/\(digest)").body == "helloworld")
            #expect(try await server.get("/v2/c/d/blobs/\(digest)").status == 404)
            #expect(try await server.get(location).status == 404)
        }
    }

    @Test("a blob that is something else is refused and kept nowhere")
    func wrongDigest() async throws {
        try await run { (server: ServerFixture) async throws in
            let location = try await begin(server, "a/b")
            let digest = SHA256Digest.of(Array("hello".utf8))
            let sent = try await server.ask(
                "\(location)?digest=\(digest.ociDigest)", ["--request", "PUT", "--data-binary", "hullo"] + Self.octets)
            #expect(sent.status == 400)
            #expect(sent.body.contains("DIGEST_INVALID"))
            #expect(try server.farm.blobs.size(digest) == nil)
            #expect(try FileTree.names(in: server.farm.folder.uploads).isEmpty)
        }
    }

    @Test("a blob is mounted into another repository without sending it, and one that is unknown is not")
    func mounting() async throws {
        try await run { (server: ServerFixture) async throws in
            let digest = try await push(server, "a/b", "mounted")
            let mounted = try await server.ask(
                "/v2/c/d/blobs/uploads/?mount=\(digest)&from=a/b", ["--request", "POST"])
            #expect(mounted.status == 201)
            #expect(try await server.get("/v2/c/d/blobs/\(digest)").body == "mounted")
            let other = SHA256Digest.of([1]).ociDigest
            let unknown = try await server.ask("/v2/c/d/blobs/uploads/?mount=\(other)&from=a/b", ["--request", "POST"])
            #expect(unknown.status == 202)
        }
    }

    @Test("a manifest is taken when all that it names is there, and not before")
    func manifestNeedsItsBlobs() async throws {
        try await run { (server: ServerFixture) async throws in
            let early = try await put(server, "/v2/a/b/manifests/1.0", manifest(SHA256Digest.of([1]).ociDigest, 1))
            #expect(early.status == 404)
            #expect(early.body.contains("MANIFEST_BLOB_UNKNOWN"))
            let config = try await push(server, "a/b", "{}")
            let text = manifest(config, 2)
            let taken = try await put(server, "/v2/a/b/manifests/1.0", text)
            #expect(taken.status == 201)
            let digest = SHA256Digest.of(Array(text.utf8)).ociDigest
            #expect(taken.headers["docker-content-digest"] == digest)
            for reference in ["1.0", digest] {
                #expect(try await server.get("/v2/a/b/manifests/\(reference)").body == text)
            }
            #expect(try await put(server, "/v2/a/b/manifests/\(SHA256Digest.of([2]).ociDigest)", text).status == 400)
            #expect(try await put(server, "/v2/a/b/manifests/1.1", "{not json").status == 400)
        }
    }

    @Test("tags come in pages, and go one by one or with their manifest")
    func tagsAndDeletion() async throws {
        try await run { (server: ServerFixture) async throws in
            let config = try await push(server, "a/b", "{}")
            let text = manifest(config, 2)
            for tag in ["1", "2", "3"] { _ = try await put(server, "/v2/a/b/manifests/\(tag)", text) }
            let page = try await server.get("/v2/a/b/tags/list?n=2")
            #expect(page.body == #"{"name":"a/b","tags":["1","2"]}"#)
            #expect(page.headers["link"] == "</v2/a/b/tags/list?n=2&last=2>; rel=\"next\"")
            #expect(try await server.get("/v2/a/b/tags/list?n=2&last=2").body == #"{"name":"a/b","tags":["3"]}"#)
            #expect(try await server.ask("/v2/a/b/manifests/3", ["--request", "DELETE"]).status == 202)
            #expect(try await server.get("/v2/a/b/manifests/3").status == 404)
            let digest = SHA256Digest.of(Array(text.utf8)).ociDigest
            #expect(try await server.get("/v2/a/b/manifests/\(digest)").status == 200)
            #expect(try await server.ask("/v2/a/b/manifests/\(digest)", ["--request", "DELETE"]).status == 202)
            #expect(try await server.get("/v2/a/b/manifests/\(digest)").status == 404)
            #expect(try await server.get("/v2/a/b/tags/list").body == #"{"name":"a/b","tags":[]}"#)
            #expect(try await server.get("/v2/a/b/blobs/\(config)").status == 200)
            #expect(try await server.ask("/v2/a/b/blobs/\(config)", ["--request", "DELETE"]).status == 202)
            #expect(try await server.get("/v2/a/b/blobs/\(config)").status == 404)
        }
    }

    @Test("a manifest's referrers are listed, all or those of a type")
    func referrers() async throws {
        try await run { (server: ServerFixture) async throws in
            let config = try await push(server, "a/b", "{}")
            let subject = SHA256Digest.of(Array(manifest(config, 2).utf8)).ociDigest
            _ = try await put(server, "/v2/a/b/manifests/1.0", manifest(config, 2))
            let signature = manifest(config, 2, subject: subject)
            let put = try await put(server, "/v2/a/b/manifests/sig", signature)
            #expect(put.headers["oci-subject"] == subject)
            let all = try await server.get("/v2/a/b/referrers/\(subject)")
            #expect(all.headers["content-type"] == "application/vnd.oci.image.index.v1+json")
            #expect(all.body.contains(SHA256Digest.of(Array(signature.utf8)).ociDigest))
            let none = try await server.get("/v2/a/b/referrers/\(subject)?artifactType=x/y")
            #expect(none.headers["oci-filters-applied"] == "artifactType")
            #expect(none.body.contains("\"manifests\":[]"))
            #expect(try await server.get("/v2/a/b/referrers/\(config)").body.contains("\"manifests\":[]"))
        }
    }

    @Test("skopeo pushes an image and pulls the same one", .enabled(if: Program.has("skopeo")))
    func skopeo() async throws {
        try await ServerFixture.run(["hello": ""], settings: { $0.anonymous = [.read, .push, .build] }) {
            (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let host = server.url.dropFirst("http://".count)
            let layout = server.scratch.path.appending("layout")
            func copy(_ words: String...) async throws {
                let result = try await Program.run(
                    "skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false",
                    list: words)
                try #require(result.exit.isSuccess, "\(result.output)")
            }
            try await copy("docker://\(host)/velo/test/hello:1.0", "oci:\(layout):1.0")
            try await copy("--format=oci", "oci:\(layout):1.0", "docker://\(host)/pushed/tap/hello:1.0")
            let original = try await server.get("/v2/velo/test/hello/manifests/1.0").body
            #expect(try await server.get("/v2/pushed/tap/hello/manifests/1.0").body == original)
            let bottle = try #require(try await server.catalog().formulae[0].bottles.first)
            #expect(try await server.farm.database.flatFiles("hello-1.0.x86_64_linux.bottle.tar.gz").count == 2)
            #expect(try await server.get("/v2/pushed/tap/hello/blobs/sha256:\(bottle.sha256)").status == 200)
        }
    }
}
