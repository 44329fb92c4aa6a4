import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// Processes that are killed, and what is left.
@Suite("Killed", .serialized)
struct CrashTests {
    @Test("a farm that is killed in the middle of a build builds it after the restart")
    func killedFarm() async throws {
        try await Scratch.with("killed") { scratch in
            let first = try await Farm.start(scratch)
            _ = try await first.addFormula(
                "slow", files: ["slow": "#!/bin/sh\nsleep 4\n"],
                { url, sha256 in
                    """
                    class Slow < Formula
                      desc "Takes its time"
                      homepage "https://example.org"
                      url "\(url)"
                      sha256 "\(sha256)"
                      license "MIT"

                      def install
                        system "./slow"
                        bin.install "slow"
                      end
                    end

                    """
                })
            let ordered = try await Program("/usr/bin/curl").run(
                "-fsS", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{\"formula\": \"slow\"}",
                "\(first.url)/farm/v1/builds")
            try #require(ordered.exit.isSuccess, "\(ordered.text)")
            try await Task.sleep(for: .seconds(2))
            try await first.signal("KILL")
            try await Task.sleep(for: .milliseconds(300))
            // The sandbox died with its worker.
            let left = try await Program("/usr/bin/pgrep").run("-f", scratch.path.string)
            #expect(!left.exit.isSuccess, "still running: \(left.text)")

            let second = try await Farm.start(scratch)
            let installed = try await second.velo().run("install", "slow", "--progress", "plain")
            #expect(installed.exit.isSuccess, "\(installed.text)")
            await second.stop()
        }
    }

    @Test("an install that is killed leaves a prefix that the next run completes")
    func killedInstall() async throws {
        try await Farm.with("killed-install") { farm in
            _ = try await farm.addFormula(
                "tiny", files: ["tiny": "#!/bin/sh\necho tiny\n"],
                { url, sha256 in
                    """
                    class Tiny < Formula
                      desc "Made for a test"
                      homepage "https://example.org"
                      url "\(url)"
                      sha256 "\(sha256)"
                      license "MIT"

                      def install
                        bin.install "tiny"
                        300.times { |i| (share/"tiny/file#{i}").write "x" * 20_000 }
                      end
                    end

                    """
                })
            let built = try await farm.velod().run("build", "tiny", "--follow", "--data", farm.data.string)
            try #require(built.exit.isSuccess, "\(built.text)")
            let velo = try farm.velo()
            for milliseconds in [8, 14, 20, 26, 32, 40, 50, 65, 80] {
                _ = try await Program("/usr/bin/timeout", environment: velo.environment).run(
                    "-s", "KILL", "0.\(milliseconds < 10 ? "00" : "0")\(milliseconds)", velo.path, "install", "tiny")
                let prefix = farm.scratch.path.appending("p")
                let isThere = FileTree.exists(prefix.appending("bin/tiny"))
                let completed = try await velo.run("install", "tiny")
                #expect(completed.exit.isSuccess, "after \(milliseconds) ms: \(completed.text)")
                let doctor = try await velo.run("doctor")
                #expect(doctor.exit.isSuccess, "after \(milliseconds) ms (\(isThere)): \(doctor.text)")
                #expect(try await Program(prefix.appending("bin/tiny").string).run().text == "tiny\n")
                _ = try await velo.run("uninstall", "tiny")
            }
        }
    }
}
