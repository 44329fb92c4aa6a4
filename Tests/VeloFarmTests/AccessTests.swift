import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Access", .timeLimit(.minutes(2)))
struct AccessTests {
    private func token(
        _ server: ServerFixture, _ name: String, _ scopes: [AccessScope], expires: Double? = nil
    ) async throws -> String {
        try await server.farm.access.tokens.add(name: name, scopes: scopes, expires: expires).secret.text
    }

    private func upload(_ server: ServerFixture, _ options: [String]) async throws -> Int {
        try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"] + options).status
    }

    @Test("pushing takes a token with that scope, as bearer or as a password; what brew sends without one is nobody")
    func pushing() async throws {
        try await ServerFixture.run { (server: ServerFixture) async throws in
            let push = try await token(server, "ci", [.push])
            let read = try await token(server, "reader", [.read])
            #expect(try await upload(server, []) == 401)
            #expect(try await upload(server, ["--header", "Authorization: Bearer QQ=="]) == 401)
            #expect(try await upload(server, ["--header", "Authorization: Bearer \(read)"]) == 403)
            #expect(try await upload(server, ["--header", "Authorization: Bearer \(push)"]) == 202)
            #expect(try await upload(server, ["--user", "anybody:\(push)"]) == 202)
            #expect(try await upload(server, ["--user", "anybody:velo_wrong"]) == 401)
            let catalog = "/catalog/v1/catalog.json"
            #expect(try await server.get(catalog, "--header", "Authorization: Bearer QQ==").status == 200)
            try await server.farm.access.tokens.remove("ci")
            #expect(try await upload(server, ["--header", "Authorization: Bearer \(push)"]) == 401)
        }
    }

    @Test("a token runs out at its time")
    func expiry() async throws {
        let clock = TestClock()
        try await ServerFixture.run(clock: clock) { (server: ServerFixture) async throws in
            let secret = try await token(server, "short", [.push], expires: clock.now() + 100)
            #expect(try await upload(server, ["--header", "Authorization: Bearer \(secret)"]) == 202)
            clock.advance(101)
            #expect(try await upload(server, ["--header", "Authorization: Bearer \(secret)"]) == 401)
        }
    }

    @Test("with anonymous reading off, nothing is read without a token, from memory neither")
    func closed() async throws {
        try await ServerFixture.run(["hello": ""], settings: { $0.anonymous = [] }) {
            (server: ServerFixture) async throws in
            let build = try await token(server, "builder", [.read, .build])
            let path = "/catalog/v1/catalog.json"
            let show = ["--header", "Authorization: Bearer \(build)"]
            for _ in 0..<2 {
                #expect(try await server.ask(path, show).status == 200)
                #expect(try await server.get(path).status == 401)
                #expect(try await server.get(path, "--header", "Authorization: Bearer QQ==").status == 401)
            }
            #expect(try await server.get("/healthz").status == 200)
            let order = ["--header", "Content-Type: application/json", "--data", "{\"formula\":\"hello\"}"]
            #expect(try await server.ask("/farm/v1/builds", order).status == 401)
            #expect(try await server.ask("/farm/v1/builds", order + show).status == 201)
            try await server.farm.access.tokens.remove("builder")
            server.farm.access.forget()
            #expect(try await server.ask(path, show).status == 401)
        }
    }

    @Test("clients of registries learn where to ask for a token, and get the one that they have")
    func challenge() async throws {
        try await ServerFixture.run { (server: ServerFixture) async throws in
            let open = try await server.get("/v2/")
            #expect(open.status == 200)
            let secret = try await token(server, "ci", [.push])
            let asked = try await server.get("/v2/")
            #expect(asked.status == 401)
            #expect(asked.headers["www-authenticate"] == "Bearer realm=\"\(server.url)/token\",service=\"velod\"")
            let own = try await server.get("/token?service=velod", "--user", "me:\(secret)")
            #expect(own.body.contains("\"token\":\"\(secret)\""))
            #expect(try await server.get("/token?service=velod").body.contains("\"token\":\"QQ==\""))
            #expect(try await server.get("/token", "--user", "me:velo_nonsense").status == 401)
            let shown = try await server.get("/v2/", "--header", "Authorization: Bearer QQ==")
            #expect(shown.status == 200)
        }
    }

