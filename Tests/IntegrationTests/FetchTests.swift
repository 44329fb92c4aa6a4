import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// `velo fetch` as a person or a script runs it: processes, servers, signals.
@Suite("Fetching", .serialized)
struct FetchTests {
    static let bytes: [UInt8] = {
        var state: UInt64 = 42
        return (0..<4_000_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }()
    static let digest = SHA256Digest.of(bytes)

    static func with(
        _ name: String, _ environment: [String: String] = [:],
        _ body: (_ velo: Program, _ folder: FilePath) async throws -> Void
    ) async throws {
        try await Scratch.with(name) { scratch in
            let own = ["HOME": scratch.path.string, "VELO_PROGRESS": "plain", "no_proxy": "*"]
            let velo = try Program.built("velo", environment: own.merging(environment) { $1 })
            try await body(velo, scratch.path)
        }
    }

    /// A server that takes its time: so many milliseconds for each 64 KiB.
    static func slowServer(_ pause: Int) throws -> LoopbackServer {
        try LoopbackServer { request, _ in
            guard case .send(let all)? = LoopbackReply.ranged(bytes, request, etag: "\"v\"").steps.first else {
                return LoopbackReply([.close])
            }
            let parts = stride(from: 0, to: all.count, by: 1 << 16).flatMap { start -> [LoopbackReply.Step] in
                [.send(Array(all[start..<min(start + 1 << 16, all.count)])), .pause(.milliseconds(pause))]
            }
            return LoopbackReply(parts)
        }
    }

    @Test("a file comes with its digest, in text and in JSON; the second time nobody is asked")
    func success() async throws {
        let server = try LoopbackServer { request, _ in .ranged(Self.bytes, request, etag: "\"v\"") }
        defer { server.stop() }
        try await Self.with("success") { velo, folder in
            let result = try await velo.run(
                "fetch", server.url("/a.tar.gz"), "--sha256", Self.digest.hex, directory: folder, mergesErrors: false)
            #expect(result.status == 0)
            #expect(result.text == "\(Self.digest.hex)  a.tar.gz\n")
            #expect(try SHA256Digest.ofFile(folder.appending("a.tar.gz")) == Self.digest)
            let asked = server.requests.count
            let again = try await velo.run(
                "fetch", server.url("/a.tar.gz"), "--sha256", Self.digest.hex, "--json", directory: folder,
                mergesErrors: false)
            #expect(again.text.contains(#""from_cache" : true"#) && again.text.contains(Self.digest.hex))
            #expect(server.requests.count == asked)
            let other = try await velo.run(
                "fetch", server.url("/a.tar.gz"), "-o", "b", "--streams", "4", "--json", directory: folder,
                mergesErrors: false)
            #expect(other.text.contains(#""path" : "b""#) && other.text.contains(#""size" : 4000000"#), "\(other.text)")
        }
    }

    @Test("a wrong digest ends with 1, names both, and leaves nothing")
    func mismatch() async throws {
        let server = try LoopbackServer { request, _ in .ranged(Self.bytes, request) }
        defer { server.stop() }
        try await Self.with("mismatch") { velo, folder in
            let wrong = SHA256Digest.of([1])
            let result = try await velo.run("fetch", server.url("/f"), "--sha256", wrong.hex, directory: folder)
            #expect(result.status == 1)
            #expect(result.text.contains(wrong.hex) && result.text.contains(Self.digest.hex))
            #expect(result.text.contains(server.url("/f")) && result.text.contains("hint:"))
            #expect(try FileTree.names(in: folder).allSatisfy { !$0.hasPrefix("f") })
        }
    }

    @Test("killed at any moment, it goes on where it was, and the file is right in the end", arguments: [true, false])
    func killed(isDigestKnown: Bool) async throws {
        let server = try Self.slowServer(12)
        defer { server.stop() }
        try await Self.with("killed") { velo, folder in
            let arguments =
                ["fetch", server.url("/f"), "--streams", "3", "-q"]
                + (isDigestKnown ? ["--sha256", Self.digest.hex] : [])
            var kills = 0
            while true {
                // Every moment has its turn.
                let time = "0.\(150 + (kills * 37) % 180)"
                let run = Program("/usr/bin/timeout", environment: velo.environment)
                let result = try await run.run(["-s", "KILL", time, velo.path] + arguments, directory: folder)
                if result.status == 0 { break }
                // Under its name it is whole or not there; a kill may fall between the name and the exit.
                if FileTree.exists(folder.appending("f")) {
                    #expect(try SHA256Digest.ofFile(folder.appending("f")) == Self.digest)
                }
                kills += 1
                guard kills < 60 else {
                    Issue.record("it never gets anywhere: \(result.text)")
                    return
                }
            }
            #expect(kills > 0)
            #expect(try SHA256Digest.ofFile(folder.appending("f")) == Self.digest)
            #expect(try FileTree.names(in: folder).filter { $0.hasPrefix("f") } == ["f"])
        }
    }

    @Test("two processes that want one file share one download")
    func shared() async throws {
        let server = try Self.slowServer(8)
        defer { server.stop() }
        try await Self.with("shared") { velo, folder in
            let arguments = ["fetch", server.url("/f"), "--sha256", Self.digest.hex, "--streams", "1", "-v"]
            async let first = velo.run(arguments, directory: folder)
            async let second = velo.run(arguments, directory: folder)
            let results = try await [first, second]
            #expect(results.map(\.status) == [0, 0])
            #expect(results.count { $0.text.contains("waiting for another process") } == 1)
            #expect(server.requests.count == 1)
        }
    }

    @Test("a mirror that is not there is passed by, and offline what is missing is named")
    func mirrorsAndOffline() async throws {
        let server = try LoopbackServer { request, _ in .ranged(Self.bytes, request) }
        defer { server.stop() }
        try await Self.with("mirrors") { velo, folder in
            let result = try await velo.run(
                "fetch", "http://127.0.0.1:9/f", "--mirror", server.url("/f"), "--sha256", Self.digest.hex,
                directory: folder)
            #expect(result.status == 0, "\(result.text)")
            let offline = Program(velo.path, environment: velo.environment.merging(["VELO_OFFLINE": "1"]) { $1 })
            let refused = try await offline.run("fetch", server.url("/other.tar.gz"), directory: folder)
            #expect(refused.status == 1)
            #expect(refused.text.contains("offline, and not in the cache: `other.tar.gz`"))
        }
    }

    @Test("Ctrl-C ends it with 130 and keeps what is there; the next run goes on")
    func interrupted() async throws {
        let server = try Self.slowServer(100)
        defer { server.stop() }
        try await Self.with("interrupted") { velo, folder in
            // With job control, or the shell would have its children ignore the signal.
            let shell = Program("/bin/bash", environment: velo.environment)
            let script = """
                '\(velo.path)' fetch '\(server.url("/f"))' --sha256 \(Self.digest.hex) & velo=$!
                until [ -s f.journal ]; do sleep 0.02; done
                kill -INT $velo; wait $velo; echo "status $?"
                """
            let result = try await shell.run(["-mc", script], directory: folder)
            #expect(result.lines.last == "status 130", "\(result.text)")
            #expect(result.text.contains("run the command again: it goes on where it stopped"))
            #expect(!FileTree.exists(folder.appending("f")))
            let again = try await velo.run(
                "fetch", server.url("/f"), "--sha256", Self.digest.hex, directory: folder)
            #expect(again.status == 0, "\(again.text)")
            #expect(server.requests.contains { $0.headers["range"] != nil })
        }
    }

    @Test("a token goes to the host of the URL, from a file, and not to where that host leads")
    func token() async throws {
        let other = try LoopbackServer { request, _ in
            request.headers["authorization"] == nil ? .ranged(Self.bytes, request) : .text("a token!", status: 400)
        }
        defer { other.stop() }
        let server = try LoopbackServer { request, _ in
            request.headers["authorization"] == "Bearer velo_secret"
                ? .redirect(to: other.url("/f")) : .text("no", status: 401)
        }
        defer { server.stop() }
        try await Self.with("token") { velo, folder in
            try FileTree.write(Array("velo_secret\n".utf8), to: folder.appending("token"), mode: 0o600)
            let fetch = ["fetch", server.url("/f"), "--sha256", Self.digest.hex]
            let refused = try await velo.run(fetch, directory: folder)
            #expect(refused.status == 1)
            #expect(refused.text.contains("check the token for this server"), "\(refused.text)")
            let welcome = try await velo.run(fetch + ["--token-file", "token"], directory: folder)
            #expect(welcome.status == 0, "\(welcome.text)")
            #expect(!welcome.text.contains("velo_secret"))
            try FileTree.write(Array("two words".utf8), to: folder.appending("token"))
            let bad = try await velo.run(fetch + ["--token-file", "token", "-o", "g"], directory: folder)
            #expect(bad.text.contains("`token` does not hold a token"), "\(bad.text)")
        }
    }

    @Test("with its own certificate authority it speaks HTTP/2 to nginx; without it trusts nobody")
    func encrypted() async throws {
        try await Self.with("encrypted") { velo, folder in
            let nginx = try await SecureServer(in: folder, serving: Self.bytes)
            defer { nginx.stop() }
            let ca = folder.appending("ca.pem").string
            let trusting = Program(velo.path, environment: velo.environment.merging(["VELO_CA_FILE": ca]) { $1 })
            let result = try await trusting.run(
                "fetch", nginx.url("/file"), "--sha256", Self.digest.hex, directory: folder)
            #expect(result.status == 0, "\(result.text)")
            #expect(try FileTree.readText(folder.appending("access.log")).contains("HTTP/2.0\" 20"))
            let refused = try await velo.run("fetch", nginx.url("/file"), "-o", "again", directory: folder)
            #expect(refused.status == 1)
            #expect(refused.text.contains("could not trust `localhost`"), "\(refused.text)")
            #expect(!FileTree.exists(folder.appending("again")))
        }
    }
}
