import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Credentials, netrc, proxies")
struct TrustTests {
    static let sample = sampleBytes(5000)
    let bytes = sample

    @Test("a credential goes to the origin that it is for, and to no other after a redirect")
    func bound() async throws {
        let far = try LoopbackServer(replies: [.body(bytes)])
        let near = try LoopbackServer(replies: [.redirect(to: far.url("/g"))])
        defer {
            far.stop()
            near.stop()
        }
        let credential = try #require(TransferCredential(for: near.url("/"), .bearer("secret")))
        try await FetchFixture.with("bound", { $0.credentials = [credential] }) { fixture in
            try await fixture.download(TransferRequest(urls: [near.url("/f")]))
            #expect(near.requests.map { $0.headers["authorization"] } == ["Bearer secret"])
            #expect(far.requests.map { $0.headers["authorization"] } == [nil])
            _ = try await fixture.engine.get(far.url("/d"))
            #expect(far.requests.last?.headers["authorization"] == nil)
        }
    }

    @Test("what netrc says of a host is told to that host only")
    func netrc() async throws {
        let far = try LoopbackServer(replies: [.body(bytes)])
        let target = "http://localhost:\(far.port)/g"
        let near = try LoopbackServer(replies: [.redirect(to: target)])
        defer {
            far.stop()
            near.stop()
        }
        try await Scratch.with("netrc") { scratch in
            let file = scratch.path.appending("netrc")
            try FileTree.write(Array("machine 127.0.0.1 login me password secret\n".utf8), to: file, mode: 0o600)
            try await FetchFixture.with("netrc", { $0.netrc = .file(file.string) }) { fixture in
                try await fixture.download(TransferRequest(urls: [near.url("/f")]))
                #expect(near.requests.map { $0.headers["authorization"] } == ["Basic bWU6c2VjcmV0"])
                #expect(far.requests.map { $0.headers["authorization"] } == [nil])
            }
        }
    }

    @Test("a proxy is asked in the server's stead, and one that is not there is named as such")
    func proxy() async throws {
        let proxy = try LoopbackServer(replies: [.body(bytes)])
        try await FetchFixture.with("proxy", { $0.proxy = .url(proxy.url("")) }) { fixture in
            try await fixture.download(TransferRequest(urls: ["http://files.example/f"]))
            #expect(proxy.requests.map(\.target) == ["http://files.example/f"])
            #expect(try FileTree.read(fixture.file) == bytes)
        }
        proxy.stop()
        let gone = CurlRequest.Proxy.url("http://no-such-proxy.invalid:1")
        try await FetchFixture.with("gone", { ($0.proxy, $0.attempts) = (gone, 1) }) { fixture in
            let error = await fetchError {
                try await fixture.download(TransferRequest(urls: ["http://files.example/f"]))
            }
            guard case .proxyUnreachable? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("certificates that cannot be read are an error of trust, not of the network")
    func authorities() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("authorities", { $0.authorities = "/nonexistent/ca.pem" }) { fixture in
            let error = await fetchError {
                try await fixture.download(TransferRequest(urls: ["https://127.0.0.1:\(server.port)/f"]))
            }
            guard case .untrusted? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
