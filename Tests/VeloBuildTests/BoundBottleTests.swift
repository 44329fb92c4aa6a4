import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// Bottles that look as if they could be moved, and cannot.
@Suite("A bottle that works at its own prefix alone")
struct BoundBottleTests {
    /// A program that appends a name to a path at the place where the path ended when it was compiled.
    private func prepare(_ scratch: Scratch, test: String) async throws {
        try scratch.file(
            "src/bound-1.0/Makefile",
            "all:\n\tcc -DP='\"$(P)\"' -o bound bound.c\ninstall:\n"
                + "\tinstall -D bound $(P)/bin/bound\n\tinstall -D -m 644 words $(P)/share/bound/words\n")
        try scratch.file("src/bound-1.0/words", "seven\n")
        try scratch.file(
            "src/bound-1.0/bound.c",
            """
            #include <stdio.h>
            #include <string.h>
            const char folder[] = P "/share/bound";
            volatile size_t length = sizeof folder - 1;
            int main(void) {
                char name[500], line[80];
                memcpy(name, folder, length);
                strcpy(name + length, "/words");
                FILE *file = fopen(name, "r");
                if (!file || !fgets(line, sizeof line, file)) return 3;
                fputs(line, stdout);
                return 0;
            }

            """)
        try await scratch.formula(
            "bound", "1.0",
            """
              def install
                system "make", "P=#{prefix}"
                system "make", "install", "P=#{prefix}"
              end

            \(test)
            """)
    }

    @Test("it is proven there, says so with what happened elsewhere, and goes nowhere else")
    func bound() async throws {
        try await Scratch.with("bound") { scratch in
            let test = "  test do\n    assert_equal \"seven\\n\", shell_output(bin/\"bound\")\n  end"
            try await prepare(scratch, test: test)
            let result = try await scratch.velod("build", "bound")
            let record = try #require(try BuildRecord.lines(result.text).first)
            #expect(result.exit.isSuccess && record.verdict == .proven && record.test == "passed", "\(result.text)")
            let proof = try #require(record.proof)
            #expect(proof.prefix == "/home/linuxbrew/.linuxbrew")
            let elsewhere = try #require(proof.elsewhere)
            #expect(elsewhere.prefix != proof.prefix && elsewhere.test == .failed)
            #expect(elsewhere.failure?.contains("3") == true)

            let bottle = scratch.path.pushing(FilePath(record.bottle ?? ""))
            let name = "bound--1.0.\(record.platform)"
            let document = try FileTree.readText(scratch.path.pushing(FilePath("out/\(name).bottle.json")))
            #expect(document.contains("\"cellar\" : \"/home/linuxbrew/.linuxbrew/Cellar\""), "\(document)")

            // Short enough that its path would have room.
            let prefix = FilePath("/tmp/velo-tests/\(scratch.path.string.utf8.count)")
            try #require(prefix.string.utf8.count < 26)
            let poured = try await Program.built("velo", environment: ["HOME": scratch.path.string]).run(
                "pour", bottle.string, "--prefix", prefix.string)
            #expect(!poured.exit.isSuccess && !FileTree.exists(prefix.pushing("Cellar/bound")))
            let refusal = "it was built for `/home/linuxbrew/.linuxbrew/Cellar` alone"
            #expect(poured.text.contains(refusal), "\(poured.text)")
        }
    }

    @Test("built for a prefix that somebody chose, it is poured there and works")
    func chosen() async throws {
        try await Scratch.with("bound") { scratch in
            let test = "  test do\n    assert_equal \"seven\\n\", shell_output(bin/\"bound\")\n  end"
            try await prepare(scratch, test: test)
            let chosen = try FileTree.makeScratch(in: "/var/tmp", prefix: "velo-chosen-")
            defer { try? FileTree.remove(chosen) }
            let result = try await scratch.velod("build", "bound", "--prefix", chosen.string)
            let record = try #require(try BuildRecord.lines(result.text).first)
            #expect(record.verdict == .proven && record.proof?.prefix == chosen.string, "\(result.text)")
            let bottle = scratch.path.pushing(FilePath(record.bottle ?? ""))
            let velo = try Program.built("velo", environment: ["HOME": scratch.path.string])
            let poured = try await velo.run("pour", bottle.string, "--prefix", chosen.string)
            #expect(poured.exit.isSuccess, "\(poured.text)")
            #expect(try await Program(chosen.pushing("bin/bound").string).run().text == "seven\n")

            // The same key is not built again; another prefix is another key.
            let again = try await scratch.velod("build", "bound", "--prefix", chosen.string)
            #expect(try BuildRecord.lines(again.text).first?.reused == true)
            let usual = try await scratch.velod("build", "bound")
            #expect(try BuildRecord.lines(usual.text).first?.reused == false)
        }
    }

    @Test(
        "prefixes that a build sees the host at are refused", arguments: ["/usr/local", "/tmp/x", "x/y", "/", "/a b"])
    func refusesPrefixes(prefix: String) async throws {
        try await Scratch.with("bound") { scratch in
            try await prepare(scratch, test: "")
            let result = try await scratch.velod("build", "bound", "--prefix", prefix)
            #expect(!result.exit.isSuccess && !FileTree.exists(scratch.path.pushing("out/bound--1.0")))
        }
    }

    @Test("without a test, a program that does not start elsewhere is tried at home")
    func smoke() async throws {
        try await Scratch.with("bound") { scratch in
            try await prepare(scratch, test: "")
            // It says at once that it cannot be run, as a shell does.
            let program = scratch.path.pushing("src/bound-1.0/bound.c")
            try FileTree.write(
                Array(try FileTree.readText(program).replacing("return 3", with: "return 127").utf8), to: program)
            try await scratch.formula(
                "bound", "1.0",
                "  def install\n    system \"make\", \"P=#{prefix}\"\n"
                    + "    system \"make\", \"install\", \"P=#{prefix}\"\n  end")
            let record = try #require(try BuildRecord.lines(try await scratch.velod("build", "bound").text).first)
            #expect(record.verdict == .untested && record.proof?.prefix == "/home/linuxbrew/.linuxbrew")
            #expect(record.proof?.elsewhere?.checks.last?.passed == false)
        }
    }

    @Test("what fails at both is judged by what happened elsewhere")
    func failsTwice() async throws {
        try await Scratch.with("bound") { scratch in
            try await prepare(scratch, test: "  test do\n    system bin/\"bound\", \"x\"\n    system \"false\"\n  end")
            let record = try #require(try BuildRecord.lines(try await scratch.velod("build", "bound").text).first)
            #expect(record.verdict == .unproven && record.proof?.elsewhere == nil)
            #expect(record.proof?.prefix == "/opt/velo-proof")
        }
    }
}
