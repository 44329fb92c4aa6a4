package import SystemPackage

/// What a sandboxed command sees of the machine: nothing but what is listed here.
///
/// The policy is described line by line in `sandbox/README.md`; `BubblewrapArguments` turns it into a command line.
package struct SandboxSpec: Sendable {
    package enum Mount: Sendable, Equatable {
        /// A folder or file of the host, at a path inside.
        case readOnly(FilePath, at: String)
        case writable(FilePath, at: String)
        /// A symbolic link inside.
        case link(String, at: String)
        /// An empty folder that lives as long as the sandbox, in memory.
        case temporary(at: String)
        case folder(at: String)
    }

    /// In this order; later ones cover earlier ones.
    package var mounts: [Mount]
    /// All of it: nothing of the host's environment gets in.
    package var environment: [String: String]
    package var directory: String
    package var arguments: [String]
    /// The file with the system call filter; nil for none.
    package var filter: FilePath?

    package init(
        mounts: [Mount], environment: [String: String], directory: String, arguments: [String],
        filter: FilePath? = nil
    ) {
        self.filter = filter
        self.mounts = mounts
        self.environment = environment
        self.directory = directory
        self.arguments = arguments
    }

    /// What it can write to on the host's disk.
    package var writableFolders: [FilePath] {
        mounts.compactMap { mount in if case .writable(let folder, _) = mount { folder } else { nil } }
    }

    /// The host's toolchain, read-only, in the places where programs look for it. `/etc` is `HostView`'s.
    package static let toolchain: [Mount] = [
        .readOnly("/usr", at: "/usr"),
        .link("usr/bin", at: "/bin"), .link("usr/sbin", at: "/sbin"),
        .link("usr/lib", at: "/lib"), .link("usr/lib64", at: "/lib64"),
    ]

    /// The few files of `/etc` that are written for the sandbox rather than shared with it.
    package static let etcFiles: [String: String] = [
        "passwd": "velo:x:1000:1000:velo:/tmp:/bin/sh\n",
        "group": "velo:x:1000:\n",
        "hosts": "127.0.0.1 localhost velo\n::1 localhost\n",
        "services": "echo 7/tcp\necho 7/udp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp\ndomain 53/tcp\n"
            + "domain 53/udp\nhttp 80/tcp\npop3 110/tcp\nntp 123/udp\nimap2 143/tcp\nhttps 443/tcp\n",
        "protocols": "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6 41 IPv6\nipv6-icmp 58 IPv6-ICMP\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    ]
}
