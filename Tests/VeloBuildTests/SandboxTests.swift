import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// What a formula's commands can reach, tried from the inside of the real sandbox.
@Suite("The sandbox")
struct SandboxTests {
    /// Runs a shell line where `install` would run.
    private func inside(
        _ scratch: Scratch, _ line: String,
        limits: SandboxRunner.Limits = .init(total: .seconds(30), silence: .seconds(30))
    ) throws -> (exit: ChildExit, text: String) {
        let layout = BuildLayout(scratch: scratch.path)
        try layout.prepare()
        for folder in ["Cellar/own", "Cellar/dependency", "etc", "var"] {
            try FileTree.makeFolder(layout.prefix.pushing(FilePath(folder)))
        }
        let formula = try Formulae.named("own")
        var spec = BuildSandbox(layout: layout, program: "/bin/true", prefix: "/home/linuxbrew/.linuxbrew")
            .forInstall(of: formula, archives: [], environment: ["PATH": "/usr/bin:/bin", "HOME": "/build"])
        spec.arguments = ["/bin/sh", "-c", line]
        let said = Lines()
        let exit = try SandboxRunner(limits: limits, interruption: Interruption()).run(spec) { event in
            if case .line(let text) = event { said.add(text) }
        }
        return (exit, said.all.joined(separator: "\n"))
    }

    @Test(
        "what must not work does not",
        arguments: [
            "read the host's home": "cat /root/.profile || ls /root/",
            "read another user's home": "ls /home/* | grep -v linuxbrew | grep .",
            "see the host's processes": "test $(ls -d /proc/[0-9]* | wc -l) -gt 5",
            "see the host's environment": "env | grep -v -E '^(PATH|HOME|PWD|_|SHLVL|OLDPWD)='",
            "reach the network": "getent hosts deb.debian.org || (exec 3<>/dev/tcp/1.1.1.1/80) 2>/dev/null",
            "see an interface but its own": "ls /sys/class/net || grep -v -E 'lo:|Inter|face' /proc/net/dev",
            "write into the toolchain": "touch /usr/bin/x",
            "write to the root": "touch /x",
            "change a dependency": "touch /home/linuxbrew/.linuxbrew/Cellar/dependency/x",
            "link itself into the prefix": "ln -s x /home/linuxbrew/.linuxbrew/bin",
            "change what the step is to do": "touch /velo/step/x",
            "change the compiler shims": "echo >> /velo/shims/velo-cc",
            "change the program that runs it": "echo >> /velo/velod",
            "make a user namespace": "unshare -U true",
            "mount": "mount -t tmpfs none /build",
            "become root": "su -c true || setpriv --reuid=0 true",
            "read the host's devices": "ls /dev/sda /dev/vda /dev/mem",
            "open a terminal": "echo x > /dev/tty",
            "keep the host's name": "test \"$(hostname)\" != velo",
        ])
    func cannot(what: String, line: String) async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try inside(scratch, line)
            #expect(!result.exit.isSuccess, "could \(what): \(result.text)")
        }
    }

    @Test("what a build needs works: compile, write to its own rack, run what it made")
    func canBuild() async throws {
        try await Scratch.with("sandbox") { scratch in
            let result = try inside(
                scratch,
                """
                set -e
                mkdir -p /home/linuxbrew/.linuxbrew/Cellar/own/1.0/bin
                echo 'int main(void) { return 42; }' > /build/a.c
                /velo/shims/cc -o /home/linuxbrew/.linuxbrew/Cellar/own/1.0/bin/a /build/a.c
                echo configured > /home/linuxbrew/.linuxbrew/etc/own.conf
                /home/linuxbrew/.linuxbrew/Cellar/own/1.0/bin/a || test $? = 42
                """)
            #expect(result.exit.isSuccess, "\(result.text)")
            #expect(FileTree.exists(scratch.path.pushing("prefix/Cellar/own/1.0/bin/a")))
        }
    }

    @Test("a daemon that a build leaves behind ends with it")
    func leavesNothingBehind() async throws {
        try await Scratch.with("sandbox") { scratch in
            _ = try inside(scratch, "(setsid sleep 4711 >/dev/null 2>&1 &) ; true")
            #expect(!(try await Program("/usr/bin/pgrep").run("-f", "sleep 4711").exit.isSuccess))
        }
    }

    @Test("a build that takes too long, or says nothing for too long, is ended")
    func limits() async throws {
        try await Scratch.with("sandbox") { scratch in
            let silent = try inside(
                scratch, "sleep 60", limits: .init(total: .seconds(30), silence: .milliseconds(300)))
            #expect(silent.exit == .silenceLimit)
            let long = try inside(
                scratch, "while :; do echo x; sleep 0.05; done",
                limits: .init(total: .milliseconds(600), silence: .seconds(5)))
            #expect(long.exit == .timeLimit)
        }
    }
}

/// Lines as they come from another thread.
final class Lines: @unchecked Sendable {
    // Filled and read by one thread, one after the other.
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
}
