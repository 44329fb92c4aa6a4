import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// What people do wrong, and what they are told: a sentence with the cause and a hint, an exit status, and nothing changed.
@Suite("Mistakes", .serialized)
struct MistakeTests {
    private static func formula(_ name: String, install: String, extra: String = "") -> (String, String) -> String {
        { url, sha256 in
            """
            class \(name.prefix(1).uppercased() + name.dropFirst()) < Formula
              desc "Made for a test"
              homepage "https://example.org"
              url "\(url)"
              sha256 "\(sha256)"
              license "MIT"
            \(extra)
              def install
                \(install)
              end
            end

            """
        }
    }

    @Test("an unknown formula is answered with the nearest names")
    func unknownFormula() async throws {
        try await Farm.with("unknown") { farm in
            _ = try await farm.addTap("velo/recipes", Checkout.top.appending("recipes"))
            let result = try await farm.velo().run("install", "qqwin")
            #expect(result.status == 1)
            #expect(result.text.contains("`qqwin`") && result.text.contains("qqwing"), "\(result.text)")
            #expect(!FileTree.exists(farm.scratch.path.appending("p")))
        }
    }

    @Test("no mirror answering is said with its address")
    func noMirror() async throws {
        try await Scratch.with("nomirror") { scratch in
            let velo = try Program.built(
                "velo",
                environment: [
                    "VELO_MIRROR": "http://127.0.0.1:9", "VELO_PREFIX": scratch.path.appending("p").string,
                    "HOME": scratch.path.string,
                ])
            let result = try await velo.run("install", "hello")
            #expect(result.status == 75, "\(result.text)")
            #expect(result.text.contains("http://127.0.0.1:9") && result.text.contains("hint:"))
            #expect(!FileTree.exists(scratch.path.appending("p")))
        }
    }

    @Test("a formula with a syntax error is shown with file, line and caret, and the rest of the tap works")
    func syntaxError() async throws {
        try await Farm.with("syntax") { farm in
            try farm.scratch.file(
                "tap/Formula/broken.rb", "class Broken < Formula\n  desc \"never closed\n  homepage 'x'\nend\n")
            let result = try await farm.addTap("test/broken", farm.scratch.path.appending("tap"))
            #expect(result.text.contains("broken.rb:2:"), "\(result.text)")
            #expect(result.text.contains("^"))
        }
    }

    @Test("a construct that the evaluator does not know is refused by file, line and name")
    func unknownConstruct() async throws {
        try await Farm.with("construct") { farm in
            _ = try await farm.addFormula(
                "odd", files: ["a": "x"], Self.formula("odd", install: "frobnicate_the_moon \"a\""))
            let result = try await farm.velo().run("install", "odd", "--progress", "plain")
            #expect(result.status == 1, "\(result.text)")
            #expect(result.text.contains("odd.rb:9") && result.text.contains("frobnicate_the_moon"), "\(result.text)")
        }
    }

    @Test("a build that fails says the phase, the last lines and where the whole log is")
    func failingBuild() async throws {
        try await Farm.with("failing") { farm in
            _ = try await farm.addFormula(
                "fails", files: ["build.sh": "#!/bin/sh\necho the compiler is unhappy >&2\nexit 3\n"],
                Self.formula("fails", install: "system \"./build.sh\""))
            let result = try await farm.velo().run("install", "fails", "--progress", "plain")
            #expect(result.status == 1)
            #expect(result.text.contains("./build.sh") && result.text.contains("status 3"), "\(result.text)")
            #expect(result.text.contains("install") && result.text.contains("the compiler is unhappy"))
            #expect(result.text.contains("/farm/v1/jobs/"), "\(result.text)")
            #expect(!FileTree.exists(farm.scratch.path.appending("p/Cellar/fails")))
        }
    }

    @Test("a build whose test fails is not published")
    func failingTest() async throws {
        try await Farm.with("unproven") { farm in
            _ = try await farm.addFormula(
                "unproven", files: ["tool": "#!/bin/sh\nexit 1\n"],
                { url, sha256 in
                    Self.formula("unproven", install: "bin.install \"tool\"")(url, sha256)
                        .replacing(
                            "\n  end\nend\n", with: "\n  end\n\n  test do\n    system bin/\"tool\"\n  end\nend\n")
                })
            let result = try await farm.velo().run("install", "unproven", "--progress", "plain")
            #expect(result.status == 1 && result.text.contains("test"), "\(result.text)")
            let catalog = try await Program("/usr/bin/curl").run("-fsS", "\(farm.url)/catalog/v1/catalog.json").text
            #expect(!catalog.contains("unproven-1.0"))
        }
    }

