import SystemPackage
import Testing
import VeloBuild
import VeloGit
import VeloSystem
import VeloTestSupport

@Suite("Sources that are commits")
struct GitSourceTests {
    /// Installs what a checkout consists of, and what its own `.git` says.
    private static let body = """
          def install
            system "sh", "-c", "git describe --dirty >version && git rev-parse HEAD >commit"
            bin.install "run"
            pkgshare.install "version", "commit", "inner/word", "link"
          end

          test do
            assert_equal "v1\\n", (pkgshare/"version").read
            assert_equal "hello\\n", shell_output(bin/"run")
            assert_equal "inside\\n", (pkgshare/"word").read
            assert_predicate pkgshare/"link", :symlink?
            assert_equal "version", (pkgshare/"link").readlink.to_s
          end
        """

    /// `tool` with a program, a link, and `part` as a submodule beside it; answers the commit of its tag.
    private func prepare(_ scratch: Scratch, submodule: String = "../part.git") async throws -> String {
        _ = try scratch.folder("archives")
        try scratch.file("repositories/part/word", "inside\n")
        try await scratch.publish("part")
        try scratch.file("repositories/tool/run", "#!/bin/sh\necho hello\n", mode: 0o755)
        try scratch.file("repositories/tool/notes", "one\ntwo\n")
        try scratch.file("repositories/tool/.gitattributes", "notes text eol=crlf\n")
        try FileTree.makeLink(scratch.path.pushing("repositories/tool/link"), to: "version")
        try await scratch.git("repositories/tool", "init", "--quiet")
        let part = scratch.path.pushing("served/part.git").string
        try await scratch.git("repositories/tool", "submodule", "--quiet", "add", "file://\(part)", "inner")
        try await scratch.git("repositories/tool", "config", "-f", ".gitmodules", "submodule.inner.url", submodule)
        return try await scratch.publish("tool", tag: "v1")
    }

    private func only(_ result: Program.Result) throws -> BuildRecord {
        try #require(try BuildRecord.lines(result.text).first, "\(result.text)")
    }

    @Test("a tag with its submodules is built from, over HTTP, and is not fetched again")
    func tag() async throws {
        try await Scratch.with("git") { scratch in
            let commit = try await prepare(scratch)
            let server = try scratch.gitServer()
            let url = "http://127.0.0.1:\(server.port)/tool.git"
            try scratch.formula("tool", source: "url \"\(url)\", tag: \"v1\", revision: \"\(commit)\"", Self.body)
            let record = try only(try await scratch.velod("build", "tool"))
            #expect(record.verdict == .proven, "\(record.failure?.message ?? "") \(record.proof?.failure ?? "")")
            #expect(record.version == "1" && record.sources == ["git+\(url)@\(commit)"])
            let bottle = scratch.path.pushing(FilePath(record.bottle ?? ""))
            let bill = try await Program("/usr/bin/tar").run("-xOf", bottle.string, "tool/1/sbom.spdx.json")
            #expect(bill.text.contains("git+\(url)@\(commit)"))
            let receipt = try await Program("/usr/bin/tar").run("-xOf", bottle.string, "tool/1/INSTALL_RECEIPT.json")
            #expect(receipt.text.contains("\"source_modified_time\": 1600000000"), "\(receipt.text)")

            server.stop()
            try FileTree.removeFile(bottle)
            let again = try only(try await scratch.velod("build", "tool"))
            #expect(again.verdict == .proven && !again.reused && again.digest == record.digest)
        }
    }

    @Test("a tag that is another commit than the formula says is refused, with both")
    func movedTag() async throws {
        try await Scratch.with("git") { scratch in
            let commit = try await prepare(scratch)
            let other = String(commit.reversed())
            let url = "file://\(scratch.path.pushing("served/tool.git"))"
            try scratch.formula("tool", source: "url \"\(url)\", tag: \"v1\", revision: \"\(other)\"", Self.body)
            let record = try only(try await scratch.velod("build", "tool"))
            let message = record.failure?.message ?? ""
            #expect(record.verdict == .failed && record.failure?.cause == .checksum)
            #expect(message.contains("the tag `v1`"), "\(message)")
            #expect(message.contains(commit) && message.contains(other), "\(message)")
        }
    }

