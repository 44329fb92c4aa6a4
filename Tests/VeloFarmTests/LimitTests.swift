import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

@Suite("Limits", .timeLimit(.minutes(2)))
struct LimitTests {
    private static let octets = ["--header", "Content-Type: application/octet-stream"]

    private func connect(_ server: ServerFixture, receiveBuffer: Int32? = nil) throws -> RawConnection {
        let port = try #require(server.url.split(separator: ":").last.flatMap { UInt16($0) })
        return try RawConnection(port: port, receiveBuffer: receiveBuffer)
    }

    private func store(_ server: ServerFixture, _ size: Int) async throws -> String {
        let bytes = [UInt8](repeating: 7, count: size)
        let digest = SHA256Digest.of(bytes)
        let file = server.scratch.path.appending("blob")
        try FileTree.write(bytes, to: file)
        try server.farm.blobs.take(file, as: digest)
        try await server.farm.database.addBlob(digest, size: size, to: RepositoryName("a/b"), now: 1)
        return "/v2/a/b/blobs/\(digest.ociDigest)"
    }

    @Test("whoever asks too often is told when to ask again, for what is in memory and for what is not")
    func rate() async throws {
        let clock = TestClock()
        try await ServerFixture.run(clock: clock, settings: { $0.requestsPerSecond = 2 }) {
            (server: ServerFixture) async throws in
            let path = try await store(server, 100)
            for target in [path, "/v2/_catalog"] {
                var answers: [ServerFixture.Answer] = []
                for _ in 0..<6 { answers.append(try await server.get(target)) }
                #expect(answers.map(\.status) == [200, 200, 200, 200, 429, 429])
                #expect(answers.last?.headers["retry-after"] == "1")
                #expect(answers.last?.body.contains("TOOMANYREQUESTS") == true)
                #expect(try await server.get("/healthz").status == 200)
                clock.advance(10)
            }
        }
    }

    @Test("what is too large is refused before it is taken")
    func bodies() async throws {
        try await ServerFixture.run(settings: { ($0.anonymous, $0.blobBytes) = ([.read, .push, .build], 100_000) }) {
            (server: ServerFixture) async throws in
            let large = server.scratch.path.appending("large")
            try FileTree.write([UInt8](repeating: 0x61, count: 5_000_000), to: large)
            let order = try await server.post(
                "/farm/v1/builds", "{\"formula\":\"\(String(repeating: "a", count: 70_000))\"}")
            #expect(order.status == 413)
            let digest = SHA256Digest.of([1]).ociDigest
            let upload = "/v2/a/b/blobs/uploads/?digest=\(digest)"
            let body = ["--request", "POST", "--data-binary", "@\(large)"] + Self.octets
            for more in [[], ["--header", "Transfer-Encoding: chunked"], ["--header", "Expect:"]] {
                let blob = try await server.ask(upload, body + more)
                #expect(blob.status == 413)
                #expect(blob.body.contains("SIZE_INVALID"))
                #expect(blob.body.contains("100000 bytes"))
            }
            let manifest = try await server.ask(
                "/v2/a/b/manifests/1", ["--request", "PUT", "--data-binary", "@\(large)"] + Self.octets)
            #expect(manifest.status == 413)
            #expect(try FileTree.names(in: server.farm.folder.uploads).isEmpty)
        }
    }

