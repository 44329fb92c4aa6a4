import SystemPackage
import Testing
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

@Suite("Cleaning a keg")
struct KegCleanerTests {
    @Test("libtool archives, stray indexes, empty folders and dangling links go; modes are set; the rest stays")
    func cleans() async throws {
        try await Scratch.with("clean") { scratch in
            for (path, text) in [
                "bin/tool": "#!/bin/sh\n", "lib/libx.la": "la", "lib/libx.so.1": "data", "lib/charset.alias": "x",
                "lib/perl/perllocal.pod": "x", "share/info/dir": "index", "share/info/x.info": "info",
                "libexec/empty/.keep": "",
            ] { try scratch.file(path, text) }
            _ = try scratch.folder("share/empty/deeper")
            try FileTree.removeFile(scratch.path.pushing("libexec/empty/.keep"))
            try FileTree.makeLink(scratch.path.pushing("lib/libx.so"), to: "libx.so.1")
            try FileTree.makeLink(scratch.path.pushing("lib/gone.so"), to: "nowhere.so")
            try FileTree.makeLink(scratch.path.pushing("lib/other.so"), to: "../../../other/1.0/lib/other.so")

            try KegCleaner(keg: scratch.path, name: "x", skip: try Formulae.named("x").skipClean).run()

            var left: [String] = []
            try FileTree.walk(scratch.path) { relative, _, _ in
                left.append(relative)
                return true
            }
            #expect(
                left == [
                    "bin", "bin/tool", "lib", "lib/libx.so", "lib/libx.so.1", "lib/other.so", "libexec",
                    "libexec/empty",
                    "share", "share/info", "share/info/x.info",
                ])
            #expect(try FileTree.status(scratch.path.pushing("bin/tool"))?.mode == 0o555)
            #expect(try FileTree.status(scratch.path.pushing("lib/libx.so.1"))?.mode == 0o444)
        }
    }

    @Test("what `skip_clean` names is left alone")
    func skips() async throws {
        try await Scratch.with("clean") { scratch in
            try scratch.file("lib/x.la", "la")
            _ = try scratch.folder("var/empty")
            var skip = try Formulae.named("x").skipClean
            skip.keepsLibtoolArchives = true
            skip.paths = ["var"]
            try KegCleaner(keg: scratch.path, name: "x", skip: skip).run()
            #expect(FileTree.exists(scratch.path.pushing("lib/x.la")))
            #expect(FileTree.exists(scratch.path.pushing("var/empty")))
        }
    }

    @Test(
        "files about the source are recognised by name",
        arguments: [
            ("README", true), ("README.md", true), ("COPYING.LESSER", true), ("LICENSE-MIT", true), ("NEWS", true),
            ("ChangeLog", true), ("readme.c", false), ("Makefile", false), ("AUTHORS.txt", true), ("news.py", false),
        ])
    func metafiles(name: String, isOne: Bool) {
        #expect(Metafiles.isMetafile(name) == isOne)
    }
}

@Suite("The formula's copy in a bottle")
struct FormulaTextTests {
    @Test("has no bottle block, and is the formula otherwise")
    func withoutBottleBlock() {
        let text =
            "class A < Formula\n  url \"x\"\n\n  bottle do\n    sha256 all: \"1\"\n  end\n\n  def install\n  end\nend\n"
        #expect(FormulaText.withoutBottleBlock(text) == "class A < Formula\n  url \"x\"\n\n  def install\n  end\nend\n")
        #expect(FormulaText.withoutBottleBlock("class A\nend\n") == "class A\nend\n")
    }
}

@Suite("Lines of a log")
struct LineSplitterTests {
    @Test("come whole, however the bytes arrive; a line that never ends is cut")
    func splits() {
        var splitter = LineSplitter()
        #expect(splitter.push(Array("one\ntw".utf8)[...]) == ["one"])
        #expect(splitter.push(Array("o\r\n\nthree".utf8)[...]) == ["two", ""])
        #expect(splitter.finish() == "three")
        #expect(splitter.finish() == nil)
        let endless = [UInt8](repeating: 0x61, count: 40_000)
        #expect(splitter.push(endless[...]).allSatisfy { $0.utf8.count <= 16_384 })
    }
}

@Suite("Days")
struct CalendarDateTests {
    @Test(
        "are counted as everybody does",
        arguments: [
            (0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_795_478_400, "2026-11-24"), (-1, "1969-12-31"),
            (4_102_444_799, "2099-12-31"),
        ])
    func counts(seconds: Int, day: String) {
        #expect(CalendarDate(secondsSince1970: seconds).description == day)
    }
}
