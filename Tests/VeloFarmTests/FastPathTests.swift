import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Byte-level path", .timeLimit(.minutes(2)))
struct FastPathTests {
    private func read(_ text: String) -> PlainRequest.Outcome {
        Array(text.utf8).withUnsafeBytes { PlainRequest.read($0) }
    }

    @Test("a plain GET is read with what an answer needs, and its length is known")
    func plain() {
        let text = "GET /v2/x HTTP/1.1\r\nHost: a\r\nRANGE:  bytes=1-2 \r\nIf-None-Match: \"x\"\r\n\r\n"
        var expected = PlainRequest()
        expected.target = "/v2/x"
        expected.range = "bytes=1-2"
        expected.ifNoneMatch = "\"x\""
        #expect(read(text + "GET /next") == .plain(expected, count: text.utf8.count))
    }

    @Test(
        "what has a body, is of another version or method, or is malformed is for the server proper",
        arguments: [
            "POST /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
            "\r\nGET /x HTTP/1.1\r\n\r\n",
            "GET /x HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /x HTTP/1.1\r\nConnection: Upgrade\r\n\r\n", "GET /x y HTTP/1.1\r\n\r\n",
            "GET /x HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
        ])
    func other(_ text: String) {
        #expect(read(text) == .other(count: nil))
    }

    @Test("a head that has not come whole is waited for")
    func incomplete() {
        for text in ["", "GET /x HTT", "GET /x HTTP/1.1\r\n", "GET /x HTTP/1.1\r\nHost: a\r\n"] {
            #expect(read(text) == .incomplete)
        }
    }

    /// Several requests over one connection, the first of which are not in the cache.
    private func conversation(_ server: ServerFixture, _ requests: String) async throws -> String {
        let file = server.scratch.path.appending("requests-\(UInt32.random(in: .min ... .max))")
        try FileTree.write(Array(requests.utf8), to: file)
        let port = server.url.split(separator: ":").last ?? ""
        let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); cat \(file) >&3; timeout 10 cat <&3"
        return try await Program.run("bash", "-c", script).output
    }

    @Test("answers come in the order of the requests, cached or not, small or large")
    func order() async throws {
        try await ServerFixture.run(["hello": ""], settings: { $0.anonymous = [.read, .push, .build] }) {
            (server: ServerFixture) async throws in
            let sizes = [10, 200_000, 70_000, 11]
            var requests = ""
            for size in sizes {
                let bytes = Array(repeating: UInt8(ascii: "a") + UInt8(size % 20), count: size)
                let digest = SHA256Digest.of(bytes)
                let file = server.scratch.path.appending("blob")
                try FileTree.write(bytes, to: file)
                let name = try #require(RepositoryName("a/b"))
                try server.farm.blobs.take(file, as: digest)
                try await server.farm.database.addBlob(digest, size: size, to: name, now: 1)
                requests +=
                    "GET /v2/a/b/blobs/\(digest.ociDigest) HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            }
            let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            for round in 0..<2 {
                let answer = try await conversation(server, requests + requests + last)
                let lengths = answer.split(separator: "\r\n").compactMap { line in
                    line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
                }
                let once = sizes.flatMap { [$0, 3] }
                #expect(lengths == once + once + [3], "round \(round)")
                #expect(answer.hasSuffix("ok\n"))
            }
            #expect(server.farm.counters.fastAnswers >= 8)
        }
    }

    @Test("conditions, ranges and HEAD are answered from the cache as the server proper answers them")
    func sameAnswers() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let bottle = try #require(try await server.catalog().formulae[0].bottles.first)
            let path = "/v2/velo/test/hello/blobs/sha256:\(bottle.sha256)"
            let whole = try await server.ask(path, ["--output", "/dev/null"])
            #expect(whole.headers["content-length"] == "\(bottle.size)")
            let tag = try #require(whole.headers["etag"])
            let fast = server.farm.counters.fastAnswers
            #expect(try await server.get(path, "--header", "If-None-Match: \(tag)").status == 304)
            #expect(try await server.head(path).headers["content-length"] == "\(bottle.size)")
            let part = try await server.ask(path, ["--header", "Range: bytes=1-3", "--output", "/dev/null"])
            #expect(part.status == 206)
            #expect(part.headers["content-range"] == "bytes 1-3/\(bottle.size)")
            #expect(try await server.get(path, "--header", "Range: bytes=\(bottle.size)-").status == 416)
            let stale = try await server.ask(
                path, ["--header", "Range: bytes=1-3", "--header", "If-Range: \"other\"", "--output", "/dev/null"])
            #expect(stale.status == 200)
            #expect(server.farm.counters.fastAnswers == fast + 5)
        }
    }

    @Test("what was deleted is not answered from memory")
    func forgetting() async throws {
        try await ServerFixture.run(settings: { $0.anonymous = [.read, .push] }) {
            (server: ServerFixture) async throws in
            let digest = SHA256Digest.of(Array("gone".utf8)).ociDigest
            let sent = try await server.ask(
                "/v2/a/b/blobs/uploads/?digest=\(digest)",
                ["--request", "POST", "--data-binary", "gone", "--header", "Content-Type: application/octet-stream"])
            #expect(sent.status == 201)
            for _ in 0..<2 { #expect(try await server.get("/v2/a/b/blobs/\(digest)").body == "gone") }
            _ = try await server.ask("/v2/a/b/blobs/\(digest)", ["--request", "DELETE"])
            #expect(try await server.get("/v2/a/b/blobs/\(digest)").status == 404)
        }
    }
}
