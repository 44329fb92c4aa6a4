import FoundationEssentials
import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// `velod build --tap` as a person runs it: the real program, sandbox and compiler.
@Suite("A build without a server")
struct OneShotTests {
    /// A tap with a library and a program that uses it, and their archives named by sha256.
    private func prepare(
        _ scratch: Scratch, test: String = "assert_equal \"7\\n\", shell_output(bin/\"tool\")"
    ) async throws {
        try scratch.file(
            "src/thing-1.0/Makefile",
            "all:\n\tcc -shared -fPIC -o libthing.so thing.c\ninstall:\n"
                + "\tinstall -D libthing.so $(P)/lib/libthing.so\n\tinstall -D thing.h $(P)/include/thing.h\n")
        try scratch.file("src/thing-1.0/thing.c", "int thing(void) { return 7; }\n")
        try scratch.file("src/thing-1.0/thing.h", "int thing(void);\n")
        try scratch.file(
            "src/tool-2.0/Makefile",
            "tool: tool.c\n\tcc -g -o tool tool.c -lthing\ninstall:\n\tinstall -D tool $(P)/bin/tool\n")
        try scratch.file(
            "src/tool-2.0/tool.c",
            "#include <stdio.h>\n#include <thing.h>\nint main(void) { printf(\"%d\\n\", thing()); return 0; }\n")
        let install = "  def install\n    system \"make\"\n    system \"make\", \"install\", \"P=#{prefix}\"\n  end\n"
        try await scratch.formula("thing", "1.0", install)
        try await scratch.formula(
            "tool", "2.0", "  depends_on \"thing\"\n\(install)\n  test do\n    \(test)\n  end\n")
    }

    @Test("a closure is built and proven, is not built again, and comes out the same elsewhere on another day")
    func buildsAndRepeats() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch)
            let first = try await scratch.velod("build", "tool")
            let built = try BuildRecord.lines(first.text)
            #expect(first.exit.isSuccess, "\(first.text)")
            #expect(built.map(\.formula) == ["thing", "tool"])
            #expect(built.map(\.verdict) == [.untested, .proven])
            #expect(built.last?.phases.map(\.phase).contains(.install) == true)
            for record in built {
                let bottle = scratch.path.pushing(FilePath(record.bottle ?? ""))
                #expect(try FileTree.digest(bottle).hex == record.digest)
                #expect(record.proof?.checks.allSatisfy(\.passed) == true)
            }
            let again = try BuildRecord.lines(try await scratch.velod("build", "tool").text)
            #expect(again.allSatisfy(\.reused) && again.map(\.digest) == built.map(\.digest))

            let compared = try await scratch.velod("rebuild", "tool", "--compare")
            #expect(compared.exit.isSuccess && compared.text.contains("\"identical\":true"), "\(compared.text)")
        }
    }

    @Test("a bottle whose test fails is set apart, and what failed is told")
    func unproven() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch, test: "assert_equal \"8\\n\", shell_output(bin/\"tool\")")
            let result = try await scratch.velod("build", "tool")
            let record = try #require(try BuildRecord.lines(result.text).last)
            #expect(result.status == 1)
            #expect(record.verdict == .unproven && record.test == "failed" && record.failure?.phase == .test)
            #expect(record.bottle?.contains("/unproven/") == true)
        }
    }

    @Test("what does not compile is the compiler's cause, and what needs it is blocked")
    func failing() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch)
            try scratch.file("src/thing-1.0/thing.c", "int thing(void) { return missing; }\n")
            try await scratch.formula("thing", "1.0", "  def install\n    system \"make\"\n  end\n")
            let result = try await scratch.velod("build", "tool")
            let found = try BuildRecord.lines(result.text)
            #expect(result.status == 1)
            #expect(found.map(\.verdict) == [.failed, .blocked])
            #expect(found.first?.failure?.cause == .compiler && found.first?.failure?.phase == .install)
        }
    }

    @Test("an archive that is not what its name says is refused")
    func wrongArchive() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch)
            for name in try FileTree.names(in: scratch.path.appending("archives")) {
                try scratch.file("archives/\(name)", "something else")
            }
            let found = try BuildRecord.lines(try await scratch.velod("build", "thing").text)
            #expect(found.first?.failure?.message.contains("is not what its name says") == true)
        }
    }
}
