package import SystemPackage
import VeloSystem

/// Finds out whether this host can run the sandbox, and if not, what would make it so.
package enum SandboxProbe {
    package enum Verdict: Sendable, Equatable {
        case ready
        case unusable(SandboxUnusable)
    }

    /// Starts `true` in the sandbox that builds get. Blocking, a few milliseconds.
    package static func run() -> Verdict {
        var filter: FileDescriptor?
        defer { try? filter?.close() }
        var spec = SandboxSpec(
            mounts: [
                .readOnly("/usr", at: "/usr"), .link("usr/lib", at: "/lib"), .link("usr/lib64", at: "/lib64"),
            ], environment: [:], directory: "/", arguments: ["/usr/bin/true"])
        var said: [UInt8] = []
        do {
            var command = ChildCommand([], environment: [:])
            let file = try FileTree.makeScratch(in: "/tmp", prefix: "velo-probe-")
            defer { try? FileTree.remove(file) }
            spec.filter = file.appending("filter.bpf")
            try FileTree.write(SystemCallFilter().bytes, to: file.appending("filter.bpf"))
            let open = try FileDescriptor.open(file.appending("filter.bpf"), .readOnly, options: .closeOnExec)
            filter = open
            command.descriptors = [(open.rawValue, BubblewrapArguments.filterDescriptor)]
            command.arguments = BubblewrapArguments.make(spec)
            let exit = try ChildProcess.run(command) { said += $0 }
            if exit.isSuccess { return .ready }
        } catch {
            guard let error = error as? SystemError, error.call == "spawn", error.errno == .noSuchFileOrDirectory else {
                return .unusable(SandboxUnusable(reason: .other(ProblemReport(error).oneLine)))
            }
            return .unusable(SandboxUnusable(reason: .noBubblewrap))
        }
        let words = String(decoding: said, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "no message"
        return .unusable(SandboxUnusable(reason: reason(words)))
    }

    /// How long it takes to start the sandbox of a build with all its mounts, to come to the first line of the program
    /// inside, and to be done with it: the median of some starts; nil where it does not start.
    ///
    /// - Parameter program: velod: the program inside lies beside it.
    package static func startTime(of program: FilePath, rounds: Int = 15) -> Duration? {
        guard let scratch = try? FileTree.makeScratch(in: "/tmp", prefix: "velo-probe-") else { return nil }
        defer { try? FileTree.remove(scratch) }
        let layout = BuildLayout(scratch: scratch)
        guard (try? layout.prepare()) != nil, (try? FileTree.makeFolder(layout.proof.appending("var"))) != nil,
            (try? FileTree.makeFolder(layout.proof.appending("etc"))) != nil
        else { return nil }
        var spec = BuildSandbox(layout: layout, program: program, prefix: "/").forTest(archives: [], environment: [:])
        spec.arguments.append("--start")
        let limits = SandboxLimits(total: .seconds(10), silence: .seconds(10))
        var times: [Duration] = []
        for _ in 0..<max(1, rounds) {
            let begin = ContinuousClock.now
            let exit = try? SandboxRunner(limits: limits, interruption: Interruption()).run(spec) { _ in }
            guard exit?.isSuccess == true else { return nil }
            times.append(ContinuousClock.now - begin)
        }
        return times.sorted()[times.count / 2]
    }

    private static func reason(_ words: String) -> SandboxUnusable.Reason {
        let isAboutNamespaces = [
            "user namespace", "uid map", "unshare", "clone", "Operation not permitted", "loopback",
        ]
        .contains { words.contains($0) }
        guard isAboutNamespaces else { return .other(words) }
        let settings = [
            ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
                "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            ),
            ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
        ]
        for (path, value, remedy) in settings {
            guard let text = try? FileTree.readText(FilePath(path)) else { continue }
            if text.split(whereSeparator: \.isWhitespace).first.map(String.init) == value {
                return .noUserNamespaces(words, remedy: remedy)
            }
        }
        return .noUserNamespaces(words, remedy: nil)
    }
}

/// The sandbox cannot be had on this host.
package struct SandboxUnusable: Problem, Equatable {
    package enum Reason: Sendable, Equatable {
        case noBubblewrap
        /// What bubblewrap said, and the command that allows it where the cause is known.
        case noUserNamespaces(String, remedy: String?)
        case other(String)
    }
    package var reason: Reason

    package var summary: String {
        switch reason {
        case .noBubblewrap: "builds need the program `bwrap`, which is not installed"
        case .noUserNamespaces(let words, _):
            "this host does not allow user namespaces, which the build sandbox needs (\(words))"
        case .other(let words): "the build sandbox does not start: \(words)"
        }
    }

    package var hints: [String] {
        switch reason {
        case .noBubblewrap: ["install it: `apt-get install bubblewrap`"]
        case .noUserNamespaces(_, let remedy?):
            ["as root, run `\(remedy)`, and put the setting into `/etc/sysctl.d` to keep it"]
        case .noUserNamespaces(_, nil):
            [
                "in a container, start it so that user namespaces are allowed (for example with `--security-opt seccomp=unconfined`)",
                "`bwrap --unshare-user --ro-bind / / true` shows whether it works",
            ]
        case .other: ["`bwrap --unshare-user --ro-bind / / true` shows more"]
        }
    }
}
