import Foundation
import Synchronization
import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("A catalog in pieces")
struct CatalogPiecesTests {
    /// A mirror that serves what it is told to, and counts what it is asked for.
    private final class PieceMirror: Sendable {
        private struct State {
            var head: [UInt8] = []
            var signature: [UInt8]?
            var shards: [String: [UInt8]] = [:]
        }

        private let state = Mutex(State())
        let key: Ed25519Key

        init() throws { key = try #require(Ed25519Key(seed: Ed25519Key.makeSeed())) }

        var publicKey: String { "ed25519:" + Data(key.publicBytes).base64EncodedString() }

        func publish(
            _ formulae: [CatalogFormula], revision: Int, signed: Bool = true, change: (inout [UInt8]) -> Void = { _ in }
        ) throws {
            let document = CatalogDocument(generated: 1000 + revision, taps: [], formulae: formulae)
            let pieces = try CatalogShards(document, revision: revision)
            let text = Data(try #require(key.sign(pieces.headBytes))).base64EncodedString()
            let signature = try WireCoding.encode(CatalogSignature(key: publicKey, signature: text))
            var head = pieces.headBytes
            change(&head)
            state.withLock { [head] in
                $0.head = head
                $0.signature = signed ? signature : nil
                $0.shards = Dictionary(uniqueKeysWithValues: pieces.shards.map { ("/catalog/sha256/\($0.hex)", $1) })
            }
        }

        func damageShards() {
            state.withLock { $0.shards = $0.shards.mapValues { $0 + [UInt8(ascii: " ")] } }
        }

        func answer(_ request: LoopbackServer.Request) -> LoopbackReply {
            state.withLock { state in
                if request.target == "/catalog/v2/head.json" {
                    let etag = "\"\(SHA256Digest.of(state.head).hex)\""
                    return request.headers["if-none-match"] == etag
                        ? .text("", status: 304) : .body(state.head, [("ETag", etag)])
                }
                if request.target == "/catalog/v2/head.json.sig", let signature = state.signature {
                    return .body(signature)
                }
                return state.shards[request.target].map { .body($0) } ?? .text("no", status: 404)
            }
        }
    }

    private func with(
        _ name: String, _ body: (PieceMirror, LoopbackServer, @Sendable ([String]) -> MirrorClient) async throws -> Void
    ) async throws {
        let mirror = try PieceMirror()
        let server = try LoopbackServer { request, _ in mirror.answer(request) }
        defer { server.stop() }
        try await FetchFixture.with(name, { $0.attempts = 1 }) { fixture in
            let (engine, folder, url) = (fixture.engine, fixture.folder, server.url(""))
            try await body(mirror, server) { keys in
                MirrorClient(
                    mirrors: [url], keys: keys, engine: engine, cache: CatalogCache(in: folder), isOffline: false)
            }
        }
    }

    private func formulae(_ count: Int, changing number: Int? = nil) -> [CatalogFormula] {
        (0..<count).map { index in
            CatalogFixture.formula("f\(index)", index == number ? "2.0" : "1.0") { $0.aliases = ["f\(index)-too"] }
        }
    }

    @Test("what has changed is fetched, and nothing else; names, aliases and search are as in one document")
    func update() async throws {
        try await with("pieces-update") { mirror, server, client in
            try mirror.publish(formulae(200), revision: 1)
            let first = try await client([]).catalog()
            #expect(first.origin == .fetched)
            #expect(first.catalog.count == 200)
            let asked = server.requests.count
            #expect(try await client([]).catalog().origin == .unchanged)
            #expect(server.requests.count == asked + 1)
            try mirror.publish(formulae(200, changing: 7), revision: 2)
            let second = try await client([]).catalog()
            #expect(server.requests.dropFirst(asked + 1).map(\.target).filter { $0.contains("sha256") }.count == 1)
            let whole = try Catalog(CatalogDocument(generated: 0, taps: [], formulae: formulae(200, changing: 7)))
            for name in ["f7", "f8", "f7-too", "f199", "velo/recipes/f12"] {
                #expect(second.catalog[name] == whole[name])
                #expect(second.catalog[name] != nil)
            }
            #expect(second.catalog.count == 200)
            #expect(Set(second.catalog.search("f19").map(\.name)) == Set(whole.search("f19").map(\.name)))
        }
    }

    @Test("with a key, a catalog that is signed with it will do, and no other")
    func signed() async throws {
        try await with("pieces-signed") { mirror, _, client in
            try mirror.publish(formulae(20), revision: 3)
            #expect(try await client([mirror.publicKey]).catalog().catalog.count == 20)
            let stranger = "ed25519:" + Data([UInt8](repeating: 9, count: 32)).base64EncodedString()
            let untrusted = await #expect(throws: CatalogError.self) { try await client([stranger]).catalog() }
            #expect(untrusted?.summary.contains("is signed with `\(mirror.publicKey)`, which is not trusted") == true)
            try mirror.publish(formulae(20, changing: 1), revision: 4) { head in
                let text = String(decoding: head, as: UTF8.self)
                head = Array(text.replacing("\"revision\":4", with: "\"revision\":5").utf8)
            }
            let changed = await #expect(throws: CatalogError.self) { try await client([mirror.publicKey]).catalog() }
            #expect(changed?.summary.contains("signature of the catalog") == true)
            try mirror.publish(formulae(20), revision: 6, signed: false)
            let unsigned = await #expect(throws: CatalogError.self) { try await client([mirror.publicKey]).catalog() }
            #expect(unsigned?.summary.contains("does not sign its catalog") == true)
        }
    }

    @Test("a piece that is not what the head says is refused, and an older catalog than before")
    func lies() async throws {
        try await with("pieces-lies") { mirror, _, client in
            try mirror.publish(formulae(20), revision: 3)
            mirror.damageShards()
            let damaged = await #expect(throws: MirrorError.self) { try await client([mirror.publicKey]).catalog() }
            guard case .digestMismatch? = damaged?.cause as? FetchError else {
                Issue.record("\(String(describing: damaged))")
                return
            }
            try mirror.publish(formulae(20), revision: 3)
            _ = try await client([mirror.publicKey]).catalog()
            try mirror.publish(formulae(19), revision: 2)
            let old = await #expect(throws: CatalogError.self) { try await client([mirror.publicKey]).catalog() }
            #expect(old?.summary.contains("revision 2, and had that of revision 3") == true)
        }
    }

    @Test("what came without a signature is not used once a key is set, not even offline")
    func staleTrust() async throws {
        try await with("pieces-trust") { mirror, server, client in
            try mirror.publish(formulae(5), revision: 1)
            _ = try await client([]).catalog()
            server.stop()
            #expect(try await client([]).catalog(allowsStale: true).origin == .stale)
            await #expect(throws: MirrorError.self) {
                try await client([mirror.publicKey]).catalog(allowsStale: true)
            }
        }
    }
}
