import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("A mirror", .timeLimit(.minutes(3)))
struct MirrorTests {
    private func curl(_ words: String...) async throws -> Program.Result {
        try await Program("/usr/bin/curl").run(["--silent", "--max-time", "20"] + words)
    }

    @Test("commands reach the running server, and work on the folder without one")
    func commands() async throws {
        try await Farm.with("mirror-commands", arguments: ["--workers", "0"]) { farm in
            let velod = try farm.velod()
            let data = ["--data", farm.data.string]
            let made = try await velod.run(["token", "add", "ci", "--scope", "push"] + data)
            #expect(made.exit.isSuccess)
            let token = try #require(made.lines.last)
            #expect(token.hasPrefix("velo_"))
            let upload = farm.url + "/v2/a/b/blobs/uploads/"
            let status = ["--output", "/dev/null", "--write-out", "%{http_code}"]
            let refused = try await Program("/usr/bin/curl").run(["--silent", "--request", "POST", upload] + status)
            #expect(refused.text == "401")
            let taken = try await Program("/usr/bin/curl").run(
                ["--silent", "--request", "POST", "--header", "Authorization: Bearer \(token)", upload] + status)
            #expect(taken.text == "202")
            #expect(try await velod.run(["token", "list"] + data).text.hasPrefix("ci  push"))
            #expect(try await velod.run(["gc", "--dry-run"] + data).text.contains("would free 0 bytes"))
            #expect(try await velod.run(["check", "--deep"] + data).exit.isSuccess)
            let backup = farm.scratch.path.appending("backup")
            #expect(try await velod.run(["backup", backup.string] + data).exit.isSuccess)
            await farm.stop()
            #expect(try await velod.run(["token", "list"] + data).text.hasPrefix("ci  push"))
            let restored = ["--data", farm.scratch.path.appending("other").string]
            #expect(try await velod.run(["restore", backup.string] + restored).exit.isSuccess)
            #expect(try await velod.run(["token", "list"] + restored).text.hasPrefix("ci  push"))
        }
    }

    @Test("a mirror that lets nobody in without a token gives velo its catalog for one, and says so without")
    func privateMirror() async throws {
        try await Farm.with(
            "mirror-private", environment: ["VELOD_ANONYMOUS": ""], arguments: ["--workers", "0"]
        ) { farm in
            let made = try await farm.velod().run("token", "add", "laptop", "--scope", "read", "--data", "\(farm.data)")
            let token = try #require(made.lines.last)
            let refused = try await farm.velo().run("search", "anything")
            #expect(refused.text.contains("does not let velo in"), "\(refused.text)")
            #expect(refused.text.contains("velo config set token TOKEN"))
            let wrong = try await farm.velo(environment: ["VELO_TOKEN": "velo_x_y"]).run("search", "anything")
            #expect(wrong.text.contains("does not let velo in"), "\(wrong.text)")
            let allowed = try await farm.velo(environment: ["VELO_TOKEN": token]).run("search", "anything")
            #expect(!allowed.text.contains("does not let velo in"), "\(allowed.text)")
            #expect(allowed.text.contains("anything"), "\(allowed.text)")
        }
    }

    @Test("a file that is being sent is finished before the server stops")
    func gracefulStop() async throws {
        try await Farm.with(
            "mirror-stop", environment: ["VELOD_ANONYMOUS": "read push"], arguments: ["--workers", "0"]
        ) { farm in
            let file = farm.scratch.path.appending("blob")
            _ = try await Program("/bin/sh").run("-c", "head -c 60000000 /dev/urandom >'\(file)'")
            let digest = try #require(
                try await Program("/usr/bin/sha256sum").run(file.string).text.split(separator: " ").first)
            let sent = try await curl(
                "--request", "POST", "--header", "Content-Type: application/octet-stream", "--data-binary", "@\(file)",
                "--output", "/dev/null", "--write-out", "%{http_code}",
                "\(farm.url)/v2/a/b/blobs/uploads/?digest=sha256:\(digest)")
            #expect(sent.text == "201")
            async let slow = Program("/bin/sh").run(
                "-c", "curl --silent --limit-rate 30M '\(farm.url)/v2/a/b/blobs/sha256:\(digest)' | sha256sum")
            try await Task.sleep(for: .milliseconds(500))
            try await farm.signal("TERM")
            #expect(try await slow.text.hasPrefix(digest))
        }
    }

    @Test("requests are in the log where that is wanted, and who asks too often is in any case")
    func requestLog() async throws {
        try await Scratch.with("request-log") { scratch in
            let config = scratch.path.appending("velod.toml")
            let text = "[log]\nrequests = true\nformat = \"json\"\n[limits]\nrequests-per-second = 1\n"
            try FileTree.write(Array(text.utf8), to: config)
            let farm = try await Farm.start(scratch, arguments: ["--workers", "0", "--config", config.string])
            _ = try await curl("--header", "X-Request-Id: mine", "\(farm.url)/v2/a/b/manifests/1")
            // Over one connection, so that they come faster than they may, however busy the machine is.
            _ = try await curl("\(farm.url)/v2/a/b/tags/list?n=[1-100]")
            await farm.stop()
            let log = try FileTree.readText(scratch.path.appending("velod.log")).split(separator: "\n")
            let line = try #require(log.first { $0.contains("/v2/a/b/manifests/1") })
            #expect(line.contains("\"request\":\"mine\""))
            #expect(line.contains("\"status\":\"404\""))
            #expect(log.filter { $0.contains("\"status\":\"429\"") }.count > 1)
            #expect(log.filter { $0.contains("too many requests") }.count == 1)
        }
    }

    @Test("brew-env prints what stock brew reads")
    func brewEnvironment() async throws {
        try await Scratch.with("brew-env") { scratch in
            let velod = try Program.built("velod", environment: ["HOME": scratch.path.string])
            let printed = try await velod.run(
                "brew-env", "--url", "https://bottles.example.org/", "--day", "2026-11-01", "--shell", "--data",
                scratch.path.string)
            #expect(
                printed.text == """
                    export HOMEBREW_ARTIFACT_DOMAIN=https://bottles.example.org
                    export HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK=1
                    export HOMEBREW_BOTTLE_DOMAIN=https://bottles.example.org/bottles
                    export HOMEBREW_API_DOMAIN=https://bottles.example.org/api/@2026-11-01

                    """)
        }
    }
}
