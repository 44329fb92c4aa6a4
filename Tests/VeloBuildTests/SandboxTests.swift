import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// What a build needs of the real sandbox, and what ends it.
@Suite("The sandbox")
struct SandboxTests {
    @Test("what a build needs works: compile, link, thread, write to its own rack, run what it made")
    func canBuild() async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try await SandboxFixture(scratch).run(
                """
                set -e
                export PATH=/velo/shims:$PATH HOMEBREW_CC=gcc
                own=/home/linuxbrew/.linuxbrew/Cellar/own/1.0/bin
                mkdir -p $own
                echo 'int main(void) { return 42; }' > /build/a.c
                cc -o $own/a /build/a.c
                echo configured > /home/linuxbrew/.linuxbrew/etc/own.conf
                $own/a || test $? = 42
                python3 -c 'import threading; t = threading.Thread(target=print); t.start(); t.join()'
                python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)'
                """)
            #expect(result.exit.isSuccess, "\(result.text)")
            #expect(FileTree.exists(scratch.path.pushing("prefix/Cellar/own/1.0/bin/a")))
        }
    }

    @Test("a daemon that a build leaves behind ends with it")
    func leavesNothingBehind() async throws {
        try await Scratch.with("sandbox") { scratch in
            _ = try await SandboxFixture(scratch).run("(setsid sleep 4711 >/dev/null 2>&1 &) ; true")
            #expect(!(try await Program("/usr/bin/pgrep").run("-f", "sleep 4711").exit.isSuccess))
        }
    }

    @Test("a build that takes too long, or says nothing for too long, is ended")
    func timeLimits() async throws {
        try await Scratch.with("sandbox") { scratch in
            let fixture = try SandboxFixture(scratch)
            let silent = try await fixture.run(
                "sleep 60", limits: SandboxFixture.limits(silence: .milliseconds(300)))
            #expect(silent.exit == .ended(.silenceLimit))
            let long = try await fixture.run(
                "while :; do echo x; sleep 0.05; done",
                limits: SandboxFixture.limits(total: .milliseconds(600), silence: .seconds(5)))
            #expect(long.exit == .ended(.timeLimit))
        }
    }

    @Test("a fork bomb is ended by the number of its processes, and none is left")
    func forkBomb() async throws {
        try await Scratch.with("sandbox") { scratch in
            let limits = SandboxFixture.limits(processes: 60)
            let result = try await SandboxFixture(scratch).run(
                "i=0; while [ $i -lt 400 ]; do sleep 4713 & i=$((i + 1)); done; wait", limits: limits)
            #expect(!result.exit.isSuccess)
            #expect(!(try await Program("/usr/bin/pgrep").run("-f", "sleep 4713").exit.isSuccess))
        }
    }

    @Test("processes that take too much memory together are ended")
    func memory() async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try await SandboxFixture(scratch).run(
                "python3 -c 'x = bytearray(400 << 20); import time; time.sleep(20)'",
                limits: SandboxFixture.limits(memory: 200 << 20))
            #expect(result.exit == .exceeded(.memory(200 << 20)))
        }
    }

    @Test("what fills the disk is ended: one big file by the kernel, many by their sum")
    func disk() async throws {
        try await Scratch.with("sandbox") { scratch in
            let fixture = try SandboxFixture(scratch)
            let big = try await fixture.run("head -c 100M /dev/zero > /build/big", limits: SandboxFixture.limits())
            #expect(!big.exit.isSuccess)
            let many = try await fixture.run(
                "i=0; while :; do head -c 4M /dev/zero > /build/$i; i=$((i + 1)); done",
                limits: SandboxFixture.limits(disk: 48 << 20))
            #expect(many.exit == .exceeded(.disk(48 << 20)))
        }
    }

    @Test("a build that prints without end is ended")
    func output() async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try await SandboxFixture(scratch).run("yes")
            #expect(result.exit == .exceeded(.output(1 << 20)))
        }
    }

    @Test("headers and libraries that the host happens to have are not found; the C library's are")
    func hostView() async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try await SandboxFixture(scratch).run(
                """
                test -e /usr/include/stdio.h && test -e /usr/include/c++ || exit 3
                ! test -e /usr/include/curl && ! test -e /usr/include/zlib.h || exit 4
                echo 'int main(void) { return 0; }' > /build/a.c
                gcc -o /build/a /build/a.c -lm || exit 5
                ! gcc -o /build/b /build/a.c -lz 2>/dev/null || exit 6
                """)
            #expect(result.exit.isSuccess, "\(result.exit) \(result.text)")
        }
    }
}
