import SystemPackage
import Testing
import VeloFormula
import VeloSystem

@testable import VeloFarm

@Suite("Configuration")
struct FarmConfigurationTests {
    private func toml(_ text: String) throws -> FarmSettings { try FarmSettings(toml: text, name: "velod.toml") }

    @Test("flags win over the environment, that over the file, that over the defaults")
    func layers() throws {
        var flags = FarmSettings()
        flags.port = 1
        let environment = try FarmSettings(environment: ["VELOD_PORT": "2", "VELOD_WORKERS": "2"])
        let file = try toml("port = 3\nworkers = 3\nlisten = \"0.0.0.0\"\n[build]\ntime-limit = 60\n")
        let resolved = try flags.over(environment).over(file).resolved(home: "/home/x", own: .test)
        #expect(resolved.port == 1)
        #expect(resolved.workers == 2)
        #expect(resolved.host == "0.0.0.0")
        #expect(resolved.buildTimeLimit == .seconds(60))
        #expect(resolved.buildSilenceLimit == .seconds(1800))
        #expect(resolved.data == "/home/x/.local/share/velod")
        #expect(resolved.externals == FarmConfiguration.defaultExternals)
        #expect(try FarmSettings().resolved(home: nil, own: .test).data == "/var/lib/velod")
    }

    @Test("the example file holds every key, and its values are the defaults")
    func exampleFile() throws {
        let file = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .pushing("deploy/velod.example.toml")
        let lines = try FileTree.readText(file).split(separator: "\n", omittingEmptySubsequences: false)
        // Keys are commented out, with one `#` and no space.
        let text = lines.map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0 }.joined(separator: "\n")
        let settings = try toml(text)
        var expected = FarmSettings()
        expected.data = "/var/lib/velod"
        expected.listen = "127.0.0.1"
        expected.port = 8440
        expected.workers = 1
        expected.platform = "x86_64_linux"
        expected.publicURL = "https://bottles.example.org"
        expected.buildTimeLimit = 7200
        expected.buildSilenceLimit = 1800
        // An example, as the policy's own values depend on what the host has.
        expected.externals = [
            "cmake": "cmake ctest", "meson": "meson", "ninja": "ninja", "pkg-config": "pkg-config",
        ]
        var mirror = MirrorSettings()
        // What has no default is shown as an example.
        mirror.upstreams = try [#require(Upstream("https://ghcr.io", authorization: "Bearer secret"))]
        mirror.apiUpstream = "https://formulae.brew.sh/api"
        mirror.certificate = "/etc/velod/tls.crt"
        mirror.key = "/etc/velod/tls.key"
        mirror.logFile = "/var/log/velod/velod.log"
        expected.mirror = mirror
        #expect(settings == expected)
        #expect(try toml(lines.joined(separator: "\n")) == FarmSettings())
    }

    @Test("a key that velod does not know is an error, with its section")
    func unknownKeys() throws {
        #expect(throws: ConfigurationError.unknownKey("velod.toml", "prot")) { try toml("prot = 1") }
        #expect(throws: ConfigurationError.unknownKey("velod.toml", "build.limit")) { try toml("[build]\nlimit = 1") }
        #expect(throws: ConfigurationError.wrongType("velod.toml", key: "port", wanted: "a whole number")) {
            try toml("port = \"8440\"")
        }
        let error = #expect(throws: ConfigurationError.self) { try toml("data = \"x\"\nport = = 1\n") }
        #expect(error?.summary.hasPrefix("`velod.toml`, line 2: ") == true)
    }

    @Test("values out of range are refused by name")
    func badValues() throws {
        func resolve(_ text: String) throws -> FarmConfiguration { try toml(text).resolved(home: nil, own: .test) }
        #expect(throws: ConfigurationError.badValue("port", "70000")) { try resolve("port = 70000") }
        #expect(throws: ConfigurationError.badValue("workers", "-1")) { try resolve("workers = -1") }
        #expect(throws: ConfigurationError.badValue("platform", "amiga")) { try resolve("platform = \"amiga\"") }
        #expect(throws: ConfigurationError.foreignPlatform("arm64_linux", own: "x86_64_linux")) {
            try resolve("platform = \"arm64_linux\"")
        }
        #expect(throws: ConfigurationError.badValue("public-url", "ftp://x")) {
            try resolve("public-url = \"ftp://x/\"")
        }
        #expect(throws: ConfigurationError.badValue("VELOD_PORT", "x")) {
            try FarmSettings(environment: ["VELOD_PORT": "x"])
        }
    }

    @Test("externals can be given in the environment")
    func externals() throws {
        let settings = try FarmSettings(environment: ["VELOD_EXTERNALS": "cmake=cmake3,ninja=ninja-build"])
        #expect(settings.externals == ["cmake": "cmake3", "ninja": "ninja-build"])
    }
}
