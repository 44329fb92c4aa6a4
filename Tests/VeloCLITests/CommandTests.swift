import SystemPackage
import Testing
import VeloCLI
import VeloCore
import VeloSystem

@Suite("Commands")
struct CommandTests {
    @Test(
        "help reads as it is kept in the snapshots",
        arguments: [
            "", "install", "upgrade", "uninstall", "fetch", "list", "outdated", "info", "search", "which", "doctor",
            "config", "config set", "completions", "formula", "formula json", "formula rehearse",
        ])
    func help(command: String) async throws {
        try await CommandFixture.with("help") { fixture in
            var arguments = command.split(separator: " ").map(String.init)
            arguments.append("--help")
            let result = await fixture.velo(arguments)
            #expect(result.status == .done)
            #expect(result.errors.isEmpty)
            try Snapshot.expect(
                result.output, is: "help/\(command.isEmpty ? "velo" : command.replacing(" ", with: "-"))")
        }
    }

    @Test(
        "a command line that makes no sense ends with 64 and the usage on the error stream",
        arguments: [
            ["instal"], ["install"], ["list", "--nothing"], ["config", "get", "colour"],
        ])
    func usage(arguments: [String]) async throws {
        try await CommandFixture.with("usage") { fixture in
            let result = await fixture.velo(arguments)
            #expect(result.status == .usage)
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix("error: "))
            #expect(result.errors.contains("Usage: velo"))
        }
    }

    @Test("list, info, search and which answer people and programs")
    func reading() async throws {
        try await CommandFixture.with("reading") { fixture in
            try fixture.install("zlib", "1.3", files: ["lib/libz.so"], onRequest: false)
            try fixture.install("hello", "2.10", files: ["bin/hello", "share/hello/x"], needs: ["zlib"])
            var hello = CatalogFormula(name: "hello", tap: "velo/recipes", version: "2.12")
            (hello.desc, hello.license, hello.dependencies) = ("Friendly greeting", "GPL-3.0-or-later", ["zlib"])
            hello.bottles = [
                CatalogBottle(
                    platform: Host.current().bottleTag, sha256: "", size: 53_000, installedSize: 210_000, cellar: "any",
                    path: "")
            ]
            var zlib = CatalogFormula(name: "zlib", tap: "velo/recipes", version: "1.3")
            (zlib.desc, zlib.kegOnly) = ("Compression, says hello to nobody", "the system has one")
            try await fixture.withMirror([hello, zlib]) { fixture in
                var text = ""
                for arguments in [
                    ["list"], ["list", "--quiet"], ["list", "--on-request"], ["list", "--json"], ["info", "hello"],
                    ["info", "hello", "--json"], ["search", "hello"], ["search", "hello", "--json"],
                    ["search", "-q", "zilb"],
                    ["which", "hello"], ["which", "lib/libz.so", "--json"], ["which", "share/hello/x", "-q"],
                    ["which", "nothing"],
                    ["info", "helo"], ["info", "helo", "--json"], ["search", "gibberish"],
                ] {
                    let result = await fixture.velo(arguments)
                    text += "$ velo \(arguments.joined(separator: " "))\n\(result.output)"
                    for line in result.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                        text += "! \(line)\n"
                    }
                    if result.status != .done { text += "exit \(result.status.code)\n" }
                }
                text = fixture.stable(text).replacing(Host.current().bottleTag, with: "THIS_PLATFORM")
                try Snapshot.expect(text, is: "commands/reading")
            }
        }
    }

    @Test("doctor finds what is wrong, and ends with 1 if it has to be mended")
    func doctor() async throws {
        try await CommandFixture.with("doctor", ["VELO_OFFLINE": "1"]) { fixture in
            #expect(await fixture.velo("doctor").status == .done)
            try fixture.install("hello", "2.10", files: ["bin/hello"], needs: ["zlib"])
            try fixture.install("old", "1", files: ["bin/old"])
            try FileTree.removeFile(fixture.prefix.keg("old", "1").receipt)
            try FileTree.removeFile(fixture.prefix.keg("old", "1").location.appending("bin/old"))
            try FileTree.removeFile(fixture.prefix.loader)
            try FileTree.makeFolder(fixture.prefix.journal)
            let result = await fixture.velo("doctor")
            #expect(result.status == .failed)
            try Snapshot.expect(fixture.stable(result.output), is: "commands/doctor")
            #expect(await fixture.velo("doctor", "--json").output.contains(#""subject" : "loader""#))
        }
    }

    @Test("settings are written, read back and removed, and a variable's victory is told")
    func config() async throws {
        try await CommandFixture.with("config", ["VELO_DOWNLOADS": "2"]) { fixture in
            #expect(await fixture.velo("config", "set", "mirror", "http://farm:8080").status == .done)
            #expect(await fixture.velo("config", "get", "mirror").output == "http://farm:8080\n")
            #expect(
                await fixture.velo("config", "set", "downloads", "8").errors
                    == "warning: `VELO_DOWNLOADS` is set, and wins over the file\n")
            #expect(await fixture.velo("config", "get", "downloads").output == "2\n")
            #expect(await fixture.velo("config", "unset", "mirror").status == .done)
            #expect(await fixture.velo("config", "get", "mirror").output == "\n")
            #expect(await fixture.velo("config", "set", "downloads", "0").status == .failed)
            try Snapshot.expect(
                fixture.stable(await fixture.velo("config", "list", "--json").output), is: "commands/config-list")
        }
    }

    @Test("what is out of date is listed, and a trial says what an upgrade would do")
    func outdated() async throws {
        try await CommandFixture.with("outdated") { fixture in
            try fixture.install("hello", "1.0", files: ["bin/hello"])
            try fixture.install("libhi", "1.0", files: ["lib/libhi.so"], onRequest: false)
            try fixture.install("own", "1.0", files: ["bin/own"])
            let formulae = [
                CatalogFormula(name: "hello", tap: "velo/recipes", version: "1.1"),
                CatalogFormula(name: "libhi", tap: "velo/recipes", version: "1.0"),
            ]
            try await fixture.withMirror(formulae) { fixture in
                let list = await fixture.velo("outdated")
                #expect(list.output == "hello  1.0 → 1.1\n")
                #expect(list.errors.contains("no mirror has `own`"))
                let json = await fixture.velo("outdated", "--json").output
                #expect(json.contains(#""available" : "1.1""#) && json.contains(#""own""#))
                let trial = await fixture.velo("upgrade", "--dry-run")
                #expect(trial.status == .done)
                #expect(trial.output == "upgrade 1 package: hello 1.1; build 1 first: hello\n")
                #expect(await fixture.velo("upgrade", "libhi").errors.contains("up to date already"))
                #expect(await fixture.velo("upgrade", "nothing").status == .failed)
            }
        }
    }

    @Test("a token is kept where only its owner can read it, and a list of all settings does not show it")
    func secret() async throws {
        try await CommandFixture.with("secret") { fixture in
            #expect(await fixture.velo("config", "set", "token", "velo_a_b").status == .done)
            #expect(await fixture.velo("config", "get", "token").output == "velo_a_b\n")
            for list in [await fixture.velo("config", "list"), await fixture.velo("config", "list", "--json")] {
                #expect(list.output.contains("(set)"))
                #expect(!list.output.contains("velo_a_b"))
            }
            let file = await fixture.velo("config", "list").errors.split(separator: " ").last.map(String.init)
            let path = FilePath(try #require(file?.split(separator: "\n").first.map(String.init)))
            #expect(try FileTree.status(path)?.mode == 0o600)
            let refused = await fixture.velo("config", "set", "token", "two words")
            #expect(refused.status == .failed)
            #expect(!refused.errors.contains("two words"))
        }
    }

    @Test("uninstalling what is needed is refused, and forced; what is not installed leads to the nearest")
    func uninstall() async throws {
        try await CommandFixture.with("uninstall") { fixture in
            try fixture.install("zlib", "1.3", files: ["lib/libz.so"])
            try fixture.install("hello", "2.10", files: ["bin/hello"], needs: ["zlib"])
            let refused = await fixture.velo("uninstall", "zlib")
            #expect(refused.status == .failed)
            #expect(
                refused.errors
                    == "error: `zlib` is needed by `hello`\n\nhint: uninstall those too, or pass `--ignore-dependencies`\n"
            )
            #expect(await fixture.velo("uninstall", "zilb").errors.hasSuffix("hint: did you mean `zlib`?\n"))
            #expect(await fixture.velo("uninstall", "zlib", "--force", "-q").output == "zlib\n")
            #expect(!FileTree.exists(fixture.prefix.rack("zlib")))
        }
    }

    @Test(
        "a completion script for each shell",
        arguments: [("bash", "complete "), ("zsh", "#compdef velo"), ("fish", "complete -c")])
    func completions(shell: String, mark: String) async throws {
        try await CommandFixture.with("completions") { fixture in
            let result = await fixture.velo("completions", shell)
            #expect(result.status == .done)
            #expect(result.output.contains(mark))
        }
    }
}
