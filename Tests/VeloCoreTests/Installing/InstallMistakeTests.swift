import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

/// What goes wrong is said in a sentence, and the disk is as it was.
@Suite("Install: mistakes")
struct InstallMistakeTests {
    /// The lines of the error that an install ends with; checks that the prefix was not even made.
    private func failure(_ mirror: MirrorFixture, _ names: String...) async throws -> ProblemReport {
        do {
            _ = try await mirror.makeInstaller().install(names)
            Issue.record("the install went well")
            return ProblemReport(CancellationError())
        } catch {
            #expect(!FileTree.exists(mirror.prefix.location))
            return ProblemReport(error)
        }
    }

    @Test("an unknown formula, with the nearest names")
    func unknown() async throws {
        try await MirrorFixture.with("unknown") { mirror in
            mirror.publish(try await mirror.bottle("hello"))
            let report = try await failure(mirror, "helo")
            #expect(report.lines == ["no formula is called `helo`"])
            #expect(report.hints == ["did you mean `hello`?"])
        }
    }

    @Test("no mirror that answers")
    func noMirror() async throws {
        try await MirrorFixture.with("no-mirror") { mirror in
            let dead = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
            let error = await #expect(throws: MirrorError.self) {
                try await mirror.makeInstaller(mirrors: dead).install(["x"])
            }
            #expect(error?.summary == "no mirror answers: tried `http://127.0.0.1:1`, `http://127.0.0.1:2`")
            #expect(error?.severity == .temporary)
            #expect(!FileTree.exists(mirror.prefix.location))
        }
    }

    @Test("the next mirror is asked when the first does not answer")
    func secondMirror() async throws {
        try await MirrorFixture.with("second-mirror") { mirror in
            mirror.publish(try await mirror.bottle("hello"))
            let mirrors = ["http://127.0.0.1:1", mirror.server.url("/")]
            _ = try await mirror.makeInstaller(mirrors: mirrors).install(["hello"])
            #expect(try await mirror.run("hello") == "hello 1.0\n")
        }
    }

    @Test("a wrong digest")
    func wrongDigest() async throws {
        try await MirrorFixture.with("digest") { mirror in
            let formula = try await mirror.bottle("hello")
            var bytes = try FileTree.read(mirror.scratch.path.appending("bottles/hello-1.0.tar.gz"))
            bytes[bytes.count / 2] ^= 1
            mirror.serve(bytes, at: formula.bottles[0].path)
            mirror.publish(formula)
            let report = try await failure(mirror, "hello")
            #expect(report.lines.first == "could not download `hello`")
            #expect(
                report.lines.last?.contains(
                    "has the sha256 \(SHA256Digest.of(bytes).hex), not \(formula.bottles[0].sha256)") == true)
        }
    }

    @Test("a truncated archive")
    func truncated() async throws {
        try await MirrorFixture.with("truncated") { mirror in
            _ = try await mirror.bottle("hello", files: ["share/big": String(repeating: "some text ", count: 50_000)])
            let bytes = try FileTree.read(mirror.scratch.path.appending("bottles/hello-1.0.tar.gz"))
            mirror.publish(mirror.serve(Array(bytes.prefix(bytes.count / 2)), as: "hello", "1.0"))
            let report = try await failure(mirror, "hello")
            #expect(report.lines.first == "could not pour `hello`")
            #expect(report.lines.count == 2)
        }
    }

    @Test(
        "a second package's failure leaves nothing of the first", arguments: ["->../../../../../etc", "->/etc/passwd"])
    func escaping(link: String) async throws {
        try await MirrorFixture.with("escaping") { mirror in
            mirror.publish(
                try await mirror.bottle("good"),
                try await mirror.bottle("evil", needs: ["good"], files: ["share/evil": link]))
            let report = try await failure(mirror, "evil")
            #expect(report.lines.first == "could not pour `evil`")
            #expect(report.lines.last?.contains("`evil/1.0/share/evil`") == true)
        }
    }

    @Test("a conflict found while linking takes everything back")
    func conflict() async throws {
        try await MirrorFixture.with("link-conflict") { mirror in
            mirror.publish(
                try await mirror.bottle("one", files: ["bin/tool": "1"]),
                try await mirror.bottle("two", files: ["bin/tool": "2"]))
            try await mirror.install("one")
            let before = try mirror.prefixFixture.snapshot()
            let error = await #expect(throws: InstallError.self) { try await mirror.install("two") }
            #expect(
                ProblemReport(try #require(error)).lines == [
                    "could not link `two`",
                    "`two 1.0` cannot be linked: `\(mirror.prefix.path)/bin/tool` belongs to `one 1.0`",
                ])
            #expect(try mirror.prefixFixture.snapshot() == before)
        }
    }

    @Test("a prefix that is a file, or below one", arguments: ["prefix", "prefix/below"])
    func prefixIsFile(path: String) async throws {
        try await Scratch.with("prefix-file") { scratch in
            try scratch.file("prefix", "x")
            let prefix = Prefix(at: scratch.path.pushing(FilePath(path)))
            let error = #expect(throws: PrefixError.self) { try prefix.check() }
            #expect(error?.summary == "`\(scratch.path)/prefix` is not a folder")
        }
    }

    @Test(
        "a prefix whose path would break what is poured",
        arguments: [
            ("/", "the prefix cannot be `/`"),
            ("/opt/a:b", "the prefix `/opt/a:b` holds a colon, which separates paths in libraries"),
            ("/opt/a b", "the prefix `/opt/a b` holds a blank, which ends a path in scripts"),
        ])
    func prefixPath(path: String, sentence: String) {
        let error = #expect(throws: PrefixError.self) { try Prefix(at: FilePath(path)).check() }
        #expect(error?.summary == sentence)
    }
}
