import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// With the real kernel, where it lets this process make groups; elsewhere the limits of each process apply, which other
/// suites test.
@Suite("Control groups", .serialized)
struct ControlGroupTests {
    private static let groups = ControlGroups.find()

    @Test(
        "what left its process group and its session is ended with the control group",
        .enabled(if: groups != nil, "no control group can be made on this host"))
    func ending() async throws {
        let group = try #require(Self.groups?.make())
        var command = ChildCommand(
            ["/bin/sh", "-c", "setsid sh -c 'echo $$; exec sleep 300' & sleep 0.3"],
            environment: ["PATH": "/usr/bin:/bin"])
        command.controlGroup = group.descriptor
        let prepared = command
        let process = try await BlockingThread.run {
            var said: [UInt8] = []
            _ = try ChildProcess.run(prepared) { said += $0 }
            return String(decoding: said, as: UTF8.self).filter(\.isNumber)
        }
        let place = FilePath("/proc/\(process)/stat")
        try #require(!process.isEmpty && FileTree.exists(place))
        group.end()
        #expect(!FileTree.exists(group.folder))
        // Whoever inherited it may not have buried it yet.
        let state = (try? FileTree.readText(place)).flatMap { $0.split(separator: ")").last?.dropFirst().first }
        #expect(state == nil || state == "Z" || state == "X")
    }

    @Test(
        "a step tells what all its processes used",
        .enabled(if: groups != nil, "no control group can be made on this host"))
    func counting() async throws {
        try await Scratch.with("groups") { scratch in
            let fixture = try SandboxFixture(scratch)
            let (exit, usage) = try await fixture.measure(
                "for i in 1 2; do (n=0; while [ $n -lt 100000 ]; do n=$((n + 1)); done) & done; wait",
                groups: Self.groups)
            #expect(exit.isSuccess)
            let used = try #require(usage)
            #expect(used.processorSeconds > 0.02)
            #expect((used.memoryPeak != nil) == (Self.groups?.controllers.contains("memory") == true))
        }
    }

    @Test(
        "memory of all processes together is limited by the kernel",
        .enabled(
            if: groups?.controllers.contains("memory") == true, "no memory controller was handed over on this host"))
    func memory() async throws {
        try await Scratch.with("groups") { scratch in
            let fixture = try SandboxFixture(scratch)
            let line = "for i in 1 2 3 4; do perl -e '$x = \"a\" x 40000000; sleep 20' & done; wait"
            let (exit, _) = try await fixture.measure(
                line, limits: SandboxFixture.limits(memory: 100 << 20), groups: Self.groups)
            #expect(exit == .exceeded(.memory(100 << 20)))
        }
    }

    @Test(
        "the number of processes is limited by the kernel",
        .enabled(if: groups?.controllers.contains("pids") == true, "no pids controller was handed over on this host"))
    func processes() async throws {
        try await Scratch.with("groups") { scratch in
            let fixture = try SandboxFixture(scratch)
            let (exit, _) = try await fixture.measure(
                "f() { f | f & }; f; sleep 20", limits: SandboxFixture.limits(processes: 60), groups: Self.groups)
            #expect(exit == .exceeded(.processes(60)))
        }
    }

    @Test("a host without groups has the limits of each process")
    func without() async throws {
        try await Scratch.with("groups") { scratch in
            let fixture = try SandboxFixture(scratch)
            let (exit, usage) = try await fixture.measure(
                "dd if=/dev/zero of=/build/big bs=1M count=40 2>&1; [ $(stat -c %s /build/big) -le 20971520 ]",
                limits: SandboxFixture.limits(fileSize: 20 << 20), groups: nil)
            #expect(exit.isSuccess && usage == nil)
        }
    }
}

extension SandboxFixture {
    /// Runs a line as `run` does, and answers what it used.
    fileprivate func measure(
        _ line: String, limits: SandboxLimits = SandboxFixture.limits(), groups: ControlGroups?
    ) async throws -> (exit: SandboxRunner.Exit, usage: SandboxUsage?) {
        let prepared = try spec(line)
        return try await BlockingThread.run {
            let heard = Heard()
            let exit = try SandboxRunner(limits: limits, interruption: Interruption(), groups: groups).run(prepared) {
                if case .usage(let usage) = $0 { heard.usage = usage }
            }
            return (exit, heard.usage)
        }
    }
}

private final class Heard: @unchecked Sendable {
    // Written and read by one thread, one after the other.
    var usage: SandboxUsage?
}
