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
        try await formula("thing", "1.0", install, scratch)
        try await formula(
            "tool", "2.0", "  depends_on \"thing\"\n\(install)\n  test do\n    \(test)\n  end\n", scratch)
    }

    private func formula(_ name: String, _ version: String, _ body: String, _ scratch: Scratch) async throws {
        let archive = scratch.path.appending("\(name).tar.gz")
        _ = try scratch.folder("archives")
        let packed = try await Program("/usr/bin/tar").run(
            "-czf", archive.string, "-C", scratch.path.appending("src").string, "\(name)-\(version)")
        try #require(packed.exit.isSuccess)
        let digest = try FileTree.digest(archive).hex
        try FileTree.rename(archive, to: scratch.path.pushing("archives").appending(digest))
        try scratch.file(
            "tap/Formula/\(name).rb",
            """
            class \(name.prefix(1).uppercased() + name.dropFirst()) < Formula
              desc "Made for a test"
              homepage "https://example.org"
              url "https://example.org/\(name)-\(version).tar.gz"
              sha256 "\(digest)"

            \(body)
            end

            """)
    }

    private func velod(_ command: String, _ scratch: Scratch, _ arguments: String...) async throws -> Program.Result {
        try await Program.built("velod", environment: ["HOME": scratch.path.string]).run(
            [command] + arguments + [
                "--tap", "tap", "--sources", "archives", "--out", "out", "--jobs", "2", "--json",
            ], directory: scratch.path, mergesErrors: false)
    }

    private func records(_ text: String) throws -> [BuildRecord] {
        try text.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSONDecoder().decode(BuildRecord.self, from: Data($0.utf8)) }
    }

    @Test("a closure is built and proven, is not built again, and comes out the same elsewhere on another day")
    func buildsAndRepeats() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch)
            let first = try await velod("build", scratch, "tool")
            let built = try records(first.text)
            #expect(first.exit.isSuccess, "\(first.text)")
            #expect(built.map(\.formula) == ["thing", "tool"])
            #expect(built.map(\.verdict) == [.untested, .proven])
            #expect(built.last?.phases.map(\.phase).contains(.install) == true)
            for record in built {
                let bottle = scratch.path.pushing(FilePath(record.bottle ?? ""))
                #expect(try FileTree.digest(bottle).hex == record.digest)
                #expect(record.proof?.checks.allSatisfy(\.passed) == true)
            }
            let again = try records(try await velod("build", scratch, "tool").text)
            #expect(again.allSatisfy(\.reused) && again.map(\.digest) == built.map(\.digest))

            let compared = try await velod("rebuild", scratch, "tool", "--compare")
            #expect(compared.exit.isSuccess && compared.text.contains("\"identical\":true"), "\(compared.text)")
        }
    }

    @Test("a bottle whose test fails is set apart, and what failed is told")
    func unproven() async throws {
        try await Scratch.with("one-shot") { scratch in
            try await prepare(scratch, test: "assert_equal \"8\\n\", shell_output(bin/\"tool\")")
            let result = try await velod("build", scratch, "tool")
            let record = try #require(try records(result.text).last)
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
            try await formula(
                "thing", "1.0", "  def install\n    system \"make\"\n  end\n", scratch)
            let result = try await velod("build", scratch, "tool")
            let found = try records(result.text)
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
            let found = try records(try await velod("build", scratch, "thing").text)
            #expect(found.first?.failure?.message.contains("is not what its name says") == true)
        }
    }
}