    @Test("a body that goes on after its refusal is not read for ever")
    func endlessBody() async throws {
        try await ServerFixture.run(settings: { ($0.anonymous, $0.blobBytes) = ([.read, .push], 100_000) }) {
            (server: ServerFixture) async throws in
            let digest = SHA256Digest.of([1]).ociDigest
            let client = try connect(server)
            client.send(
                "POST /v2/a/b/blobs/uploads/?digest=\(digest) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = "10000\r\n" + String(repeating: "a", count: 0x10000) + "\r\n"
            let sent = try await BlockingThread.run {
                var sent = 0
                while sent < 4096, client.send(chunk) { sent += 1 }
                return sent
            }
            #expect(sent < 4096)
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test(
        "a head that is too large is 431, whatever it asks for, and at once",
        arguments: ["GET /healthz", "POST /farm/v1/builds", "OPTIONS *"])
    func heads(_ request: String) async throws {
        try await ServerFixture.run(settings: { $0.headerBytes = 4096 }) { (server: ServerFixture) async throws in
            let field = "X-Long: \(String(repeating: "a", count: 3000))\r\n"
            for end in ["", "\r\n"] {
                let client = try connect(server)
                client.send("\(request) HTTP/1.1\r\nHost: x\r\n\(field)\(field)\(end)")
                let answer = try #require(try await client.receive())
                #expect(answer.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
                #expect(answer.contains("Connection: close"))
                #expect(answer.contains("larger than the 4096 bytes allowed"))
            }
            // After a request with a body, too, which the server proper reads.
            let client = try connect(server)
            client.send("POST /farm/v1/builds HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            _ = try await client.receive { $0.contains("\r\n\r\n") }
            client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\(field)\(field)\r\n")
            #expect(try await client.receive()?.contains("HTTP/1.1 431 ") == true)
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test("a head that does not come to an end is 408, even if a byte comes now and then")
    func slowHead() async throws {
        try await ServerFixture.run(settings: { $0.headTime = 1 }) { (server: ServerFixture) async throws in
            let client = try connect(server)
            client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n")
            async let answer = client.receive()
            let dripped = try await drip(client, "X-Slow: ")
            #expect(try await answer?.hasPrefix("HTTP/1.1 408 Request Timeout\r\n") == true)
            #expect(dripped < 200)
            #expect(server.farm.counters.slowConnections == 1)
        }
    }

    /// Sends a letter every twentieth of a second until the server has closed; how many.
    private func drip(_ client: RawConnection, _ first: String) async throws -> Int {
        client.send(first)
        for number in 0..<200 {
            try await Task.sleep(for: .milliseconds(50))
            guard client.send("a") else { return number }
        }
        return 200
    }

    @Test("a body that does not come is 408, and what has come of an upload stays")
    func slowBody() async throws {
        try await ServerFixture.run(
            settings: { ($0.bodyTime, $0.anonymous) = (1, [.read, .push]) }
        ) { (server: ServerFixture) async throws in
            let begun = try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"])
            let location = try #require(begun.headers["location"])
            let client = try connect(server)
            client.send("PATCH \(location) HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello")
            let answer = try await client.receive()
            #expect(answer?.hasPrefix("HTTP/1.1 408 Request Timeout\r\n") == true)
            var position: String?
            for _ in 0..<100 {
                position = try await server.get(location).headers["range"]
                if position == "0-4" { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(position == "0-4")
        }
    }

    @Test("a connection without a request is closed, and one that is waited for is not")
    func idle() async throws {
        try await ServerFixture.run(settings: { $0.idleTime = 1 }) { (server: ServerFixture) async throws in
            let client = try connect(server)
            client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try #require(try await client.receive())
            #expect(answer.hasSuffix("ok\n"))
        }
    }

    @Test("a client that takes nothing of its answer is let go, by sendfile or by the server proper")
    func stalledReader() async throws {
        try await ServerFixture.run(settings: { ($0.stallTime, $0.connectionsPerClient) = (3, 1) }) {
            (server: ServerFixture) async throws in
            let path = try await store(server, 64 << 20)
            for isFast in [true, false] {
                let client = try await admitted(server, path)
                if !isFast {
                    // After a body, the server proper answers.
                    client.send("POST /farm/v1/builds HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
                    _ = try await client.receive { $0.contains("\r\n\r\n") }
                }
                client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                try await Task.sleep(for: .milliseconds(200))
                // Nobody else comes in as long as it is there.
                #expect(try await server.get("/healthz").status == 429)
                #expect(try await isAdmitted(server, 429))
                #expect(server.farm.counters.runningTransfers == 0)
                withExtendedLifetime(client) {}
            }
        }
    }

    /// A connection that is let in: the one before may not be gone yet.
    private func admitted(_ server: ServerFixture, _ path: String) async throws -> RawConnection {
        for _ in 0..<100 {
            let client = try connect(server, receiveBuffer: 4096)
            client.send("GET \(path) HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n")
            let answer = try await client.receive { $0.contains("\r\n\r\n") }
            if answer?.hasPrefix("HTTP/1.1 206") == true { return client }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NobodyAdmitted()
    }

    private struct NobodyAdmitted: Error {}

    /// Whether requests are answered with something else than a status before long.
    private func isAdmitted(_ server: ServerFixture, _ refusal: Int) async throws -> Bool {
        for _ in 0..<200 {
            if try await server.get("/healthz").status != refusal { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    @Test("one address has its share of connections, and is told so; another request goes when one is free")
    func connectionsOfOne() async throws {
        try await ServerFixture.run(settings: { $0.connectionsPerClient = 2 }) { (server: ServerFixture) async throws in
            var held = [try connect(server), try connect(server)]
            for client in held {
                client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await client.receive { $0.hasSuffix("ok\n") }
            }
            let refused = try await server.get("/healthz")
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] != nil)
            #expect(refused.body.contains("2 connections"))
            held.removeAll()
            #expect(try await isAdmitted(server, 429))
        }
    }

    @Test("when all connections are taken, the next waits until one is free")
    func connectionsOfAll() async throws {
        try await ServerFixture.run(settings: { $0.connections = 2 }) { (server: ServerFixture) async throws in
            var held = [try connect(server), try connect(server)]
            for client in held {
                client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await client.receive { $0.hasSuffix("ok\n") }
            }
            let next = try connect(server)
            next.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await next.receive(patience: .milliseconds(500)) == nil)
            held.removeAll()
            #expect(try await next.receive { $0.hasSuffix("ok\n") } != nil)
        }
    }
}
