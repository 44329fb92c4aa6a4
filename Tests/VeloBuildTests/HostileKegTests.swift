import Glibc
import SystemPackage
import Testing
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

/// What a build can leave behind to harm whoever picks it up outside the sandbox.
@Suite("A hostile keg")
struct HostileKegTests {
    private func with(_ body: (Scratch, Keg, Formula) throws -> Void) async throws {
        try await Scratch.with("hostile") { scratch in
            let prefix = Prefix(at: try scratch.folder("prefix"))
            let formula = try Formulae.named("own")
            let keg = prefix.keg(formula.name, formula.pkgVersion)
            try scratch.file("host/victim", "precious\n")
            try body(scratch, keg, formula)
        }
    }

    @Test("a keg that is a link to a folder of the host is refused")
    func kegIsLink() async throws {
        try await with { scratch, keg, formula in
            try FileTree.makeFolder(keg.location.removingLastComponent())
            try FileTree.makeLink(keg.location, to: scratch.path.appending("host").string)
            #expect(throws: BuildError.self) { try KegGuard.check(keg, formula: formula) }
            #expect(FileTree.exists(scratch.path.pushing("host/victim")))
        }
    }

    @Test("cleaning does not follow a `bin` or `share` that leads to the host")
    func linkedFolders() async throws {
        try await with { scratch, keg, formula in
            try FileTree.makeFolder(keg.location)
            let host = scratch.path.appending("host")
            try scratch.file("host/libx.la", "library\n")
            try scratch.file("host/info/dir", "index\n")
            for name in ["bin", "lib", "share"] {
                try FileTree.makeLink(keg.location.appending(name), to: host.string)
            }
            let before = try FileTree.status(host.appending("victim"))?.mode
            try KegGuard.check(keg, formula: formula)
            try KegCleaner(keg: keg.location, name: "own", skip: formula.skipClean).run()
            #expect(FileTree.exists(host.appending("libx.la")) && FileTree.exists(host.pushing("info/dir")))
            #expect(try FileTree.status(host.appending("victim"))?.mode == before)
        }
    }

    @Test(
        "places that are written from the outside are cleared first: a receipt, or a link where one goes, is not kept")
    func forgedRecords() async throws {
        try await with { scratch, keg, formula in
            let host = scratch.path.appending("host")
            try scratch.file("prefix/Cellar/own/1.0/bin/own", "#!/bin/sh\n")
            try FileTree.makeLink(keg.location.appending(".brew"), to: host.string)
            try FileTree.makeLink(keg.location.appending("INSTALL_RECEIPT.json"), to: host.appending("victim").string)
            try scratch.file("prefix/Cellar/own/1.0/.bottle/etc/forged", "x")
            try KegGuard.check(keg, formula: formula)
            #expect(try FileTree.names(in: keg.location) == ["bin"])
            #expect(try FileTree.readText(host.appending("victim")) == "precious\n")
        }
    }

    @Test("an outcome that is a link or a pipe is not believed, and not waited for")
    func forgedOutcome() async throws {
        try await Scratch.with("outcome") { scratch in
            let file = scratch.path.appending(StepOutcome.fileName)
            #expect(mkfifo(file.string, 0o644) == 0)
            #expect(StepOutcome.read(from: scratch.path) == nil)
            try FileTree.removeFile(file)
            try scratch.file("elsewhere", "{\"sourceModified\": 7}")
            try FileTree.makeLink(file, to: "elsewhere")
            #expect(StepOutcome.read(from: scratch.path) == nil)
        }
    }

    @Test("what a build prints cannot command the terminal of whoever reads the log")
    func terminalInjection() {
        for line in ["\u{1b}]0;owned\u{7}", "\u{1b}[2J", "\u{9b}31m", "a\u{202E}b", "x\u{8}\u{8}y"] {
            let shown = LogText.sanitize(line)
            #expect(
                !shown.unicodeScalars.contains {
                    $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
                }, "\(shown)")
        }
    }

    @Test("a library asked for by a path is asked for by its name when the keg has it")
    func neededNames() async throws {
        try await Scratch.with("needed") { scratch in
            let keg = try scratch.folder("keg")
            _ = try scratch.folder("keg/lib")
            _ = try scratch.folder("keg/bin")
            try scratch.file("thing.c", "int thing(void) { return 7; }\n")
            try scratch.file("main.c", "int thing(void);\nint main(void) { return thing(); }\n")
            let gcc = Program("/usr/bin/gcc")
            _ = try await gcc.run("-shared", "-fPIC", "-o", "keg/lib/libthing.so", "thing.c", directory: scratch.path)
            let linked = try await gcc.run(
                "-o", "keg/bin/tool", "main.c", "./keg/lib/libthing.so", "-Wl,-rpath,$ORIGIN/../lib",
                directory: scratch.path)
            try #require(linked.exit.isSuccess, "\(linked.text)")
            let tool = Program(keg.pushing("bin/tool").string)
            #expect(try await tool.run(directory: keg).status == 127)
            try NeededNames.repair(in: keg) { _ in }
            #expect(try await tool.run(directory: keg).status == 7)
        }
    }
}
