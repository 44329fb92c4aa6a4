import GRDB
import SystemPackage
import Testing
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

@testable import VeloFarm

@Suite("What is built again, and what is not", .timeLimit(.minutes(2)))
struct BuildKeyTests {
    private static let formulae = ["app": "depends_on \"lib\"", "lib": "", "other": "depends_on \"lib\""]

    /// Changes a formula in the tap, and has the farm read it.
    private func change(_ name: String, _ server: ServerFixture, _ edit: (String) -> String) async throws {
        let file = server.scratch.path.pushing(FilePath("tap/Formula/\(name).rb"))
        try FileTree.write(Array(edit(try FileTree.readText(file)).utf8), to: file)
        _ = try await server.farm.taps.update("velo/test")
    }

    private func built(_ server: ServerFixture) -> [String] { server.builder.seen.map(\.formula.name) }

    @Test("a comment, or what only describes a formula, is no reason; what it does is")
    func meaning() async throws {
        try await ServerFixture.run(Self.formulae) { server in
            _ = try await server.build("lib")
            try await change("lib", server) { "# A comment.\n" + $0.replacing("The lib of", with: "Another lib of") }
            #expect(try await server.build("lib").jobs.isEmpty)
            #expect(built(server) == ["lib"])

            try await change("lib", server) { $0.replacing("bin.install", with: "ENV[\"X\"] = \"1\"\n    bin.install") }
            let again = try await server.build("lib")
            #expect(again.jobs.map(\.formula) == ["lib"] && again.jobs.allSatisfy { $0.reason == nil })
            #expect(built(server) == ["lib", "lib"])
        }
    }

    @Test("a dependency that came out differently is a reason, one that came out the same is not")
    func dependencies() async throws {
        try await ServerFixture.run(Self.formulae) { server in
            _ = try await server.build("app")
            #expect(built(server) == ["lib", "app"])
            // Built again, to the same bytes: then nothing has changed for those that are built on it.
            try await change("lib", server) { $0.replacing("bin.install", with: "ENV[\"X\"] = \"1\"\n    bin.install") }
            let same = try await server.build("app")
            #expect(same.state == .succeeded && same.jobs.map(\.formula) == ["lib", "app"])
            #expect(built(server) == ["lib", "app", "lib"])
            #expect(same.jobs[0].reason == nil)
            #expect(same.jobs[1].reason?.contains("nothing that can change it") == true)
            let log = try await server.get("/farm/v1/jobs/\(same.jobs[1].id)/log")
            #expect(log.body.contains("is taken over"), "\(log.body)")

            server.builder.say("something else", in: "lib")
            try await change("lib", server) { $0.replacing("\"1\"", with: "\"2\"") }
            let other = try await server.build("app")
            #expect(other.jobs.allSatisfy { $0.reason == nil })
            #expect(built(server) == ["lib", "app", "lib", "lib", "app"])
            #expect(try await server.build("app").jobs.isEmpty)
        }
    }

    @Test("a formula that is as it was before gets the bottle of then")
    func takenBack() async throws {
        try await ServerFixture.run(Self.formulae) { server in
            _ = try await server.build("lib")
            let first = try await server.catalog().formulae.first { $0.name == "lib" }?.bottles.first?.sha256
            server.builder.say("something else", in: "lib")
            try await change("lib", server) { $0.replacing("bin.install", with: "bin.mkpath\n    bin.install") }
            _ = try await server.build("lib")
            let second = try await server.catalog().formulae.first { $0.name == "lib" }?.bottles.first?.sha256
            #expect(first != nil && second != nil && first != second)
            try await change("lib", server) { $0.replacing("bin.mkpath\n    ", with: "") }
            let third = try await server.build("lib")
            #expect(third.jobs.map(\.formula) == ["lib"] && third.jobs[0].reason != nil)
            #expect(try await server.catalog().formulae.first { $0.name == "lib" }?.bottles.first?.sha256 == first)
            #expect(built(server) == ["lib", "lib"])
        }
    }

    @Test("a bottle of which nobody knows how it was made will do")
    func unknown() async throws {
        try await ServerFixture.run(Self.formulae) { server in
            _ = try await server.build("lib")
            try await server.farm.database.pool.write { try $0.execute(sql: "DELETE FROM build_keys") }
            try await change("lib", server) { $0.replacing("bin.install", with: "bin.mkpath\n    bin.install") }
            #expect(try await server.build("lib").jobs.isEmpty)
            #expect(built(server) == ["lib"])
        }
    }
}
