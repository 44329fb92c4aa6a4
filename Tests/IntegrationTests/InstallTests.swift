import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// The main job, with real processes: farm, sandbox, compiler, archives, HTTP.
@Suite("From source to prefix", .serialized)
struct InstallTests {
    @Test("a program and its library, never built before, are built, proven, mirrored and installed; and removed again")
    func buildsAndInstalls() async throws {
        try await Farm.with("install") { farm in
            try await farm.fillSources("libqqwing", "qqwing")
            let added = try await farm.addTap("velo/recipes", Checkout.top.appending("recipes"))
            #expect(added.exit.isSuccess, "\(added.text)")

            let velo = try farm.velo()
            let installed = try await velo.run("install", "qqwing", "--progress", "plain")
            try #require(installed.exit.isSuccess, "\(installed.text)")
            for phase in ["dependencies", "install", "bottle", "prove", "test"] {
                #expect(installed.text.contains(phase))
            }

            let prefix = farm.scratch.path.appending("p")
            let puzzle = try await Program(prefix.appending("bin/qqwing").string).run("--generate", "1", "--one-line")
            #expect(puzzle.exit.isSuccess)
            #expect(puzzle.lines.first?.count == 81)
            try await isOurs(prefix.appending("bin/qqwing"), prefix)

            let listed = try await velo.run("list", "--json", mergesErrors: false)
            #expect(listed.text.contains("\"libqqwing\"") && listed.text.contains("\"qqwing\""))
            let which = try await velo.run("which", "qqwing")
            #expect(which.text.contains("qqwing"))
            let doctor = try await velo.run("doctor")
            #expect(doctor.exit.isSuccess, "\(doctor.text)")

            // Nothing is built or downloaded a second time.
            let again = try await velo.run("install", "qqwing")
            #expect(again.exit.isSuccess && !again.text.contains("configure"))

            // The library is needed, so it stays until the program is gone.
            let refused = try await velo.run("uninstall", "libqqwing")
            #expect(refused.status == 1 && refused.text.contains("qqwing"), "\(refused.text)")
            let removed = try await velo.run("uninstall", "qqwing")
            #expect(removed.exit.isSuccess, "\(removed.text)")
            #expect(!FileTree.exists(prefix.appending("bin/qqwing")))

            // Another prefix, longer than the one the bottle was built at: no build, the same bottle.
            let far = farm.scratch.path.appending("a-prefix-that-is-much-longer-than-the-one-it-was-built-at")
            let moved = try await farm.velo(prefix: far).run("install", "qqwing")
            try #require(moved.exit.isSuccess, "\(moved.text)")
            #expect(try await Program(far.appending("bin/qqwing").string).run("--version").exit.isSuccess)
            try await isOurs(far.appending("bin/qqwing"), far)
        }
    }

    /// A poured program looks for its libraries in its prefix and is started by the prefix's loader, says readelf.
    private func isOurs(_ program: FilePath, _ prefix: FilePath) async throws {
        let dynamic = try await Program("/usr/bin/readelf").run("-d", "-l", "-W", program.string)
        #expect(dynamic.text.contains("\(prefix)/lib"))
        #expect(dynamic.text.contains("[Requesting program interpreter: \(prefix)/lib/ld.so]"))
        #expect(!dynamic.text.contains("HOMEBREW") && !dynamic.text.contains("linuxbrew"))
    }

    @Test("the bottle is served as a flat file, by an OCI manifest, and to skopeo")
    func servesTheBottle() async throws {
        try await Farm.with("serve") { farm in
            try await farm.fillSources("bzip2")
            _ = try await farm.addTap("velo/recipes", Checkout.top.appending("recipes"))
            let built = try await farm.velod().run("build", "bzip2", "--follow", "--data", farm.data.string)
            try #require(built.exit.isSuccess, "\(built.text)")

            let curl = Program("/usr/bin/curl")
            let file = farm.scratch.path.appending("bottle.tar.gz")
            let fetched = try await curl.run(
                "-fsS", "-o", file.string, "\(farm.url)/bottles/bzip2-1.0.8.x86_64_linux.bottle.tar.gz")
            try #require(fetched.exit.isSuccess, "\(fetched.text)")
            let listing = try await Program("/usr/bin/bsdtar").run("-tf", file.string)
            #expect(listing.lines.contains { $0.hasSuffix("/bin/bzip2") })
            #expect(listing.lines.contains { $0.hasSuffix("/INSTALL_RECEIPT.json") })
            #expect(listing.lines.contains { $0.hasSuffix("/.brew/bzip2.rb") })

            let image = farm.scratch.path.appending("image")
            let host = farm.url.dropFirst("http://".count)
            let copied = try await Program("/usr/bin/skopeo", environment: ["HOME": farm.scratch.path.string]).run(
                "copy", "--all", "--src-tls-verify=false", "docker://\(host)/velo/recipes/bzip2:1.0.8", "oci:\(image):1"
            )
            #expect(copied.exit.isSuccess, "\(copied.text)")
            let metrics = try await curl.run("-fsS", "\(farm.url)/metrics").text
            #expect(metrics.contains("velod_"))
        }
    }
}
