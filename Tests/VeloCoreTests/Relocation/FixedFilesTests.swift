import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

/// What a survey finds that no other prefix can be written into, with the real compiler, linker and archive tools.
@Suite("Files that cannot move")
struct FixedFilesTests {
    private static let prefix = "/home/linuxbrew/.linuxbrew"
    private static let sealer = KegSealer(target: RelocationTarget(prefix: prefix), formula: "tool")
    private static let inner = "something points into the middle of a string that holds the prefix"

    private func compile(_ source: String, _ options: [String], to keg: FilePath) async throws {
        let file = keg.removingLastComponent().appending("main.c")
        try FileTree.write(Array(source.utf8), to: file)
        try FileTree.makeFolder(keg.appending("bin"))
        let words = ["-Os", "-o", keg.pushing("bin/tool").string, file.string] + options
        let compiled = try await Program("/usr/bin/gcc").run(words)
        try #require(compiled.exit.isSuccess, "\(compiled.text)")
    }

    /// The second is a tail of the first, and the linker stores it once.
    private static let shared = """
        #include <stdio.h>
        int main(void) { puts("\(prefix)/share/tool/data"); puts("share/tool/data"); return 0; }
        """
    private static let table = """
        #include <stdio.h>
        static const char whole[] = "\(prefix)/share/tool/data";
        const char *const places[] = {whole, whole + 27};
        int main(int count, char **words) { puts(places[count - 1]); return 0; }
        """
    private static let apart = """
        #include <stdio.h>
        int main(void) { puts("\(prefix)/share/tool/data"); puts("share/tool"); return 0; }
        """

    @Test(
        "a tail of a string that something else uses is found: by code, by a table, at a fixed place or not",
        arguments: [
            (shared, ["-Wl,-O2"]), (shared, ["-Wl,-O2", "-no-pie", "-fno-pie"]), (table, []),
            (table, ["-no-pie", "-fno-pie"]), (table, ["-Wl,-z,pack-relative-relocs"]),
        ])
    func findsTails(source: String, options: [String]) async throws {
        try await Scratch.with("fixed") { scratch in
            let keg = try scratch.folder("keg")
            try await compile(source, options, to: keg)
            let survey = try KegSurvey(of: keg, sealer: Self.sealer)
            #expect(survey.fixedFiles == ["bin/tool": Self.inner])
            #expect(survey.binaryStrings.isEmpty)
        }
    }

    @Test("strings that stand by themselves are exchanged", arguments: [[], ["-no-pie", "-fno-pie"], ["-static"]])
    func leavesOthers(options: [String]) async throws {
        try await Scratch.with("fixed") { scratch in
            let keg = try scratch.folder("keg")
            try await compile(Self.apart, options + ["-Wl,-O2"], to: keg)
            let survey = try KegSurvey(of: keg, sealer: Self.sealer)
            #expect(survey.fixedFiles.isEmpty)
            #expect(survey.binaryStrings.keys.sorted() == ["bin/tool"])
        }
    }

    @Test(
        "what is compressed is looked into; manuals may say what they like",
        arguments: [
            ("gzip -c in > keg/share/tool/data.gz", "share/tool/data.gz"),
            ("xz -c in > keg/share/tool/data.xz", "share/tool/data.xz"),
            ("zstd -qc in > keg/share/tool/data.zst", "share/tool/data.zst"),
            ("bsdtar -cf keg/share/tool/tool.jar --format zip in", "share/tool/tool.jar"),
            ("bsdtar -czf keg/share/tool/tool.tgz in", "share/tool/tool.tgz"),
            ("mkdir -p keg/share/man/man1; gzip -c in > keg/share/man/man1/tool.1.gz", nil),
            ("head -c 100000 in | gzip -c > keg/share/tool/begin.gz", nil),
            ("gzip -c in | head -c 200 > keg/share/tool/cut.gz", nil),
        ])
    func looksInside(command: String, found: String?) async throws {
        try await Scratch.with("packed") { scratch in
            try FileTree.makeFolder(scratch.path.pushing("keg/share/tool"))
            // The prefix lies where two reads meet.
            let text = String(repeating: "x", count: (1 << 18) - 9) + "\(Self.prefix)/etc\n"
            try scratch.file("in", text)
            let made = try await Program("/bin/sh").run("-c", command, directory: scratch.path)
            try #require(made.exit.isSuccess, "\(made.text)")
            let survey = try KegSurvey(of: scratch.path.appending("keg"), sealer: Self.sealer)
            let reason = "what is compressed in it holds the prefix"
            #expect(survey.fixedFiles == (found.map { [$0: reason] } ?? [:]))
            #expect(survey.cellar == (found == nil ? .anySkipRelocation : .path("\(Self.prefix)/Cellar")))
        }
    }
}
