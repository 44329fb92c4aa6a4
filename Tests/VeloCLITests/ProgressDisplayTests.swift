import Testing
import VeloCLI
import VeloCore

@Suite("Progress display")
struct ProgressDisplayTests {
    private func job(
        _ id: Int, _ name: String, _ state: JobStatus.State, phase: String? = nil, reason: String? = nil,
        finished: Double? = nil
    ) -> JobStatus {
        JobStatus(
            id: id, formula: name, pkgVersion: "1.0", state: state, reason: reason, phase: phase, started: 100,
            finished: finished, attempt: 1, failure: nil)
    }

    private func build(_ jobs: [JobStatus]) -> BuildStatus {
        BuildStatus(
            id: 7, formula: "hello", platform: "x86_64_linux", state: .running, created: 99, finished: nil, jobs: jobs)
    }

    private func step(_ name: String, _ action: InstallPlan.Action, size: Int?) -> InstallPlan.Step {
        let bottle = size.map {
            CatalogBottle(platform: "all", sha256: "", size: $0, installedSize: 0, cellar: "any", path: "")
        }
        return InstallPlan.Step(
            formula: CatalogFormula(name: name, tap: "t", version: "1.0"), action: action, isRequested: name == "hello",
            isOnRequest: name == "hello", bottle: bottle)
    }

    private var plan: InstallPlan {
        InstallPlan(steps: [
            step("zlib", .keep(installed: "1.0"), size: 1), step("libhi", .install, size: 3_000_000),
            step("hello", .upgrade(from: "0.9"), size: 1_000_000),
        ])
    }

    @Test(
        "a build is shown with its phase, its time and its last line; a narrow terminal loses the right end first",
        arguments: [
            (80, "building libhi 1.0  install  0:42  1/3 done\n  checking for gcc... gcc -Wall -Wextra"),
            (44, "building libhi 1.0  install  0:42  1/3 done\n  checking for gcc... gcc -Wall -Wextra"),
            (43, "building libhi 1.0  install  0:42\n  checking for gcc... gcc -Wall -Wextra"),
            (30, "building libhi 1.0  install\n  checking for gcc... gcc -W…"),
            (20, "building libhi 1.0\n  checking for gcc…"), (10, "building…\n  checki…"), (1, "…\n…"),
        ])
    func buildAtWidths(width: Int, expected: String) {
        var display = ProgressDisplay(style: .bar)
        _ = display.take(
            .buildOrdered(
                build([job(1, "a", .succeeded), job(2, "libhi", .ready), job(3, "hello", .waiting)]), mirror: "m"),
            at: .zero)
        _ = display.take(.build(.job(job(2, "libhi", .running, phase: "install"))), at: .seconds(3))
        _ = display.take(
            .build(.log(JobLogLine(job: 2, text: "checking for gcc... gcc -Wall -Wextra"))), at: .seconds(4))
        #expect(display.draw(width: width, at: .seconds(45)) == expected)
    }

