import GRDB
import Testing
import VeloBuild
import VeloCore

@testable import VeloFarm

@Suite("Job queue")
struct JobQueueTests {
    private let fixture: FarmFixture
    private var queue: JobQueue { fixture.farm.queue }

    init() async throws {
        fixture = try FarmFixture()
        try await fixture.addTap([
            "app": "depends_on \"lib\"", "lib": "depends_on \"base\"", "base": "", "other": "depends_on \"base\"",
        ])
    }

    private func failure(_ message: String) -> JobFailure {
        JobFailure(phase: "install", message: message, hints: [], lastLines: ["last"], log: "farm/v1/jobs/1/log")
    }

    private func succeed(_ claim: JobQueue.Claim) async throws {
        try await fixture.farm.database.pool.write { try queue.succeed($0, claim.lease) }
    }

    private func states(_ build: Int) async throws -> [String: JobStatus.State] {
        let jobs = try await queue.build(build).jobs
        return Dictionary(uniqueKeysWithValues: jobs.map { ($0.formula, $0.state) })
    }

    @Test("jobs become ready as what they need succeeds, and the build ends with the last")
    func runsInOrder() async throws {
        let build = try await fixture.order("app")
        #expect(try await states(build) == ["base": .ready, "lib": .waiting, "app": .waiting])
        for name in ["base", "lib", "app"] {
            let claim = try #require(try await queue.claim(owner: "w"))
            #expect(claim.formula.name == name)
            #expect(try await queue.claim(owner: "w") == nil)
            try await succeed(claim)
        }
        let status = try await queue.build(build)
        #expect(status.state == .succeeded)
        #expect(status.finished == fixture.clock.now())
    }

    @Test("a waiting job says for what")
    func givesReasons() async throws {
        let build = try await fixture.order("app")
        let reasons = try await queue.build(build).jobs.map(\.reason)
        #expect(reasons == ["no worker is free", "waits for `base`", "waits for `base`, `lib`"])
    }

