import SystemPackage
import Testing
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

@testable import VeloFarm

@Suite("Builds through the server", .timeLimit(.minutes(2)))
struct BuildTests {
    private struct Event: Equatable {
        var name: String
        var data: String
        var id: String?
    }

    private func events(_ text: String) throws -> [Event] {
        var parser = EventStreamParser()
        return parser.feed(Array(text.utf8)).map { Event(name: $0.event, data: $0.data, id: $0.id) }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ event: Event) throws -> Value {
        try WireCoding.decode(type, from: Array(event.data.utf8))
    }

    @Test("a closure is built in order, each with the bottles it needs, and a second order has nothing to do")
    func buildsClosure() async throws {
        let formulae = [
            "app": "depends_on \"cmake\" => :build\ndepends_on \"tool\" => :build\ndepends_on \"lib\"",
            "lib": "depends_on \"base\"", "base": "", "tool": "",
        ]
        try await ServerFixture.run(formulae) { server in
            let build = try await server.build("app")
            #expect(build.state == .succeeded)
            #expect(build.jobs.map(\.state) == [.succeeded, .succeeded, .succeeded, .succeeded])
            #expect(build.jobs.map(\.phase) == ["publish", "publish", "publish", "publish"])
            let request = try #require(server.builder.seen.last)
            #expect(request.formula.name == "app")
            #expect(request.externals == ["cmake": "true"])
            #expect(request.dependencies.map(\.formula.name) == ["base", "lib", "tool"])
            #expect(request.dependencies.map(\.isDirect) == [false, true, true])
            #expect(request.dependencies.map(\.isBuildOnly) == [false, false, true])
            for dependency in request.dependencies {
                let listing = try await Program.run("tar", "-tzf", dependency.file.string)
                #expect(listing.output.hasPrefix("\(dependency.formula.name)/"))
            }
            #expect(try FileTree.names(in: server.farm.folder.scratch).isEmpty)

            let again = try await server.build("velo/test/app")
            #expect(again.state == .succeeded)
            #expect(again.jobs.isEmpty)
            #expect(server.builder.seen.count == 4)
            let list = try await server.get("/farm/v1/builds").decode(BuildList.self)
            #expect(list.builds.map(\.id) == [again.id, build.id])
        }
    }

    @Test("a build that fails says in which phase, why, with its last lines, and what waited is skipped")
    func reportsFailure() async throws {
        let builder = FakeBuilder(failures: [
            "lib": BuildError("lib", .install, .commandFailed(["make", "install"], status: 2))
        ])
        try await ServerFixture.run(["app": "depends_on \"lib\"", "lib": ""], builder: builder) { server in
            let build = try await server.build("app")
            #expect(build.state == .failed)
            #expect(build.jobs.map(\.state) == [.failed, .skipped])
            let failure = try #require(build.jobs[0].failure)
            #expect(failure.phase == "install")
            #expect(failure.message == "`lib` did not build: `make install` ended with status 2 (phase: install)")
            #expect(failure.lastLines.contains("lib.c:1: error: no"))
            let log = try await server.get("/" + failure.log)
            #expect(log.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(log.body.contains("making lib\n"))
            #expect(!log.body.contains("\u{1B}"))
            #expect(try await server.catalog().formulae.allSatisfy(\.bottles.isEmpty))
        }
    }

    @Test("a command that stands in for a build dependency must be on the host")
    func missingExternal() async throws {
        try await ServerFixture.run(["hello": "depends_on \"cmake\" => :build"]) { server in
            let daemon = server.daemon
            let worker = daemon.farm.worker("test", builder: server.builder, searchPath: ["/nonexistent"])
            let id = try await daemon.farm.queue.order(
                "hello", platform: PlatformTag.test.description, index: daemon.farm.catalog.current().index,
                externals: daemon.farm.configuration.externals)
            let claim = try #require(try await daemon.farm.queue.claim(owner: "test"))
            await #expect(throws: FarmError.self) { try await worker.assembly.request(claim) }
            #expect(try await daemon.farm.queue.build(id).state == .running)
        }
    }

    @Test("events replay what has been, carry on live, and end with the build")
    func streamsEvents() async throws {
        try await ServerFixture.run(["app": "depends_on \"lib\"", "lib": ""]) { server in
            let order = try await server.post("/farm/v1/builds", "{\"formula\":\"app\"}").decode(BuildStatus.self)
            let live = try events(try await server.get("/farm/v1/builds/\(order.id)/events").body)
            let replay = try events(try await server.get("/farm/v1/builds/\(order.id)/events").body)
            for stream in [live, replay] {
                let last = try #require(stream.last)
                #expect(last.name == "end")
                #expect(try decode(BuildStatus.self, last).state == .succeeded)
                let lines = try stream.filter { $0.name == "log" }.map { try decode(JobLogLine.self, $0) }
                #expect(lines.filter { $0.text == "making lib" }.count == 1)
                #expect(lines.filter { $0.text == "making app" }.count == 1)
                var states: [String: JobStatus.State] = [:]
                for event in stream where event.name == "job" {
                    let job = try decode(JobStatus.self, event)
                    states[job.formula] = job.state
                }
                #expect(states == ["lib": .succeeded, "app": .succeeded])
            }
            let first = try #require(live.first)
            #expect(first.name == "job")

            let token = try #require(replay.last { $0.name == "log" }?.id)
            let resumed = try events(
                try await server.get("/farm/v1/builds/\(order.id)/events", "--header", "Last-Event-ID: \(token)").body)
            #expect(resumed.filter { $0.name == "log" }.isEmpty)
            #expect(resumed.last?.name == "end")
        }
    }
}
