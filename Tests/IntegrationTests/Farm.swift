import SystemPackage
import VeloSystem
import VeloTestSupport

/// A running velod with a data folder of its own, and a velo that points at it.
struct Farm {
    let scratch: Scratch
    let data: FilePath
    let url: String
    let process: Int32

    /// The environment that its clients get; `PATH` decides which programs velod finds.
    static let path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

    /// Runs a body beside a server, which is stopped afterwards.
    static func with(
        _ name: String, environment: [String: String] = [:], arguments: [String] = [],
        _ body: (Farm) async throws -> Void
    ) async throws {
        try await Scratch.with(name) { scratch in
            let farm = try await start(scratch, environment: environment, arguments: arguments)
            do {
                try await body(farm)
            } catch {
                let log = (try? FileTree.readText(scratch.path.appending("velod.log"))) ?? ""
                print("velod's log:\n\(log.suffix(4000))")
                await farm.stop()
                throw error
            }
            await farm.stop()
        }
    }

    /// - Parameter diskSize: of a file system in memory that the data is on, and that only the server sees; as `mount`
    ///   takes it.
    static func start(
        _ scratch: Scratch, environment: [String: String] = [:], arguments: [String] = [], diskSize: String? = nil
    ) async throws -> Farm {
        var data = try scratch.folder("data")
        try FileTree.removeFile(data.appending("velod.json"))
        let words =
            [try Program.folder().appending("velod").string, "serve", "--data", data.string, "--port", "0"] + arguments
        let log = scratch.path.appending("velod.log").string
        var command = ["/bin/sh", "-c", "exec \"$@\" >>'\(log)' 2>&1", "sh"] + words
        if let diskSize {
            command[2] = "mount -t tmpfs -o size=\(diskSize) none '\(data)' && " + command[2]
            command = ["/usr/bin/unshare", "--user", "--map-root-user", "--mount"] + command
        }
        let handle = try ChildHandle.start(
            ChildCommand(
                command, environment: ["PATH": path, "HOME": scratch.path.string].merging(environment) { $1 }))
        if diskSize != nil { data = FilePath("/proc/\(handle.number)/root\(data)") }
        for _ in 0..<200 {
            if let text = try? FileTree.readText(data.appending("velod.json")), let url = Self.member("url", of: text) {
                return Farm(scratch: scratch, data: data, url: url, process: Int32(handle.number))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotStarted(log: (try? FileTree.readText(FilePath(log))) ?? "")
    }

    struct NotStarted: Error { var log: String }

    /// A text member of a flat JSON object.
    private static func member(_ name: String, of json: String) -> String? {
        guard let start = json.firstRange(of: "\"\(name)\"")?.upperBound else { return nil }
        let parts = json[start...].split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }

    func signal(_ name: String) async throws {
        _ = try await Program("/bin/kill").run("-\(name)", "\(process)")
    }

    /// Ends the server gracefully and waits for it.
    func stop() async {
        try? await signal("TERM")
        for _ in 0..<100 where FileTree.exists(FilePath("/proc/\(process)/status")) {
            if let status = try? FileTree.readText(FilePath("/proc/\(process)/status")), status.contains("State:\tZ") {
                return
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// velo, pointed at this farm and at a prefix in the scratch.
    func velo(prefix: FilePath? = nil, environment: [String: String] = [:]) throws -> Program {
        try Program.built(
            "velo",
            environment: [
                "VELO_MIRROR": url, "VELO_PREFIX": (prefix ?? scratch.path.appending("p")).string,
                "VELO_CACHE": scratch.path.appending("cache").string, "HOME": scratch.path.string,
            ].merging(environment) { $1 })
    }

    func velod() throws -> Program { try Program.built("velod", environment: ["HOME": scratch.path.string]) }

    /// Adds a folder as a tap.
    func addTap(_ name: String, _ folder: FilePath) async throws -> Program.Result {
        try await velod().run("tap", "add", name, folder.string, "--data", data.string)
    }

    /// Puts the archives of some recipes into the source cache.
    func fillSources(_ names: String...) async throws {
        let result = try await Program(
            Checkout.top.appending("deploy/fill-sources").string, environment: ["HOME": "/tmp"]
        )
        .run([data.appending("sources").string] + names)
        guard result.exit.isSuccess else { throw NotStarted(log: result.text) }
    }

    /// A tap with one formula, whose source is a small archive that is put into the source cache.
    func addFormula(
        _ name: String, files: [String: String], _ body: (_ url: String, _ sha256: String) -> String
    ) async throws
        -> Program.Result
    {
        let source = try scratch.folder("source-\(name)/\(name)-1.0")
        for (path, text) in files {
            try FileTree.makeFolder(source.pushing(FilePath(path)).removingLastComponent())
            try FileTree.write(Array(text.utf8), to: source.pushing(FilePath(path)), mode: 0o755)
        }
        let archive = scratch.path.appending("\(name)-1.0.tar.gz")
        _ = try await Program("/bin/tar").run(
            "-czf", archive.string, "-C", source.removingLastComponent().string, "\(name)-1.0")
        let digest = SHA256Digest.of(try FileTree.read(archive)).hex
        let place = data.appending("sources/sha256").appending(String(digest.prefix(2)))
        try FileTree.makeFolder(place)
        try FileTree.copyFile(archive, to: place.appending(digest))
        try scratch.file("tap-\(name)/Formula/\(name).rb", body("http://127.0.0.1:9/\(name)-1.0.tar.gz", digest))
        return try await addTap("test/\(name)", scratch.path.appending("tap-\(name)"))
    }
}

/// This checkout.
enum Checkout {
    static let top: FilePath = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
}
