import SystemPackage

/// A sandbox as a command line for `bwrap`.
package enum BubblewrapArguments {
    /// The number under which bwrap finds the system call filter.
    static let filterDescriptor: Int32 = 9

    /// Bytes that the sandbox may keep in shared memory.
    private static let sharedMemory = 256 << 20

    package static func make(_ spec: SandboxSpec) -> [String] {
        var arguments = ["bwrap"]
        // Its own user, pid, ipc, uts, network and cgroup namespaces, and no way to make more.
        arguments += ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"]
        arguments += ["--unshare-cgroup-try", "--disable-userns"]
        // An ordinary user without capabilities, whoever started it.
        arguments += ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "velo"]
        // No terminal to push input into; nothing outlives the worker.
        arguments += ["--new-session", "--die-with-parent"]
        // A root of its own, with only the devices every program expects.
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        arguments += ["--size", String(sharedMemory), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
        // A worker that is root owns the kernel's settings in `/proc/sys`, whatever it is called in here.
        arguments += ["--remount-ro", "/proc"]
        for mount in spec.mounts {
            switch mount {
            case .readOnly(let source, let path): arguments += ["--ro-bind", source.string, path]
            case .writable(let source, let path): arguments += ["--bind", source.string, path]
            case .link(let target, let path): arguments += ["--symlink", target, path]
            case .temporary(let path): arguments += ["--tmpfs", path]
            case .folder(let path): arguments += ["--dir", path]
            }
        }
        // The root itself is writable memory until here.
        arguments += ["--remount-ro", "/"]
        if spec.filter != nil { arguments += ["--seccomp", String(filterDescriptor)] }
        arguments += ["--clearenv"]
        for (name, value) in spec.environment.sorted(by: { $0.key < $1.key }) {
            arguments += ["--setenv", name, value]
        }
        return arguments + ["--chdir", spec.directory, "--"] + spec.arguments
    }
}