    @Test("skopeo pushes with a token as its password", .enabled(if: Program.has("skopeo")))
    func skopeo() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let secret = try await token(server, "ci", [.push])
            let host = server.url.dropFirst("http://".count)
            func copy(_ words: [String]) async throws -> Bool {
                try await Program.run(
                    "skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false",
                    list: words + ["docker://\(host)/velo/test/hello:1.0", "docker://\(host)/copy/of/hello:1.0"]
                ).exit.isSuccess
            }
            #expect(try await copy(["--dest-creds", "ci:\(secret)"]))
            #expect(try await !copy(["--dest-creds", "ci:velo_wrong"]))
            #expect(
                try await server.get("/v2/copy/of/hello/manifests/1.0", "--header", "Authorization: Bearer QQ==").status
                    == 200)
        }
    }

    @Test("secrets are stored nowhere, and what was done with them is in the audit log")
    func secrecy() async throws {
        try await ServerFixture.run { (server: ServerFixture) async throws in
            let secret = try await token(server, "ci", [.push])
            _ = try await upload(server, ["--header", "Authorization: Bearer \(secret)"])
            _ = try await upload(server, [])
            let database =
                try FileTree.read(server.farm.folder.database)
                + FileTree.read(FilePath("\(server.farm.folder.database)-wal"))
            #expect(!String(decoding: database, as: UTF8.self).contains(secret.dropFirst(5)))
            let log = try FileTree.readText(server.farm.folder.audit)
            #expect(!log.contains(secret))
            let lines = log.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.contains("\"who\":\"ci\"") == true)
            #expect(lines.last?.contains("\"status\":401") == true)
        }
    }

    @Test("whoever asks too often is told to wait, and others are not")
    func rates() {
        let clock = TestClock()
        let limiter = RateLimiter(perSecond: 5, now: clock.now)
        let allowed = (0..<20).filter { _ in limiter.allows("a") }.count
        #expect(allowed == 10)
        #expect(limiter.allows("b"))
        clock.advance(1)
        #expect((0..<20).filter { _ in limiter.allows("a") }.count == 5)
    }

    @Test("a certificate that was replaced is used for the next connection")
    func certificates() async throws {
        let scratch = try Scratch()
        let (chain, key) = (scratch.path.appending("tls.crt"), scratch.path.appending("tls.key"))
        func make(_ name: String) async throws {
            let made = try await Program.run(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key.string,
                "-out", chain.string)
            try #require(made.exit.isSuccess, "\(made.output)")
        }
        try await make("first")
        try await ServerFixture.run(
            ["hello": ""], scratch: scratch,
            settings: { settings in
                settings.certificate = chain
                settings.key = key
            }
        ) { (server: ServerFixture) async throws in
            #expect(server.url.hasPrefix("https://"))
            let port = server.url.split(separator: ":").last ?? ""
            func subject() async throws -> String {
                try await Program.run(
                    "bash", "-c",
                    "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 -noout -subject"
                ).output
            }
            #expect(try await subject().contains("first"))
            for _ in 0..<2 {
                #expect(try await server.get("/catalog/v1/catalog.json", "--cacert", chain.string).status == 200)
            }
            try await make("second")
            let certificate = try Certificate(chain: chain, key: key)
            #expect(try !certificate.reload())
            try await make("third")
            #expect(try certificate.reload())
            try FileTree.write(Array("nonsense".utf8), to: key)
            #expect(throws: CertificateError.self) { try certificate.reload() }
        }
    }
}
