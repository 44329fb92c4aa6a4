import SystemPackage
import Testing
import VeloCLI
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Settings")
struct SettingsTests {
    private func settings(
        _ scratch: Scratch, file: String = "", environment: [String: String] = [:], flags: [SettingKey: String] = [:]
    ) throws -> Settings {
        let path = try scratch.file("config", file)
        return try Settings(
            flags: flags, environment: EnvironmentVariables(["HOME": "/home/me"].merging(environment) { $1 }),
            file: try SettingsFile(at: path), workingFolder: "/src/here")
    }

    @Test("flags win over the environment, that over the file, and that over the default")
    func precedence() async throws {
        try await Scratch.with("settings") { scratch in
            let file = "prefix = /from/file\n"
            let environment = ["VELO_PREFIX": "/from/environment"]
            let standard = try settings(scratch)[.prefix]
            #expect(standard == Setting(value: "/home/me/.velo", origin: .standard))
            let filed = try settings(scratch, file: file)[.prefix]
            #expect(filed == Setting(value: "/from/file", origin: .file))
            let exported = try settings(scratch, file: file, environment: environment)[.prefix]
            #expect(exported == Setting(value: "/from/environment", origin: .environment))
            let flagged = try settings(scratch, file: file, environment: environment, flags: [.prefix: "/from/flag"])[
                .prefix]
            #expect(flagged == Setting(value: "/from/flag", origin: .flag))
        }
    }

    @Test(
        "paths know the home folder and the working folder",
        arguments: [
            ("~/x", "/home/me/x"), ("~", "/home/me"), ("./x/../y", "/src/here/y"), ("y", "/src/here/y"),
            ("/a/b/", "/a/b"),
        ])
    func paths(value: String, expected: String) async throws {
        try await Scratch.with("settings-paths") { scratch in
            let location = try settings(scratch, flags: [.prefix: value]).prefix.location
            #expect(location.string == expected)
        }
    }

    @Test("mirrors are separated by blanks or commas")
    func mirrors() async throws {
        try await Scratch.with("settings-mirrors") { scratch in
            let settings = try settings(scratch, environment: ["VELO_MIRROR": "http://a, http://b  c:1"])
            #expect(settings.mirrors == ["http://a", "http://b", "c:1"])
        }
    }

    @Test(
        "a value that makes no sense names its place",
        arguments: [
            ("downloads = many", [:], "`downloads` is `many`, and should be a number from 1 to 64"),
            (
                "", ["VELO_PROGRESS": "fancy"],
                "`VELO_PROGRESS` is `fancy`, and should be `auto`, `bar`, `plain` or `none`"
            ),
        ])
    func badValue(file: String, environment: [String: String], sentence: String) async throws {
        try await Scratch.with("settings-bad") { scratch in
            let error = #expect(throws: SettingsError.self) {
                try settings(scratch, file: file, environment: environment)
            }
            #expect(error?.summary == sentence)
        }
    }

    @Test("a change keeps comments, order and what it does not know of")
    func keepsComments() async throws {
        try await Scratch.with("settings-file") { scratch in
            let path = try scratch.file("config", "# mine\n\nmirror = http://a\n  # and\ndownloads=3\n")
            var file = try SettingsFile(at: path)
            file.set(.mirror, to: "http://b")
            file.set(.color, to: "never")
            file.set(.downloads, to: nil)
            try file.save()
            #expect(try FileTree.readText(path) == "# mine\n\nmirror = http://b\n  # and\ncolor = never\n")
            #expect(try SettingsFile(at: path)[.mirror] == "http://b")
        }
    }

    @Test("a line that is none is refused with its number, and an unknown key by its name")
    func badLine() async throws {
        try await Scratch.with("settings-line") { scratch in
            let path = try scratch.file("config", "mirror = x\nwhat is this\n")
            let error = #expect(throws: SettingsError.self) { try SettingsFile(at: path) }
            #expect(error?.summary == "`\(path)`, line 2: `what is this` is not `key = value`")
            let other = try scratch.file("other", "miror = x\n")
            let unknown = #expect(throws: SettingsError.self) { try SettingsFile(at: other) }
            #expect(unknown?.summary == "there is no setting called `miror`")
        }
    }
}