    @Test("without a revision only a head version is built, and follows its branch")
    func branches() async throws {
        try await Scratch.with("git") { scratch in
            _ = try await prepare(scratch)
            let url = "file://\(scratch.path.pushing("served/tool.git"))"
            let body = "  def install\n    pkgshare.install \"notes\"\n  end"
            try scratch.formula("tool", source: "url \"\(url)\", branch: \"main\"\n  version \"1\"", body)
            let refused = try only(try await scratch.velod("build", "tool"))
            #expect(refused.failure?.message.contains("names the branch `main` and no revision") == true)
            #expect(refused.failure?.hints.first?.contains("revision") == true)

            try scratch.formula("tool", source: "head \"\(url)\", branch: \"main\"", body)
            let first = try only(try await scratch.velod("build", "tool"))
            #expect(first.verdict == .untested, "\(first.failure?.message ?? "")")
            let bottle = scratch.path.pushing(FilePath(first.bottle ?? ""))
            let notes = try await Program("/usr/bin/tar").run(
                "-xOf", bottle.string, "tool/\(first.version)/share/tool/notes")
            #expect(notes.text == "one\r\ntwo\r\n")
            #expect(try only(try await scratch.velod("build", "tool")).reused)
            try scratch.file("repositories/tool/notes", "three\n")
            try await scratch.publish("tool")
            let moved = try only(try await scratch.velod("build", "tool"))
            #expect(!moved.reused && moved.key != first.key && moved.sources != first.sources)
        }
    }

    @Test("a clone among the sources serves without the network")
    func clones() async throws {
        try await Scratch.with("git") { scratch in
            let commit = try await prepare(scratch)
            for name in ["tool", "part"] {
                try FileTree.rename(
                    scratch.path.pushing(FilePath("served/\(name).git")),
                    to: scratch.path.pushing(FilePath("archives/\(name).git")))
            }
            let url = "https://nowhere.example.org/tool.git"
            try scratch.formula("tool", source: "url \"\(url)\", tag: \"v1\", revision: \"\(commit)\"", Self.body)
            let record = try only(try await scratch.velod("build", "tool"))
            #expect(record.verdict == .proven, "\(record.failure?.message ?? "")")
        }
    }

    @Test("a repository of the network has no submodule on this machine")
    func localSubmodule() async throws {
        try await Scratch.with("git") { scratch in
            let commit = try await prepare(scratch, submodule: "file://\(scratch.path.pushing("served/part.git"))")
            let server = try scratch.gitServer()
            let url = "http://127.0.0.1:\(server.port)/tool.git"
            try scratch.formula("tool", source: "url \"\(url)\", tag: \"v1\", revision: \"\(commit)\"", Self.body)
            let record = try only(try await scratch.velod("build", "tool"))
            #expect(record.failure?.message.contains("the submodule at `inner`") == true)
            server.stop()
        }
    }

    @Test("URLs of submodules are seen from where they are written")
    func relativeURLs() {
        let base = "https://example.org/team/tool.git"
        #expect(GitModules.resolve("../part.git", from: base) == "https://example.org/team/part.git")
        #expect(GitModules.resolve("../../other/part.git", from: base) == "https://example.org/other/part.git")
        #expect(GitModules.resolve("./part.git", from: base + "/") == base + "/part.git")
        #expect(GitModules.resolve("../../../../../x", from: base).hasPrefix("https://"))
        #expect(GitModules.resolve("git://a/b.git", from: base) == "git://a/b.git")
        let modules = GitModules(
            "# first\n[submodule \"a\"]\n\tpath = \"with blank\"\n\turl = ../a.git ; really\n"
                + "[submodule \"b\"]\n\tpath = b\n\turl = https://example.org/b\n\tupdate = none\n")
        #expect(modules.urls == ["with blank": "../a.git", "b": "https://example.org/b"])
        #expect(modules.skipped == ["b"])
    }
}
