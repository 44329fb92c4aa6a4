import FoundationEssentials
import Synchronization
import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

@Suite("Metrics of upstream", .timeLimit(.minutes(2)))
struct UpstreamMetricsTests {
    /// The value of a sample on the page; nil when it has none.
    private func value(_ page: String, _ sample: String) -> Double? {
        page.split(separator: "\n").first { $0.hasPrefix(sample + " ") }.flatMap {
            Double($0.dropFirst(sample.utf8.count + 1))
        }
    }

    @Test("bytes, streams, retries, first bytes and the health of each host are on the page")
    func fills() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let digest = SHA256Digest.of(bytes)
        let state = Mutex((isBroken: true, isDown: false))
        let upstream = try LoopbackServer { request, _ in
            let (isBroken, isDown) = state.withLock { state in
                defer { state.isBroken = false }
                return state
            }
            if isDown { return .text("no", status: 503, [("Retry-After", "0")]) }
            return isBroken ? .broken(bytes, after: 100_000, .close) : .ranged(bytes, request)
        }
        let source = try #require(Upstream(upstream.url("")))
        try await ServerFixture.run(settings: { $0.upstreams = [source] }) { (server: ServerFixture) async throws in
            let path = "/v2/homebrew/core/wget/blobs/\(digest.ociDigest)"
            #expect(try await server.ask(path, ["--output", "/dev/null"]).status == 200)
            let host = "{host=\"127.0.0.1:\(upstream.port)\"}"
            var page = try await server.get("/metrics").body
            #expect(value(page, "velod_upstream_bytes_total" + host) == 300_000)
            #expect(value(page, "velod_upstream_requests_total" + host) == 2)
            #expect(value(page, "velod_upstream_retries_total" + host) == 1)
            #expect(value(page, "velod_upstream_failures_total" + host) == 1)
            #expect(value(page, "velod_upstream_streams" + host) == 0)
            #expect(value(page, "velod_upstream_host_healthy" + host) == 1)
            #expect(value(page, "velod_upstream_first_byte_seconds_count" + host) == 2)
            let all = "{host=\"127.0.0.1:\(upstream.port)\",le=\"+Inf\"}"
            #expect(value(page, "velod_upstream_first_byte_seconds_bucket" + all) == 2)
            state.withLock { $0.isDown = true }
            #expect(
                try await server.get("/v2/homebrew/core/wget/blobs/\(SHA256Digest.of([1]).ociDigest)").status == 502)
            page = try await server.get("/metrics").body
            #expect(value(page, "velod_upstream_host_healthy" + host) == 0)
            #expect(value(page, "velod_upstream_retries_total" + host) == 4)
        }
        upstream.stop()
    }

    @Test("what the fetch engine says of a build's sources is counted, too")
    func sources() async throws {
        let scratch = try Scratch()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let digest = SHA256Digest.of(bytes)
        let upstream = try LoopbackServer { request, earlier in
            earlier == 0 ? .text("later", status: 503, [("Retry-After", "0")]) : .ranged(bytes, request)
        }
        let metrics = UpstreamMetrics()
        let follower = metrics.follow()
        let cache = BlobCache(root: scratch.path.appending("sources"))
        _ = try await cache.fetch(
            digest, from: TransferRequest(urls: [upstream.url("/a.tar.gz")], digest: digest), using: TransferEngine()
        ) { follower.take($0) }
        let (name, host) = try #require(metrics.all.first)
        #expect(name == "127.0.0.1:\(upstream.port)")
        #expect(host.bytes == bytes.count)
        #expect(host.retries == 1)
        #expect(host.streams == 0)
        #expect(host.firstBytes.reduce(0, +) == 1)
        #expect(host.isHealthy)
        upstream.stop()
    }

    @Test("alerts and the dashboard ask for what the page has, and promtool finds nothing wrong with either")
    func monitoring() async throws {
        let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .pushing("deploy/monitoring")
        let alerts = folder.appending("alerts.yml")
        let upstream = try LoopbackServer { _, _ in .text("{}", status: 404) }
        let source = try #require(Upstream(upstream.url("")))
        try await ServerFixture.run(["hello": ""], settings: { $0.upstreams = [source] }) {
            (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            _ = try await server.get("/v2/homebrew/core/wget/manifests/1.0")
            let page = try await server.get("/metrics").body
            let names = Set(
                page.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } })
            for file in [alerts, folder.appending("dashboard.json")] {
                let words = try FileTree.readText(file).split { !($0.isLetter || $0.isNumber || $0 == "_") }
                for word in Set(words) where word.hasPrefix("velod_") {
                    #expect(names.contains(word), "\(file) asks for \(word)")
                }
            }
            guard Program.has("promtool") else { return }
            let file = server.scratch.path.appending("metrics")
            try FileTree.write(Array(page.utf8), to: file)
            let lint = try await Program.run("sh", "-c", "promtool check metrics <'\(file)' 2>&1")
            #expect(lint.exit.isSuccess, "\(lint.output)")
            let rules = try await Program.run("promtool", "check", "rules", alerts.string)
            #expect(rules.exit.isSuccess, "\(rules.output)")
        }
        upstream.stop()
    }
}
