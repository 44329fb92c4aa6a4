import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Install: bottles that are missing")
struct BuildingTests {
    private func job(_ state: JobStatus.State, phase: String? = nil, failure: JobFailure? = nil) -> JobStatus {
        JobStatus(
            id: 3, formula: "hello", pkgVersion: "1.0", state: state, reason: nil, phase: phase, started: 10,
            finished: state == .running ? nil : 22, attempt: 1, failure: failure)
    }

    private func build(_ state: BuildStatus.State, _ job: JobStatus) -> BuildStatus {
        BuildStatus(
            id: 7, formula: "hello", platform: "x86_64_linux", state: state, created: 9,
            finished: state == .running ? nil : 22, jobs: [job])
    }

    private func event(_ name: String, _ value: some Encodable) throws -> String {
        "event: \(name)\ndata: \(String(decoding: try WireCoding.encode(value), as: UTF8.self))\n\n"
    }

    @Test("are ordered, followed, and installed when they are there")
    func builds() async throws {
        try await MirrorFixture.with("build") { mirror in
            let built = try await mirror.bottle("hello")
            var unbuilt = built
            unbuilt.bottles = []
            mirror.publish(unbuilt)
            mirror.answerOrders(
                with: build(.running, job(.ready)),
                events: [
                    try event("job", job(.running, phase: "install")),
                    try event("log", JobLogLine(job: 3, text: "gcc -c x.c")),
                    try event("job", job(.succeeded)), try event("end", build(.succeeded, job(.succeeded))),
                ], then: [built])
            let summary = try await mirror.install("hello")
            #expect(summary.built == ["hello"])
            #expect(try await mirror.run("hello") == "hello 1.0\n")
            let order = try #require(mirror.server.requests.first { $0.method == "POST" })
            #expect(String(decoding: order.body, as: UTF8.self) == #"{"formula":"hello","platform":"x86_64_linux"}"#)
            let notices = mirror.events.compactMap { event -> BuildNotice? in
                if case .build(let notice) = event { notice } else { nil }
            }
            #expect(
                notices == [
                    .job(job(.running, phase: "install")), .log(JobLogLine(job: 3, text: "gcc -c x.c")),
                    .job(job(.succeeded)), .end(build(.succeeded, job(.succeeded))),
                ])
        }
    }

    @Test("a failed build says its phase, its last lines and where the log is, and changes nothing")
    func fails() async throws {
        try await MirrorFixture.with("build-fails") { mirror in
            mirror.publish(CatalogFixture.formula("hello", hasBottle: false))
            let failure = JobFailure(
                phase: "install", message: "`make install` ended with 2", hints: ["look at the log"],
                lastLines: ["cc: no input files"], log: "/farm/v1/jobs/3/log")
            let failed = job(.failed, phase: "install", failure: failure)
            mirror.answerOrders(
                with: build(.running, job(.ready)),
                events: [try event("job", failed), try event("end", build(.failed, failed))])
            let error = try #require(await #expect(throws: InstallError.self) { try await mirror.install("hello") })
            #expect(error.summary == "the build of `hello` failed in the phase `install`: `make install` ended with 2")
            #expect(error.details == ["cc: no input files"])
            #expect(error.hints == ["look at the log", "the whole log: \(mirror.server.url("/farm/v1/jobs/3/log"))"])
            #expect(!FileTree.exists(mirror.prefix.location))
        }
    }

    @Test("an order that the farm refuses is told in the farm's words")
    func refused() async throws {
        try await MirrorFixture.with("build-refused") { mirror in
            mirror.publish(CatalogFixture.formula("hello", hasBottle: false))
            let error = try #require(await #expect(throws: MirrorError.self) { try await mirror.install("hello") })
            #expect(error.summary == "the farm `\(mirror.server.url(""))` does not build `hello`: the queue is full")
            #expect(error.hints == ["ask later"])
        }
    }

    @Test("a stream that breaks is taken up where it was")
    func reconnects() async throws {
        try await MirrorFixture.with("build-breaks") { mirror in
            let end = try event("end", build(.succeeded, job(.succeeded)))
            mirror.answerOrders(
                with: build(.running, job(.ready)),
                events: ["id: 41\n" + (try event("log", JobLogLine(job: 3, text: "x")))])
            let follower = BuildFollower(
                engine: mirror.engine, mirror: mirror.server.url(""), build: 7, pause: .milliseconds(1))
            var isFirst = true
            let status = try await follower.follow { _ in
                if isFirst { mirror.answerOrders(with: build(.running, job(.ready)), events: [end]) }
                isFirst = false
            }
            #expect(status.state == .succeeded)
            let asked = mirror.server.requests.filter { $0.target == "/farm/v1/builds/7/events" }
            #expect(asked.map { $0.headers["last-event-id"] } == [nil, "41"])
        }
    }

    @Test("stopping velo while a farm builds says that the build goes on")
    func cancelled() async throws {
        try await MirrorFixture.with("build-cancelled") { mirror in
            mirror.publish(CatalogFixture.formula("hello", hasBottle: false))
            mirror.answerOrders(with: build(.running, job(.ready)), events: [": nothing yet\n\n"])
            let installer = mirror.makeInstaller()
            let task = Task { try await installer.install(["hello"]) }
            while !mirror.server.requests.contains(where: { $0.target.hasSuffix("/events") }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            let error = await #expect(throws: InstallError.self) { try await task.value }
            #expect(error?.summary == "stopped; build 7 of `hello` goes on at `\(mirror.server.url(""))`")
            #expect(!FileTree.exists(mirror.prefix.location))
        }
    }
}