    @Test("a bottle with another digest is refused, and so is one that is cut short; the prefix is untouched")
    func wrongDigest() async throws {
        try await Farm.with("digest") { farm in
            _ = try await farm.addFormula(
                "tiny", files: ["tiny": "#!/bin/sh\necho tiny\n"], Self.formula("tiny", install: "bin.install \"tiny\"")
            )
            let built = try await farm.velod().run("build", "tiny", "--follow", "--data", farm.data.string)
            try #require(built.exit.isSuccess, "\(built.text)")

            let found = try await Program("/usr/bin/find").run(
                farm.data.appending("blobs").string, "-type", "f", "-size", "+0")
            let blob = FilePath(try #require(found.lines.first))
            var bytes = try FileTree.read(blob)
            bytes[bytes.count / 2] ^= 0xFF
            try FileTree.setMode(blob, 0o644)
            try FileTree.write(bytes, to: blob)
            let refused = try await farm.velo().run("install", "tiny")
            #expect(refused.status != 0, "\(refused.text)")
            #expect(refused.text.contains("sha256") || refused.text.contains("SHA-256"), "\(refused.text)")
            #expect(!FileTree.exists(farm.scratch.path.appending("p/bin/tiny")))

            try FileTree.write(Array(bytes.prefix(bytes.count / 2)), to: blob)
            let cut = try await farm.velo().run("install", "tiny")
            #expect(cut.status != 0)
            #expect(!FileTree.exists(farm.scratch.path.appending("p/bin/tiny")))
        }
    }

    @Test("a source with another sha256 is refused, with both digests, and not kept")
    func wrongSource() async throws {
        let server = try LoopbackServer(replies: [.text("not what the formula says")])
        defer { server.stop() }
        try await Farm.with("source") { farm in
            let expected = String(repeating: "0", count: 64)
            _ = try await farm.addFormula("tiny", files: ["tiny": "#!/bin/sh\n"]) { _, _ in
                Self.formula("tiny", install: "bin.install \"tiny\"")(server.url("/tiny-1.0.tar.gz"), expected)
            }
            let result = try await farm.velo().run("install", "tiny", "--progress", "plain")
            #expect(result.status == 1, "\(result.text)")
            #expect(result.text.contains("/tiny-1.0.tar.gz") && result.text.contains(expected), "\(result.text)")
            let actual = SHA256Digest.of(Array("not what the formula says".utf8)).hex
            #expect(result.text.contains(actual))
            #expect(!FileTree.exists(farm.data.appending("sources/sha256/00").appending(expected)))
        }
    }

    @Test("a prefix that cannot be written to is refused before anything is downloaded")
    func readOnlyPrefix() async throws {
        try await Farm.with("readonly") { farm in
            _ = try await farm.addTap("velo/recipes", Checkout.top.appending("recipes"))
            let velo = try farm.velo()
            let inside = Program("/usr/bin/bwrap", environment: velo.environment)
            let result = try await inside.run(
                "--ro-bind", "/", "/", "--dev", "/dev", "--bind", farm.scratch.path.string, farm.scratch.path.string,
                "--setenv", "VELO_PREFIX", "/usr/velo", velo.path, "install", "qqwing")
            #expect(result.status == 1, "\(result.text)")
            #expect(result.text.contains("`/usr/velo`") && result.text.contains("hint:"), "\(result.text)")
        }
    }

    @Test("without bubblewrap a build says what to install")
    func noBubblewrap() async throws {
        try await Scratch.with("nobwrap") { scratch in
            // A folder with everything of /usr/bin but bwrap.
            let bin = try scratch.folder("bin")
            for name in try FileTree.names(in: "/usr/bin") where name != "bwrap" {
                try FileTree.makeLink(bin.appending(name), to: "/usr/bin/\(name)")
            }
            let farm = try await Farm.start(scratch, environment: ["PATH": bin.string])
            _ = try await farm.addFormula(
                "tiny", files: ["tiny": "#!/bin/sh\n"], Self.formula("tiny", install: "bin.install \"tiny\""))
            let result = try await farm.velo().run("install", "tiny", "--progress", "plain")
            await farm.stop()
            #expect(result.status != 0)
            #expect(
                result.text.contains("bwrap") && result.text.contains("apt-get install bubblewrap"), "\(result.text)")
        }
    }
}
