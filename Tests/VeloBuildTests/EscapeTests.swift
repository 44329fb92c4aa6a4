import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// Ways out of the sandbox, tried from the inside of the real one. Each line succeeds if the attempt does.
@Suite("Escape attempts")
struct EscapeTests {
    struct Attempt: Sendable {
        var what: String
        var line: String
        var isPython = false

        init(_ what: String, _ line: String) {
            self.what = what
            self.line = line
        }

        init(_ what: String, python: String) {
            self.init(what, python)
            isPython = true
        }
    }

    static let reading = [
        Attempt("read root's home", "ls /root/ || cat /root/.profile"),
        Attempt("read another user's home", "ls /home/* | grep -v linuxbrew | grep -v : | grep ."),
        Attempt("read the host's passwords", "cat /etc/shadow || grep root /etc/passwd"),
        Attempt("read the farm's data", "ls /var/lib/velod || ls /etc/velod"),
        Attempt("read the host's mounted disks", "ls /mnt/* || ls /media/* || ls /srv/*"),
        Attempt("read the host's own /tmp", "ls /tmp | grep ."),
        Attempt("see the host's environment", "env | grep -v -E '^(PATH|HOME|PWD|_|SHLVL|OLDPWD)='"),
        Attempt(
            "see another process's environment",
            "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -i -E 'token|ssh_|user='"),
        Attempt("see the host's processes", "test $(ls -d /proc/[0-9]* | wc -l) -gt 6"),
        Attempt("learn the host's name", "test \"$(hostname)\" != velo"),
        Attempt("read the kernel's log", "dmesg"),
        Attempt("read the host's devices", "ls /dev/sda /dev/vda /dev/mem /dev/kmsg /dev/fuse /dev/kvm"),
        Attempt(
            "follow its root out of a process of the host",
            python: "import os; os.listdir('/proc/1/root/root')"),
    ]

    static let writing = [
        Attempt("write to the root", "touch /x"),
        Attempt("write into the toolchain", "touch /usr/bin/x || touch /usr/local/x || touch /usr/include/x"),
        Attempt("write among the devices", "touch /dev/x"),
        Attempt("change the kernel's settings", "echo 1 > /proc/sys/kernel/hostname || echo 1 > /proc/sysrq-trigger"),
        Attempt("change a dependency", "echo mine > /home/linuxbrew/.linuxbrew/Cellar/dependency/1.0/file"),
        Attempt("replace a dependency", "mv /home/linuxbrew/.linuxbrew/Cellar/dependency /tmp/"),
        Attempt("link itself into the prefix", "mkdir /home/linuxbrew/.linuxbrew/bin"),
        Attempt("poison the next build's shims", "rm /velo/shims/cc || ln -s /bin/true /velo/shims/x"),
        Attempt("change what the step is to do", "touch /velo/step/x"),
        Attempt("change the program that runs it", "echo >> /velo/velo-step || echo >> /velo/velo-cc"),
        Attempt("write through a link to the host", "ln -s /etc /build/etc && touch /build/etc/x"),
        Attempt("make a device of its own", "mknod /build/sda b 8 0 || mknod /build/mem c 1 1"),
    ]

    static let reaching = [
        Attempt("look up a name", "getent hosts example.org"),
        Attempt("connect to the network", python: "import socket; socket.create_connection(('1.1.1.1', 80), 2)"),
        Attempt(
            "reach a server on the host's loopback",
            python: "import socket; socket.create_connection(('127.0.0.1', PORT), 2)"),
        Attempt(
            "reach an abstract socket of the host",
            python: "import socket; socket.socket(socket.AF_UNIX).connect('\\0NAME')"),
        Attempt("see an interface but its own", "grep -v -E 'lo:|Inter|face' /proc/net/dev"),
        Attempt("open a raw socket", python: "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"),
        Attempt("open a packet socket", python: "import socket; socket.socket(17, socket.SOCK_RAW)"),
        Attempt("talk to the hypervisor", python: "import socket; socket.socket(40, socket.SOCK_STREAM)"),
        Attempt("use the kernel's ciphers", python: "import socket; socket.socket(38, socket.SOCK_SEQPACKET)"),
    ]

