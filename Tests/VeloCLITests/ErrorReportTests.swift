import SystemPackage
import Testing
import VeloCLI
import VeloCore
import VeloSystem

@Suite("Error report")
struct ErrorReportTests {
    private struct Odd: Error {}

    private static let failedBuild: InstallError = {
        let failure = JobFailure(
            phase: "install", message: "`make` ended with 2", hints: ["add the dependency to the formula"],
            lastLines: ["x.c:1:10: fatal error: zlib.h: No such file", "make: *** [x.o] Error 1"],
            log: "/farm/v1/jobs/3/log")
        let job = JobStatus(
            id: 3, formula: "libhi", pkgVersion: "1.0", state: .failed, reason: nil, phase: "install", started: 1,
            finished: 2, attempt: 1, failure: failure)
        let build = BuildStatus(
            id: 7, formula: "hello", platform: "x86_64_linux", state: .failed, created: 1, finished: 2, jobs: [job])
        return .buildFailed(build, job, mirror: "http://127.0.0.1:8080")
    }()

    private static let cases: [(String, any Error)] = [
        ("unknown-formula", CatalogError.unknownFormula("helo", nearest: ["hello", "help2man"])),
        ("unknown-formula-unlike-any", CatalogError.unknownFormula("zzz", nearest: [])),
        ("no-mirror-set", MirrorError.noMirrors),
        (
            "no-answer",
            MirrorError.noAnswer([
                .init(
                    mirror: "http://farm:8080",
                    error: .unreachable(url: "http://farm:8080/c", host: "farm", reason: "connection refused"))
            ])
        ),
        ("failed-build", failedBuild),
        (
            "several",
            Problems(all: [
                CatalogError.unknownFormula("x", nearest: []), PlanRefusal.disabled("y", reason: "it is gone"),
            ])
        ),
        (
            "conflict",
            InstallError.package(
                "pigz", doing: .link,
                cause: LinkError.conflicts(
                    keg: "pigz 2.8", [LinkConflict(path: "bin/gzip", owner: "gzip 1.12")], prefix: "/home/me/.velo"))
        ),
        ("read-only-prefix", PrefixError.readOnly("/opt/velo", "/opt")),
        ("bug", Odd()),
    ]

    @Test("reads as it is kept in the snapshots", arguments: cases.map(\.0))
    func snapshots(name: String) throws {
        let error = try #require(Self.cases.first { $0.0 == name }?.1)
        let report = ErrorReport(error)
        try Snapshot.expect(
            report.text(TextStyle(isColored: false)) + "\n\nexit \(report.status.code)\n\n" + report.json + "\n",
            is: "errors/\(name)")
    }

    @Test("reads the same without colour")
    func color() {
        let report = ErrorReport(Self.failedBuild)
        var text = report.text(TextStyle(isColored: true))
        #expect(text.hasPrefix("\u{1b}[31;1merror:\u{1b}[0m the build of `libhi`"))
        for code in ["31;1", "36", "2", "0"] { text = text.replacing("\u{1b}[\(code)m", with: "") }
        #expect(text == report.text(TextStyle(isColored: false)))
    }
}