    @Test("a build that waits says for what")
    func waitingBuild() {
        var display = ProgressDisplay(style: .bar)
        _ = display.take(
            .buildOrdered(build([job(2, "libhi", .ready, reason: "no worker is free")]), mirror: "m"), at: .zero)
        #expect(
            display.draw(width: 80, at: .seconds(3700)) == "waiting for the farm  1:01:40  0/1 done  no worker is free")
    }

    @Test(
        "downloads share one line; a narrow terminal loses the right end first",
        arguments: [
            (100, "downloading 1/2  [===============>    ]  3.0 MB of 4.0 MB  1.5 MB/s  libhi"),
            (70, "downloading 1/2  [===============>    ]  3.0 MB of 4.0 MB  1.5 MB/s"),
            (60, "downloading 1/2  [===============>    ]  3.0 MB of 4.0 MB"),
            (41, "downloading 1/2  [===============>    ]"), (30, "downloading 1/2"), (8, "downlo…"),
        ])
    func downloadsAtWidths(width: Int, expected: String) {
        var display = ProgressDisplay(style: .bar)
        _ = display.take(.planned(plan), at: .zero)
        _ = display.take(.downloading("libhi", received: 500_000, total: 3_000_000), at: .seconds(1))
        _ = display.take(.downloading("hello", received: 1_000_000, total: 1_000_000), at: .seconds(1))
        _ = display.take(.downloading("libhi", received: 2_000_000, total: 3_000_000), at: .seconds(2))
        #expect(display.draw(width: width, at: .seconds(3)) == expected)
    }

    @Test("what is in the cache does not count as speed")
    func cacheIsNoSpeed() {
        var display = ProgressDisplay(style: .bar)
        _ = display.take(.planned(plan), at: .zero)
        _ = display.take(.downloaded("hello", bytes: 1_000_000, fromCache: true), at: .zero)
        _ = display.take(.downloading("libhi", received: 200_000, total: 3_000_000), at: .zero)
        #expect(display.draw(width: 100, at: .seconds(2)).contains("  100 kB/s  "))
    }

    @Test("the plain style prints a line for each change of step, and draws nothing")
    func plain() {
        var display = ProgressDisplay(style: .plain)
        var summary = InstallSummary(plan: plan)
        (summary.elapsed, summary.fromCache, summary.built) = (.seconds(3.25), ["hello"], ["libhi"])
        let events: [InstallEvent] = [
            .planned(plan),
            .buildOrdered(build([job(2, "libhi", .waiting, reason: "waits for `a`")]), mirror: "http://m"),
            .build(.job(job(2, "libhi", .running, phase: "fetch"))),
            .build(.job(job(2, "libhi", .running, phase: "fetch"))),
            .build(.job(job(2, "libhi", .running, phase: "install"))), .build(.log(JobLogLine(job: 2, text: "make"))),
            .build(.job(job(2, "libhi", .succeeded, phase: "publish", finished: 112))),
            .downloading("libhi", received: 1, total: 3_000_000), .downloading("libhi", received: 2, total: 3_000_000),
            .downloaded("libhi", bytes: 3_000_000, fromCache: false), .downloaded("hello", bytes: 1, fromCache: true),
            .pouring("libhi"), .poured("libhi"), .linking("libhi"), .installed(plan.steps[1]),
            .installed(plan.steps[2]),
            .finished(summary),
        ]
        var lines: [String] = []
        for event in events {
            lines += display.take(event, at: .zero)
            #expect(display.draw(width: 80, at: .zero).isEmpty)
        }
        #expect(
            lines == [
                "install 2 packages (4.0 MB): libhi 1.0, hello 1.0; 1 there already",
                "build 7 at http://m: 1 bottle to make", "libhi 1.0: fetch", "libhi 1.0: install",
                "built libhi 1.0 in 12 s",
                "libhi: downloading 3.0 MB", "libhi: downloaded 3.0 MB", "hello: in the cache", "libhi: pouring",
                "libhi: linking", "installed libhi 1.0", "upgraded hello 0.9 to 1.0",
                "2 packages in 3.3 s: 1 built, 1 downloaded, 1 from the cache; 1 there already",
            ])
    }

    @Test("control characters in a farm's log do not reach the terminal")
    func controlCharacters() {
        var display = ProgressDisplay(style: .bar)
        _ = display.take(.buildOrdered(build([job(2, "libhi", .running, phase: "install")]), mirror: "m"), at: .zero)
        _ = display.take(.build(.log(JobLogLine(job: 2, text: "a\u{1b}[2Jb\rc\td"))), at: .zero)
        #expect(display.draw(width: 80, at: .zero) == "building libhi 1.0  install  0:00  0/1 done\n  a[2Jbc d")
    }

    @Test("nothing to do is a sentence, and no sum")
    func nothingToDo() {
        var display = ProgressDisplay(style: .bar)
        let plan = InstallPlan(steps: [
            step("zlib", .keep(installed: "1.0"), size: 1), step("hello", .keep(installed: "0.9_1"), size: 1),
        ])
        #expect(display.take(.planned(plan), at: .zero) == ["`hello` 0.9_1 is installed already"])
        #expect(display.take(.finished(InstallSummary(plan: plan)), at: .zero) == [])
    }
}