    /// Calls made directly: success is any answer but an error.
    private static func call(_ what: String, _ x86: Int, _ arm: Int, _ arguments: String) -> Attempt {
        let number = SystemCallFilter.Processor.current == .x86_64 ? x86 : arm
        return Attempt(
            what,
            python: "import ctypes, sys; c = ctypes.CDLL(None); sys.exit(c.syscall(\(number), \(arguments)) == -1)")
    }

    static let rising = [
        Attempt("become root", "su -c true || setpriv --reuid=0 true || sudo true"),
        Attempt("make a user namespace", "unshare -U true"),
        Attempt(
            "make a user namespace by clone",
            python: "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) == -1)"),
        Attempt("join another namespace", "nsenter -t 1 -m true || nsenter -t 1 -n true"),
        Attempt("mount", "mount -t tmpfs none /build"),
        Attempt("unmount what covers the host", "umount /usr/include || umount /home/linuxbrew/.linuxbrew"),
        Attempt("make the toolchain writable", "mount -o remount,rw /usr"),
        Attempt("change its root", python: "import os; os.chroot('/build')"),
        Attempt("change what the kernel does with cores", "echo '|/build/x' > /proc/sys/kernel/core_pattern"),
        call("trace another process", 101, 117, "16, 1, 0, 0"),
        call("trace itself", 101, 117, "0, 0, 0, 0"),
        call("read another process's memory", 310, 270, "1, 0, 0, 0, 0, 0"),
        call("keep a key in the kernel", 248, 217, "b'user', b'velo', b'x', 1, -3"),
        call("ask the kernel for keys", 250, 219, "0, -3, 0, 0, 0"),
        call("load a program into the kernel", 321, 280, "0, ctypes.create_string_buffer(128), 128"),
        call("set up an asynchronous ring", 425, 425, "4, ctypes.create_string_buffer(120)"),
        call("open a file by its handle", 304, 265, "-100, ctypes.create_string_buffer(64), 0"),
        call("watch page faults", 323, 282, "0"),
        call("measure other processes", 298, 241, "ctypes.create_string_buffer(128), 0, -1, -1, 0"),
        call("set the clock", 227, 112, "0, ctypes.create_string_buffer(16)"),
        Attempt(
            "push input into a terminal",
            python: "import os, fcntl; m, s = os.openpty(); fcntl.ioctl(s, 0x5412, b'x')"),
        Attempt("open the worker's terminal", "echo x > /dev/tty"),
        Attempt("use a program that is set to run as root", "test -u /usr/bin/su && su -c id | grep uid=0"),
        Attempt("raise its own limits", "ulimit -H -f unlimited"),
        Attempt("leave a core of another program", "ulimit -H -c unlimited"),
    ]

    @Test("what must not be read is not")
    func cannotRead() async throws { try await fail(Self.reading) }

    @Test("what must not be written is not")
    func cannotWrite() async throws { try await fail(Self.writing) }

    @Test("what must not be reached is not")
    func cannotReach() async throws {
        let listener = try HostListener()
        try await fail(
            Self.reaching.map { attempt in
                var attempt = attempt
                attempt.line = attempt.line.replacing("PORT", with: "\(listener.port)")
                    .replacing("NAME", with: listener.name)
                return attempt
            })
    }

    @Test("no more rights are to be had")
    func cannotRise() async throws { try await fail(Self.rising) }

    /// One after the other in one place: they cannot change it, which is what is tried.
    private func fail(_ attempts: [Attempt]) async throws {
        try await Scratch.with("escape") { scratch in
            let fixture = try SandboxFixture(scratch)
            for attempt in attempts {
                let shell = attempt.isPython ? ["/usr/bin/python3", "-c"] : ["/bin/sh", "-c"]
                let result = try await fixture.run(attempt.line, shell: shell)
                guard case .ended(.code(let status)) = result.exit else { continue }
                #expect(status != 0, "could \(attempt.what): \(result.text)")
                // 127 would mean that nothing was tried.
                #expect(status != 127 || attempt.line.contains("sudo"), "\(attempt.what): \(result.text)")
            }
        }
    }
}
