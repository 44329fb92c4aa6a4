import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// What the README promises first.
@Suite("Quickstart", .serialized)
struct QuickstartTests {
    @Test("it runs from nothing, and again without building anything")
    func runsTwice() async throws {
        try await Scratch.with("quick") { scratch in
            let port = try #require(LoopbackPort.unused())
            let quickstart = Program(
                Checkout.top.appending("deploy/quickstart").string,
                environment: ["VELOCITY_BIN": try Program.folder().string, "HOME": scratch.path.string])
            let arguments = [
                "--data", scratch.path.appending("data").string, "--prefix", scratch.path.appending("p").string,
                "--port",
                "\(port)",
            ]
            let first = try await quickstart.run(arguments)
            try #require(first.exit.isSuccess, "\(first.text)")
            #expect(first.text.contains("==> done") && first.text.contains("HOMEBREW_ARTIFACT_DOMAIN"))
            #expect(FileTree.exists(scratch.path.appending("p/bin/qqwing")))

            let second = try await quickstart.run(arguments)
            #expect(second.exit.isSuccess, "\(second.text)")
            #expect(!second.text.contains("./configure"))
            // It stops what it started.
            let left = try await Program("/usr/bin/pgrep").run("-f", "velod serve --data \(scratch.path)")
            #expect(!left.exit.isSuccess, "still running: \(left.text)")
        }
    }
}

@Suite("The programs")
struct ProgramTests {
    @Test("velo carries the Swift runtime and none of the server's libraries")
    func linksLittle() async throws {
        let libraries = try await Program("/usr/bin/ldd").run(try Program.built("velo").path).text
        for name in ["libswift", "libFoundation", "libgit2", "libsqlite3"] { #expect(!libraries.contains(name)) }
    }
}