    @Test("two builds that want the same bottle share its job")
    func shares() async throws {
        let first = try await fixture.order("lib")
        let second = try await fixture.order("other")
        let shared = try await queue.build(first).jobs[0].id
        #expect(try await queue.build(second).jobs[0].id == shared)
        try await succeed(try #require(try await queue.claim(owner: "w")))
        #expect(try await states(first) == ["base": .succeeded, "lib": .ready])
        #expect(try await states(second) == ["base": .succeeded, "other": .ready])
    }

    @Test("what waits for a failed job is skipped, and only that")
    func skipsDependents() async throws {
        let first = try await fixture.order("app")
        let second = try await fixture.order("other")
        let base = try #require(try await queue.claim(owner: "w"))
        try await succeed(base)
        let lib = try #require(try await queue.claim(owner: "w"))
        #expect(lib.formula.name == "lib")
        let verdict = try await queue.end(lib.lease, .build(failure("`make` ended with status 2")))
        #expect(verdict == .fail(failure("`make` ended with status 2")))
        #expect(try await states(first) == ["base": .succeeded, "lib": .failed, "app": .skipped])
        let status = try await queue.build(first)
        #expect(status.state == .failed)
        #expect(status.jobs[1].failure?.lastLines == ["last"])
        #expect(status.jobs[2].reason == "`lib` was not built")
        #expect(try await queue.build(second).state == .running)
    }

    @Test("a failed bottle can be ordered again")
    func ordersAgain() async throws {
        _ = try await fixture.order("base")
        let claim = try #require(try await queue.claim(owner: "w"))
        _ = try await queue.end(claim.lease, .build(failure("no")))
        let again = try await fixture.order("base")
        #expect(try await states(again) == ["base": .ready])
        #expect(try await queue.claim(owner: "w")?.attempt == 1)
    }

    @Test("a lease that ran out gives the job to another, and the first can change nothing any more")
    func fences() async throws {
        let build = try await fixture.order("base")
        let first = try #require(try await queue.claim(owner: "slow"))
        fixture.clock.advance(queue.leaseLength - 1)
        try await queue.heartbeat(first.lease)
        fixture.clock.advance(queue.leaseLength - 1)
        #expect(try await queue.reapExpired().isEmpty)
        fixture.clock.advance(2)
        #expect(try await queue.reapExpired() == [first.lease.job])

        let second = try #require(try await queue.claim(owner: "quick"))
        #expect(second.lease.job == first.lease.job)
        #expect(second.lease.epoch == first.lease.epoch + 1)
        await #expect(throws: FarmError.self) { try await queue.heartbeat(first.lease) }
        await #expect(throws: FarmError.self) { try await queue.setPhase("install", first.lease) }
        await #expect(throws: FarmError.self) { try await succeed(first) }
        await #expect(throws: FarmError.self) { try await queue.end(first.lease, .build(failure("late"))) }
        #expect(try await states(build) == ["base": .running])
        try await succeed(second)
        #expect(try await states(build) == ["base": .succeeded])
    }

    @Test("a setback that says nothing about the formula does not use up an attempt, and is tried again later")
    func retries() async throws {
        let build = try await fixture.order("base")
        let first = try #require(try await queue.claim(owner: "w"))
        _ = try await queue.end(first.lease, .infrastructure(failure("no network")))
        #expect(try await queue.claim(owner: "w") == nil)
        #expect(try await queue.build(build).jobs[0].reason == "tries again in 10 s: no network")
        fixture.clock.advance(10)
        let second = try #require(try await queue.claim(owner: "w"))
        #expect(second.attempt == 1)
    }

    @Test("jobs of a process that went come back at once, others keep theirs")
    func recovers() async throws {
        let first = try await fixture.order("lib")
        let mine = try #require(try await queue.claim(owner: "local/1"))
        #expect(try await queue.recover(ownerPrefix: "other/").isEmpty)
        #expect(try await queue.recover(ownerPrefix: "local/") == [mine.lease.job])
        #expect(try await states(first) == ["base": .ready, "lib": .waiting])
        #expect(try await queue.claim(owner: "local/1")?.attempt == 1)
    }

    @Test("an order that cannot be planned leaves nothing behind")
    func refusedOrder() async throws {
        await #expect(throws: PlanError.self) { try await fixture.order("unknown") }
        #expect(try await queue.recentBuilds(limit: 10).isEmpty)
        await #expect(throws: FarmError.self) { try await queue.build(1) }
    }
}

@Suite("Retry policy")
struct RetryPolicyTests {
    private let policy = RetryPolicy()
    private let failure = JobFailure(phase: "fetch", message: "no network", hints: [], lastLines: [], log: "")

    @Test("waits grow, and after the last one the job fails and says so")
    func backsOff() {
        let delays = (0..<4).map { policy.verdict(on: .infrastructure(failure), interruptions: $0) }
        #expect(
            delays == [
                .retry(after: 10, counts: true), .retry(after: 20, counts: true), .retry(after: 40, counts: true),
                .retry(after: 80, counts: true),
            ])
        guard case .fail(let last) = policy.verdict(on: .infrastructure(failure), interruptions: 4) else {
            Issue.record("the fifth interruption must fail the job")
            return
        }
        #expect(last.message == "no network; given up after 5 attempts")
    }

    @Test("a stop is no setback")
    func stops() {
        #expect(policy.verdict(on: .stopped, interruptions: 100) == .retry(after: 0, counts: false))
    }

    @Test("an error that may pass is infrastructure, others are the formula's")
    func sorts() {
        let lost = RetryPolicy.Setback(
            FarmError.leaseLost(job: 1), phase: .install, lastLines: [], log: "", isStopping: false)
        guard case .infrastructure = lost else {
            Issue.record("a temporary problem must not fail the job")
            return
        }
        let gone = RetryPolicy.Setback(
            FarmError.formulaGone("x"), phase: .install, lastLines: ["l"], log: "p", isStopping: false)
        #expect(
            gone
                == .build(
                    JobFailure(
                        phase: "install", message: FarmError.formulaGone("x").summary, hints: [], lastLines: ["l"],
                        log: "p")))
    }
}
