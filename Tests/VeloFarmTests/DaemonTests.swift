import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem

@testable import VeloFarm

@Suite("Daemon", .timeLimit(.minutes(2)))
struct DaemonTests {
    private func waitForRunning(_ server: ServerFixture, _ build: Int) async throws {
        for _ in 0..<200 {
            if try await server.farm.queue.build(build).jobs.contains(where: { $0.phase == "install" }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the build did not begin")
    }

    @Test("a stop ends a build within two seconds, and the next start takes it up again")
    func stopsAndRecovers() async throws {
        let scratch = try Scratch()
        var build = 0
        var stopped = ContinuousClock.now
        try await ServerFixture.run(
            ["app": "depends_on \"slow\"", "slow": ""], builder: FakeBuilder(endless: ["slow"]), scratch: scratch
        ) { server in
            build = try await server.post("/farm/v1/builds", "{\"formula\":\"app\"}").decode(BuildStatus.self).id
            try await waitForRunning(server, build)
            stopped = .now
        }
        #expect(ContinuousClock.now - stopped < .seconds(3))
        let data = DataFolder(scratch.path.appending("data"))
        #expect(data.runningServer() == nil)
        let queue = JobQueue(database: try FarmDatabase(data.database), now: WallClock.seconds)
        let between = try await queue.build(build)
        #expect(between.state == .running)
        #expect(between.jobs.map(\.state) == [.ready, .waiting])
        #expect(between.jobs[0].attempt == 0)

        try await ServerFixture.run(scratch: scratch) { server in
            let events = try await server.get("/farm/v1/builds/\(build)/events")
            #expect(events.body.contains("event: end"))
            let status = try await server.farm.queue.build(build)
            #expect(status.state == .succeeded)
            #expect(status.jobs.map(\.attempt) == [1, 1])
        }
    }

    @Test("what a killed process left behind is taken up: its lease, its scratch folder")
    func recoversAfterKill() async throws {
        let fixture = try FarmFixture()
        try await fixture.addTap(["hello": ""])
        let build = try await fixture.order("hello")
        _ = try #require(try await fixture.farm.queue.claim(owner: "local/1"))
        try FileTree.makeFolder(fixture.farm.folder.scratch.pushing("job-1-abc/keg"))
        try fixture.farm.database.close()

        try await ServerFixture.run(scratch: fixture.scratch) { server in
            let events = try await server.get("/farm/v1/builds/\(build)/events")
            #expect(events.body.contains("event: end"))
            #expect(try await server.farm.queue.build(build).state == .succeeded)
            #expect(try FileTree.names(in: server.farm.folder.scratch).isEmpty)
        }
    }

    @Test("a stream that waits for a build ends when the server stops")
    func endsStreams() async throws {
        let builder = FakeBuilder(endless: ["slow"])
        let (streams, ended) = AsyncStream.makeStream(of: String.self)
        try await ServerFixture.run(["slow": ""], builder: builder) { server in
            let build = try await server.post("/farm/v1/builds", "{\"formula\":\"slow\"}").decode(BuildStatus.self).id
            let url = "\(server.url)/farm/v1/builds/\(build)/events"
            Task {
                let result = try? await Program.run("curl", "-sSN", "--max-time", "20", url)
                ended.yield(result?.output ?? "")
                ended.finish()
            }
            try await waitForRunning(server, build)
            try await Task.sleep(for: .milliseconds(200))
        }
        let text = await streams.first { _ in true }
        #expect(text?.contains("making slow") == true)
        #expect(text?.contains("event: end") == false)
    }

    @Test("a data folder has one server, and says which")
    func oneServer() async throws {
        let scratch = try Scratch()
        let folder = DataFolder(scratch.path.appending("data"))
        let lock = try folder.lock()
        let error = #expect(throws: FarmError.self) { _ = try folder.lock() }
        #expect(error?.summary.contains("is in use by another velod (process ") == true)
        _ = consume lock
        _ = try folder.lock()
    }

    @Test("a port that is taken is named")
    func portTaken() async throws {
        try await ServerFixture.run { server in
            let scratch = try Scratch()
            var configuration = try FarmFixture.configuration(scratch.path.appending("data"))
            configuration.port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
            let second = try Daemon(
                configuration, reading: .test, builder: FakeBuilder(), searchPath: [], logger: .silent)
            let error = await #expect(throws: FarmError.self) {
                try await second.run(until: AsyncStream { $0.finish() })
            }
            #expect(error?.summary == "127.0.0.1:\(configuration.port) is taken by another program")
        }
    }
}
