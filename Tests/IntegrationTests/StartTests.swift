import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// What every start of velo costs, and what it needs.
@Suite("Starting velo")
struct StartTests {
    @Test("it loads neither libcurl nor libarchive, which bring forty others, before it needs them")
    func loadsLittle() async throws {
        let velo = try Program.built("velo")
        let needed = try await Program("/usr/bin/readelf").run("-d", velo.path).lines.filter { $0.contains("(NEEDED)") }
        #expect(needed.contains { $0.contains("libc.so.6") })
        #expect(!needed.contains { $0.contains("libcurl") || $0.contains("libarchive") })
    }

    @Test("it knows what it was asked for where there is no /proc")
    func noProc() async throws {
        let bwrap = Program("/usr/bin/bwrap")
        for name in ["velo", "velod"] {
            let program = try Program.built(name)
            let room = ["--ro-bind", "/", "/", "--tmpfs", "/proc", "--dev", "/dev", program.path]
            let version = try await bwrap.run(room + ["--version"])
            #expect(version.status == 0)
            #expect(version.text == "0.1.0\n", "\(name): \(version.text)")
        }
    }

    @Test("where libcurl is missing, what needs no network runs, and the rest says what to install")
    func missingLibrary() async throws {
        let known = try await Program("/sbin/ldconfig").run("-p").lines
        let places = known.filter { $0.contains("libcurl.so.4 ") }.compactMap { $0.split(separator: " ").last }
        try #require(!places.isEmpty)
        let velo = try Program.built("velo")
        let room = ["--dev-bind", "/", "/"] + places.flatMap { ["--ro-bind", "/dev/null", String($0)] } + [velo.path]
        try await Scratch.with("start") { scratch in
            let bwrap = Program("/usr/bin/bwrap", environment: ["HOME": scratch.path.string])
            #expect(try await bwrap.run(room + ["--version"]).status == 0)
            let fetch = try await bwrap.run(room + ["fetch", "http://127.0.0.1:1/x"], directory: scratch.path)
            #expect(fetch.status == 69)
            #expect(fetch.text.contains("libcurl.so.4"))
            #expect(fetch.text.contains("install the package libcurl4"))
        }
    }
}
