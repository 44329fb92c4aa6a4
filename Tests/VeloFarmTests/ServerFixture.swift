import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

/// A daemon that answers on loopback while a test's body runs.
struct ServerFixture {
    let daemon: Daemon
    let url: String
    let builder: FakeBuilder
    let scratch: Scratch
    let clock: TestClock?

    var farm: Farm { daemon.farm }

    /// Runs a daemon on a folder, and the body with it; then stops it.
    ///
    /// - Parameters:
    ///   - formulae: the tap `velo/test`; nil adds none.
    ///   - scratch: to run on a folder that another daemon had.
    static func run(
        _ formulae: [String: String]? = nil, builder: FakeBuilder = FakeBuilder(), scratch given: Scratch? = nil,
        clock: TestClock? = nil, settings: (inout MirrorSettings) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let scratch = try given ?? Scratch()
        var configuration = try FarmFixture.configuration(scratch.path.appending("data"))
        settings(&configuration.mirror)
        let daemon = try Daemon(
            configuration, reading: .test, builder: builder, searchPath: ["/usr/bin", "/bin"], logger: .silent,
            now: clock?.now ?? WallClock.seconds)
        if let formulae {
            let folder = try scratch.write(Formulae.files(formulae), in: "tap")
            _ = try await daemon.farm.taps.add(name: "velo/test", location: folder.string, workingFolder: "/")
        }
        let (stop, stopping) = AsyncStream.makeStream(of: Void.self)
        let (ready, readiness) = AsyncStream.makeStream(of: String.self)
        async let running: Void = {
            defer { readiness.finish() }
            try await daemon.run(until: stop) { readiness.yield($0) }
        }()
        if let url = await ready.first(where: { _ in true }) {
            do {
                try await body(
                    ServerFixture(daemon: daemon, url: url, builder: builder, scratch: scratch, clock: clock))
            } catch {
                stopping.yield()
                try await running
                throw error
            }
        }
        stopping.yield()
        try await running
    }

    struct Answer: Sendable {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: String

        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try WireCoding.decode(type, from: Array(body.utf8))
        }
    }

    /// Asks with curl.
    func get(_ path: String, _ options: String...) async throws -> Answer {
        try await curl(path, options)
    }

    /// Asks as `curl -I` does.
    func head(_ path: String) async throws -> Answer {
        try await curl(path, ["--head"])
    }

    /// Asks with curl, options as a list.
    func ask(_ path: String, _ options: [String]) async throws -> Answer {
        try await curl(path, options)
    }

    func post(_ path: String, _ json: String, _ options: String...) async throws -> Answer {
        try await curl(path, ["--header", "Content-Type: application/json", "--data", json] + options)
    }

    private func curl(_ path: String, _ options: [String]) async throws -> Answer {
        let dump = try FileTree.makeScratch(in: scratch.path, prefix: "curl-")
        let headers = dump.appending("headers")
        let body = dump.appending("body")
        let result = try await Program.run(
            "curl", "--silent", "--show-error", "--max-time", "20", "--path-as-is", "--dump-header", headers.string,
            "--output", body.string, list: options + [url + path])
        try #require(result.exit.isSuccess, "curl: \(result.output)")
        let lines = try FileTree.readText(headers).split(whereSeparator: \.isNewline)
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        let status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
        return Answer(
            status: try #require(status), headers: fields,
            body: FileTree.exists(body) ? try FileTree.readText(body) : "")
    }

    /// Orders a build and waits for its end.
    func build(_ name: String) async throws -> BuildStatus {
        let answer = try await post("/farm/v1/builds", "{\"formula\":\"\(name)\"}")
        try #require(answer.status == 201, "\(answer.body)")
        let id = try answer.decode(BuildStatus.self).id
        let events = try await get("/farm/v1/builds/\(id)/events")
        #expect(events.status == 200)
        return try await get("/farm/v1/builds/\(id)").decode(BuildStatus.self)
    }

    func catalog() async throws -> CatalogDocument {
        try await get("/catalog/v1/catalog.json").decode(CatalogDocument.self)
    }
}
