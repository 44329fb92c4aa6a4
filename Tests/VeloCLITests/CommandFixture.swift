import Synchronization
import SystemPackage
import VeloCLI
import VeloCore
import VeloSystem
import VeloTestSupport

/// Runs velo's commands in this process, in a home folder of their own, and keeps what they print.
struct CommandFixture: Sendable {
    struct Result {
        var status: ExitStatus
        var output: String
        var errors: String
    }

    let scratch: Scratch
    let environment: [String: String]

    var prefix: Prefix { Prefix(at: scratch.path.appending(".velo")) }

    static func with(
        _ name: String, _ environment: [String: String] = [:], _ body: (CommandFixture) async throws -> Void
    ) async throws {
        try await Scratch.with(name) { scratch in
            let own = ["HOME": scratch.path.string, "PATH": "/usr/bin:/bin", "TERM": "dumb"]
            try await body(CommandFixture(scratch: scratch, environment: own.merging(environment) { $1 }))
        }
    }

    func velo(_ arguments: String...) async -> Result { await velo(arguments) }

    func velo(_ arguments: [String]) async -> Result {
        let said = Captured()
        let program = VeloCLI.Program(environment: EnvironmentVariables(environment), sink: { said.append($0, $1) })
        let status = await program.run(Velo.self, arguments)
        return Result(status: status, output: said.text(.output), errors: said.text(.error))
    }

    /// Without the scratch folder's name, which is another one each time.
    func stable(_ text: String) -> String { text.replacing(scratch.path.string, with: "~") }

    /// An installed package, as an install would leave it.
    func install(
        _ name: String, _ version: String, files: [String], onRequest: Bool = true, needs: [String] = []
    ) throws {
        let keg = prefix.keg(name, version)
        for file in files {
            let path = keg.location.pushing(FilePath(file))
            try FileTree.makeFolder(path.removingLastComponent())
            try FileTree.write([], to: path, mode: 0o755)
        }
        let record = PourRecord(
            installedOnRequest: onRequest, time: 1_795_492_800,
            source: Receipt.Source(tap: "velo/recipes", tapGitHead: nil, stableVersion: version, versionScheme: 0),
            runtimeDependencies: needs.map {
                Tab.RuntimeDependency(
                    fullName: $0, version: "1.0", revision: 0, bottleRebuild: 0, declaredDirectly: true)
            })
        try Receipt(tab: Tab(homebrewVersion: "4.6.0"), record: record).write(to: keg.receipt)
        try Linker(prefix: prefix).link(keg, kegOnly: false)
    }

    /// A mirror that serves a catalog and nothing else.
    func withMirror(_ formulae: [CatalogFormula], _ body: (CommandFixture) async throws -> Void) async throws {
        let document = CatalogDocument(generated: 0, taps: [], formulae: formulae)
        let bytes = try WireCoding.encode(document)
        let server = try LoopbackServer { request, _ in
            switch request.target {
            case "/catalog/v1/catalog.json": .body(bytes)
            case "/healthz": .text("fine")
            default: .text("no", status: 404)
            }
        }
        defer { server.stop() }
        let environment = environment.merging(["VELO_MIRROR": server.url("")]) { $1 }
        try await body(CommandFixture(scratch: scratch, environment: environment))
    }
}

private final class Captured: Sendable {
    private let pieces = Mutex<[(String, Terminal.Stream)]>([])

    func append(_ text: String, _ stream: Terminal.Stream) { pieces.withLock { $0.append((text, stream)) } }
    func text(_ stream: Terminal.Stream) -> String {
        pieces.withLock { $0.filter { $0.1 == stream }.map(\.0).joined() }
    }
}
