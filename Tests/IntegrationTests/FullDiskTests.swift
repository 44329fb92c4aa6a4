import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("A full disk", .timeLimit(.minutes(3)))
struct FullDiskTests {
    /// A file system of a few megabytes, mounted where only this server sees it.
    private func withSmallDisk(_ name: String, _ body: (Farm) async throws -> Void) async throws {
        try await Scratch.with(name) { scratch in
            let config = scratch.path.appending("velod.toml")
            try FileTree.write(Array("[storage]\nreserve-mib = 0\n".utf8), to: config)
            let farm = try await Farm.start(
                scratch, environment: ["VELOD_ANONYMOUS": "read push"],
                arguments: ["--workers", "0", "--config", config.string], diskSize: "16m")
            do {
                try await body(farm)
            } catch {
                await farm.stop()
                throw error
            }
            await farm.stop()
        }
    }

    private func curl(_ words: [String]) async throws -> String {
        try await Program("/usr/bin/curl").run(["--silent", "--max-time", "20"] + words).text
    }

    private func push(_ farm: Farm, _ file: FilePath) async throws -> (status: String, url: String, body: String) {
        let digest = SHA256Digest.of(try FileTree.read(file)).ociDigest
        let text = try await curl([
            "--request", "POST", "--header", "Content-Type: application/octet-stream", "--data-binary", "@\(file)",
            "--write-out", "\n%{http_code}", "\(farm.url)/v2/a/b/blobs/uploads/?digest=\(digest)",
        ])
        return (String(text.suffix(3)), "\(farm.url)/v2/a/b/blobs/\(digest)", text)
    }

    @Test(
        "refuses what is sent, serves what is there to everybody with a right to it, and takes more when there is room",
        .enabled(if: Mounts.arePossible))
    func fullDisk() async throws {
        try await withSmallDisk("full-disk") { farm in
            let (first, second) = (farm.scratch.path.appending("first"), farm.scratch.path.appending("second"))
            try FileTree.write([UInt8](repeating: 1, count: 1_000_000), to: first)
            try FileTree.write([UInt8](repeating: 2, count: 1_000_000), to: second)
            let kept = try await push(farm, first)
            #expect(kept.status == "201", "\(kept.body)")
            let made = try await farm.velod().run("token", "add", "reader", "--scope", "read", "--data", "\(farm.data)")
            let token = try #require(made.lines.last)

            let filler = farm.data.appending("filler")
            _ = try await Program("/bin/sh").run("-c", "cat /dev/zero >'\(filler)' 2>/dev/null; true")
            for _ in 0..<3 {
                let refused = try await push(farm, second)
                #expect(refused.status == "507", "\(refused.body)")
                #expect(refused.body.contains("the server's disk is full"))
            }
            for authorization in ["Bearer QQ==", "Bearer \(token)"] {
                let got = try await curl([
                    "--header", "Authorization: \(authorization)", "--output", "/dev/null", "--write-out",
                    "%{http_code} %{size_download}", kept.url,
                ])
                #expect(got == "200 1000000")
                let unlisted = try await curl([
                    "--header", "Authorization: \(authorization)", "--output", "/dev/null", "--write-out",
                    "%{http_code}", "\(farm.url)/v2/a/b/tags/list",
                ])
                #expect(unlisted == "200")
            }
            #expect(try await curl(["\(farm.url)/healthz"]) == "ok\n")

            try FileTree.removeFile(filler)
            let taken = try await push(farm, second)
            #expect(taken.status == "201", "\(taken.body)")
        }
    }
}

/// What this machine lets a test do.
enum Mounts {
    /// Whether a program may have mounts of its own.
    static var arePossible: Bool {
        let command = ChildCommand(
            ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        return (try? ChildProcess.run(command) { _ in })?.isSuccess ?? false
    }
}
