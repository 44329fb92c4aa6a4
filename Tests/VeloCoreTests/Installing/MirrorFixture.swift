import Synchronization
import SystemPackage
import VeloCore
import VeloSystem
import VeloTestSupport

/// A mirror on 127.0.0.1 that serves a catalog and bottles, builds on order as told, and an installer that uses it.
final class MirrorFixture: Sendable {
    private struct State {
        var formulae: [CatalogFormula] = []
        /// What is served of them, once somebody has asked.
        var pieces: CatalogShards?
        var files: [String: [UInt8]] = [:]
        var edition = 1
        /// What an order answers, and the pieces of the event stream after it.
        var build: (status: BuildStatus, events: [String], formulae: [CatalogFormula])?
        var events: [InstallEvent] = []
    }

    let prefixFixture: PrefixFixture
    private let state: Mutex<State>
    private let box: Box
    let server: LoopbackServer
    let engine: TransferEngine

    var prefix: Prefix { prefixFixture.prefix }
    var scratch: Scratch { prefixFixture.scratch }

    /// What the server's script sees of the fixture, which does not exist yet when the server starts.
    private final class Box: Sendable {
        let reply = Mutex<(@Sendable (LoopbackServer.Request) -> LoopbackReply)?>(nil)
    }

    static func with(_ name: String, _ body: (MirrorFixture) async throws -> Void) async throws {
        try await PrefixFixture.with(name) { fixture in
            let mirror = try MirrorFixture(fixture)
            defer {
                mirror.server.stop()
                mirror.engine.shutdown()
            }
            try await body(mirror)
        }
    }

    private init(_ fixture: PrefixFixture) throws {
        prefixFixture = fixture
        state = Mutex(State())
        let box = Box()
        self.box = box
        server = try LoopbackServer { request, _ in
            box.reply.withLock { $0 }?(request) ?? .text("not yet", status: 503)
        }
        var policy = TransferPolicy()
        policy.proxy = .none
        policy.attempts = 2
        policy.firstDelay = .milliseconds(1)
        engine = TransferEngine(policy: policy)
        box.reply.withLock { $0 = { [weak self] in self?.answer($0) ?? .text("gone", status: 410) } }
    }

    private func answer(_ request: LoopbackServer.Request) -> LoopbackReply {
        if request.method == "POST", request.target == "/farm/v1/builds" { return orderReply() }
        if request.target.hasSuffix("/events") { return eventsReply() }
        if request.target.hasPrefix("/catalog/") { return catalogReply(request) }
        guard let bytes = state.withLock({ $0.files[request.target] }) else {
            return .text("nothing here", status: 404)
        }
        return .ranged(bytes, request)
    }

    private func catalogReply(_ request: LoopbackServer.Request) -> LoopbackReply {
        let pieces = state.withLock { state in
            if state.pieces?.head.revision != state.edition {
                let document = CatalogFixture.document(state.formulae)
                state.pieces = try? CatalogShards(document, revision: state.edition)
            }
            return state.pieces
        }
        guard let pieces else { return .text("no catalog", status: 500) }
        let etag = "\"edition-\(pieces.head.revision)\""
        if request.target == "/catalog/v2/head.json" {
            if request.headers["if-none-match"] == etag { return .text("", status: 304, [("ETag", etag)]) }
            return .body(pieces.headBytes, [("ETag", etag), ("Content-Type", "application/json")])
        }
        let digest = SHA256Digest(hex: request.target.split(separator: "/").last.map(String.init) ?? "")
        return digest.flatMap { pieces.shards[$0] }.map { .body($0) } ?? .text("nothing here", status: 404)
    }

