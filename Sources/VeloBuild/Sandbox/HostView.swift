import SystemPackage
import VeloSystem

/// What a build sees of the host's development files: those of the C library and the compiler, and no others.
///
/// Headers and link libraries that happen to be installed would be found by `configure`, and the bottle would need
/// libraries that nobody declared. So `/usr/include` and the folder of libraries are covered by folders of links that
/// lead, through a place where nothing looks by itself, only to what belongs to the toolchain. Programs of the host keep
/// their shared libraries.
struct HostView {
    private enum Inside {
        static let include = "/velo/host/include"
        static let libraries = "/velo/host/lib"
    }

    /// Packages of Debian that make up the toolchain.
    private static let packages: Set<String> = [
        "libc6-dev", "linux-libc-dev", "libcrypt-dev", "libnsl-dev", "libtirpc-dev", "rpcsvc-proto",
    ]
    /// `libstdc++-12-dev`
    private static let versioned = ["libstdc++-", "libgcc-", "libgfortran-", "libobjc-"]

    let folder: FilePath

    /// - Parameter folder: where the links are, or shall be.
    init(_ folder: FilePath) { self.folder = folder }

    private var empty: FilePath { folder.appending("empty") }
    private var include: FilePath { folder.appending("include") }
    private var libraries: FilePath { folder.appending("lib") }
    private var etc: FilePath { folder.appending("etc") }

    /// What covers the host's own folders. All of `/etc` is one mount: each costs a tenth of a millisecond at every start.
    var mounts: [SandboxSpec.Mount] {
        // What an administrator installed by hand is no part of any system.
        var mounts = [SandboxSpec.Mount.readOnly(etc, at: "/etc"), .readOnly(empty, at: "/usr/local")]
        guard FileTree.exists(include), let multiarch = Self.multiarchFolder() else { return mounts }
        mounts += [.readOnly("/usr/include", at: Inside.include), .readOnly(include, at: "/usr/include")]
        mounts += [.readOnly(multiarch, at: Inside.libraries), .readOnly(libraries, at: multiarch.string)]
        return mounts
    }

    private static let cache: FilePath = "/etc/ld.so.cache"
    private static let alternatives: FilePath = "/etc/alternatives"

    /// The view below a folder, made if it is not there: it is the same until packages are installed or removed, or the
    /// loader's cache or an alternative changes.
    ///
    /// On a system that has no lists of its packages, everything is seen. Blocking; making it takes a second.
    static func shared(in parent: FilePath) throws -> HostView {
        let status = try FileTree.status("/var/lib/dpkg/status")
        let others = try [cache, alternatives].map { try FileTree.status($0)?.modified ?? 0 }.max() ?? 0
        let folder = parent.appending("view-\(status?.modified ?? 0)-\(status?.size ?? 0)-\(others)")
        if FileTree.exists(folder) { return HostView(folder) }
        let scratch = try FileTree.makeScratch(in: parent, prefix: "view.")
        do {
            try HostView(scratch).make()
            try FileTree.rename(scratch, to: folder)
        } catch {
            try? FileTree.remove(scratch)
            // Somebody else was faster.
            guard FileTree.exists(folder) else { throw error }
        }
        return HostView(folder)
    }

    private func make() throws {
        try FileTree.makeFolder(empty)
        try makeEtc()
        let owned = try Self.ownedPaths()
        guard !owned.isEmpty, let multiarch = Self.multiarchFolder() else { return }
        try Self.linkHeaders(owned, in: include)
        try Self.linkLibraries(owned, of: multiarch, in: libraries)
    }

    /// Six files written for the sandbox; and of the host's, what toolchains look at.
    private func makeEtc() throws {
        try FileTree.makeFolder(etc)
        for (name, text) in SandboxSpec.etcFiles { try FileTree.write(Array(text.utf8), to: etc.appending(name)) }
        // It saves the loader a search.
        if FileTree.exists(Self.cache) { try FileTree.copyFile(Self.cache, to: etc.appending("ld.so.cache")) }
        // `cc`, `awk` and their kind are links through here on Debian.
        let links = etc.appending("alternatives")
        try FileTree.makeFolder(links)
        guard FileTree.exists(Self.alternatives) else { return }
        for name in try FileTree.names(in: Self.alternatives) {
            let path = Self.alternatives.appending(name)
            guard try FileTree.status(path)?.kind == .link else { continue }
            try FileTree.makeLink(links.appending(name), to: try FileTree.readLink(path))
        }
    }

    private static func multiarchFolder() -> FilePath? {
        let name = SystemCallFilter.Processor.current == .arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"
        let folder = FilePath("/usr/lib").appending(name)
        return FileTree.exists(folder) ? folder : nil
    }

    /// The files of the toolchain's packages, as dpkg lists them.
    private static func ownedPaths() throws -> [String] {
        let lists: FilePath = "/var/lib/dpkg/info"
        guard FileTree.exists(lists) else { return [] }
        var paths: [String] = []
        for name in try FileTree.names(in: lists) where name.hasSuffix(".list") {
            let package = name.dropLast(".list".count).prefix { $0 != ":" }
            let isVersioned = package.hasSuffix("-dev") && versioned.contains { package.hasPrefix($0) }
            guard packages.contains(String(package)) || isVersioned else { continue }
            paths += try FileTree.readText(lists.appending(name)).split(separator: "\n").map(String.init)
        }
        return paths
    }

    private static func linkHeaders(_ owned: [String], in folder: FilePath) throws {
        let mine = Set(owned)
        try FileTree.makeFolder(folder)
        for name in try FileTree.names(in: "/usr/include") { try linkHeader(name, mine, in: folder) }
    }

    /// Links what belongs to the toolchain at a place below `/usr/include`: a folder as a whole if all of it does.
    private static func linkHeader(_ relative: String, _ owned: Set<String>, in folder: FilePath) throws {
        let path = FilePath("/usr/include/\(relative)")
        guard owned.contains(path.string) else { return }
        let target = folder.pushing(FilePath(relative))
        if try isOwned(path, owned) {
            return try FileTree.makeLink(target, to: "\(Inside.include)/\(relative)")
        }
        try FileTree.makeFolder(target)
        for name in try FileTree.names(in: path) { try linkHeader("\(relative)/\(name)", owned, in: folder) }
    }

    private static func isOwned(_ path: FilePath, _ owned: Set<String>) throws -> Bool {
        guard owned.contains(path.string) else { return false }
        guard try FileTree.status(path)?.kind == .folder else { return true }
        return try FileTree.names(in: path).allSatisfy { try isOwned(path.appending($0), owned) }
    }

    private static func linkLibraries(_ owned: [String], of host: FilePath, in folder: FilePath) throws {
        let mine = Set(owned)
        try FileTree.makeFolder(folder)
        for name in try FileTree.names(in: host) {
            let path = host.appending(name)
            if try isForDevelopment(path, name), !mine.contains(path.string) { continue }
            try FileTree.makeLink(folder.appending(name), to: "\(Inside.libraries)/\(name)")
        }
    }

    /// Archives, the links and scripts that `-lNAME` finds, and what describes libraries to build systems.
    private static func isForDevelopment(_ path: FilePath, _ name: String) throws -> Bool {
        if ["pkgconfig", "cmake"].contains(name) { return true }
        if name.hasSuffix(".a") || name.hasSuffix(".la") { return true }
        guard name.hasSuffix(".so"), let status = try FileTree.status(path) else { return false }
        if status.kind == .link { return true }
        return try !FileTree.read(path, limit: 4).elementsEqual([0x7F, 0x45, 0x4C, 0x46])
    }
}