    private func orderReply() -> LoopbackReply {
        guard let status = state.withLock({ $0.build?.status }), let bytes = try? WireCoding.encode(status) else {
            return .text(#"{"error":{"message":"the queue is full","hints":["ask later"]}}"#, status: 409)
        }
        return .body(bytes, status: 202)
    }

    private func eventsReply() -> LoopbackReply {
        let events = state.withLock { state -> [String] in
            guard let build = state.build else { return [] }
            if !build.formulae.isEmpty { (state.formulae, state.edition) = (build.formulae, state.edition + 1) }
            return build.events
        }
        return .chunks(events.map { Array($0.utf8) }, [("Content-Type", "text/event-stream")])
    }

    // What the mirror has.

    func publish(_ formulae: CatalogFormula...) {
        state.withLock { ($0.formulae, $0.edition) = (formulae, $0.edition + 1) }
    }

    func serve(_ bytes: [UInt8], at path: String) { state.withLock { $0.files[path] = bytes } }

    /// What an order of a build leads to.
    func answerOrders(with status: BuildStatus, events: [String], then formulae: [CatalogFormula] = []) {
        state.withLock { $0.build = (status, events, formulae) }
    }

    /// Packs these files with `tar` into a bottle that the mirror serves, and returns the formula that has it.
    func bottle(
        _ name: String, _ version: String = "1.0", needs: [String] = [], files: [String: String] = [:],
        _ change: (inout CatalogFormula) -> Void = { _ in }
    ) async throws -> CatalogFormula {
        let folder = try scratch.folder("bottles/\(name)-\(version)")
        for (path, text) in files.merging(
            ["bin/\(name)": "#!/bin/sh\necho \(name) \(version)\n"], uniquingKeysWith: { a, _ in a })
        {
            let file = folder.pushing(FilePath("\(name)/\(version)/\(path)"))
            try prefixFixture.put(text, at: file)
            if path.hasPrefix("bin/") { try FileTree.setMode(file, 0o755) }
        }
        let archive = scratch.path.appending("bottles/\(name)-\(version).tar.gz")
        let result = try await VeloTestSupport.Program("/usr/bin/tar").run(
            "-czf", archive.string, "-C", folder.string, name)
        guard result.status == 0 else { throw TarFailure(text: result.text) }
        return serve(try FileTree.read(archive), as: name, version, needs: needs, change)
    }

    /// Serves these bytes as a bottle, right or not.
    func serve(
        _ bytes: [UInt8], as name: String, _ version: String, needs: [String] = [],
        _ change: (inout CatalogFormula) -> Void = { _ in }
    ) -> CatalogFormula {
        CatalogFixture.formula(name, version, needs: needs) { formula in
            formula.bottles[0].sha256 = SHA256Digest.of(bytes).hex
            formula.bottles[0].size = bytes.count
            serve(bytes, at: formula.bottles[0].path)
            change(&formula)
        }
    }

    // Who asks it.

    var client: MirrorClient { makeClient() }

    func makeClient(mirrors: [String]? = nil, isOffline: Bool = false) -> MirrorClient {
        MirrorClient(
            mirrors: mirrors ?? [server.url("")], engine: engine,
            cache: CatalogCache(in: scratch.path.appending("cache")), isOffline: isOffline, now: { 1_795_492_800 })
    }

    func makeInstaller(
        isOffline: Bool = false, mirrors: [String]? = nil, watch: @escaping @Sendable (Change) throws -> Void = { _ in }
    ) -> Installer {
        Installer(
            prefix: prefix, client: makeClient(mirrors: mirrors, isOffline: isOffline),
            blobs: BlobCache(root: scratch.path.appending("cache/blobs"), isOffline: isOffline),
            kegs: KegStore(in: scratch.path.appending("cache"), for: prefix), platform: CatalogFixture.platform,
            concurrency: 2,
            events: { [weak self] event in self?.state.withLock { $0.events.append(event) } }, watch: watch)
    }

    @discardableResult
    func install(_ names: String..., intent: InstallIntent = .install) async throws -> InstallSummary {
        try await makeInstaller().install(names, intent)
    }

    var events: [InstallEvent] { state.withLock { $0.events } }

    /// What a program in the prefix prints.
    func run(_ program: String) async throws -> String {
        try await VeloTestSupport.Program(prefix.bin.appending(program).string).run().text
    }
}

struct TarFailure: Error { var text: String }
