import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

@Suite("Moving kegs")
struct RelocatorTests {
    /// A keg built at a prefix in the scratch folder, with everything that knows where it is.
    private func buildKeg(in scratch: Scratch, prefix: FilePath) async throws -> FilePath {
        let keg = prefix.pushing("Cellar/greet/1.0")
        let fixture = ELFFixture(scratch: scratch)
        try await fixture.build(ELFFixture.Kind.all[0], at: keg)
        // The library is found through the prefix's own folder, as linking makes it.
        _ = try await Program("/usr/bin/patchelf").run(
            "--set-rpath", prefix.pushing("opt/greet/lib").string, keg.pushing("bin/greet").string)
        let source = try scratch.file(
            "where.c", "#include <stdio.h>\nint main(void) { puts(\"\(prefix.string)/etc/greet.conf\"); return 0; }\n")
        try await fixture.compile([source.string, "-o", keg.pushing("bin/where").string])
        func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
            try FileTree.makeFolder(keg.pushing(FilePath(name)).removingLastComponent())
            try FileTree.write(Array(text.utf8), to: keg.pushing(FilePath(name)), mode: mode)
        }
        try write("lib/pkgconfig/greet.pc", "prefix=\(keg.string)\nlibs=-L\(prefix.string)/lib\n")
        try write("share/doc/README.md", "Built in \(prefix.string)\n")
        try write(".brew/greet.rb", "# \(prefix.string)\n")
        try write("bin/script", "#!/bin/sh\necho \(prefix.string)/etc\n", mode: 0o555)
        _ = try await Program("/usr/bin/ln").run("script", "same", directory: keg.appending("bin"))
        return keg
    }

    private func bottle(_ keg: FilePath, _ sealer: KegSealer, at archive: FilePath) throws {
        let writer = try ArchiveWriter(archive, compression: .gzip(), modified: 1_600_000_000)
        try writer.addTree(keg, as: "greet/1.0") { path, file, _ in
            try sealer.sealed(try FileTree.read(file), at: path)?.bytes
        }
        _ = try writer.finish()
    }

    @Test(
        "a bottle works at a longer and at a shorter prefix than the one it was built for",
        arguments: [
            "short", "a-prefix-that-is-very-much-longer-than-the-one-where-it-was-built",
        ])
    func moves(name: String) async throws {
        try await Scratch.with("move") { scratch in
            let built = scratch.path.appending("the-build-prefix")
            let keg = try await buildKeg(in: scratch, prefix: built)
            let sealer = KegSealer(target: RelocationTarget(prefix: built.string), formula: "greet")
            let survey = try KegSurvey(of: keg, sealer: sealer)
            try bottle(keg, sealer, at: scratch.path.appending("b.tgz"))
            try FileTree.remove(built)

            let prefix = scratch.path.appending(name)
            let fits = prefix.string.utf8.count <= built.string.utf8.count
            let relocator = Relocator(
                target: RelocationTarget(prefix: prefix.string, hasLoader: true), formula: "greet", version: "1.0",
                contents: Relocator.BottleContents(
                    changedFiles: Set(survey.changedFiles), buildPrefix: fits ? built.string : nil,
                    binaryStrings: survey.binaryStrings))
            try FileTree.makeFolder(prefix.appending("lib"))
            try FileTree.makeFolder(prefix.appending("opt"))
            try FileTree.makeLink(prefix.pushing("lib/ld.so"), to: "/lib64/ld-linux-x86-64.so.2")
            try FileTree.makeLink(prefix.pushing("opt/greet"), to: "../Cellar/greet/1.0")
            let tree = try BottleExtractor(
                name: "greet", version: "1.0", prefixes: [prefix.string], transform: relocator
            )
            .extract(scratch.path.appending("b.tgz"), into: prefix.appending("Cellar"))
            let poured = prefix.pushing("Cellar/greet/1.0")

            #expect(try await Program(poured.pushing("bin/greet").string).run().text == "hello from afar\n")
            let said = try await Program(poured.pushing("bin/where").string).run().text
            #expect(said == (fits ? prefix : built).string + "/etc/greet.conf\n")
            #expect(try await Program(poured.pushing("bin/script").string).run().text == prefix.string + "/etc\n")
            #expect(
                try FileTree.readText(poured.pushing("lib/pkgconfig/greet.pc"))
                    == "prefix=\(poured.string)\nlibs=-L\(prefix.string)/lib\n")
            #expect(try FileTree.readText(poured.pushing("share/doc/README.md")) == "Built in \(built.string)\n")
            #expect(try FileTree.readText(poured.pushing(".brew/greet.rb")) == "# \(built.string)\n")
            let script = try #require(try FileTree.status(poured.pushing("bin/script")))
            #expect(script.mode == 0o555)
            #expect(script.inode == (try FileTree.status(poured.pushing("bin/same"))?.inode))
            let readings = try await ELFFixture(scratch: scratch).readings(of: poured.pushing("bin/greet"))
            #expect(readings.interpreter == prefix.string + "/lib/ld.so")
            #expect(readings.readelf == ["RPATH \(prefix.string)/opt/greet/lib:\(prefix.string)/lib"])
            #expect(tree.changed.contains("lib/pkgconfig/greet.pc") && !tree.changed.contains("share/doc/README.md"))
        }
    }

    @Test("a survey lists what changes and what still names the build")
    func surveys() async throws {
        try await Scratch.with("survey") { scratch in
            let prefix = scratch.path.appending("prefix")
            let keg = try await buildKeg(in: scratch, prefix: prefix)
            let sealer = KegSealer(target: RelocationTarget(prefix: prefix.string), formula: "greet")
            let survey = try KegSurvey(of: keg, sealer: sealer)
            #expect(survey.changedFiles == ["bin/same", "bin/script", "lib/pkgconfig/greet.pc"])
            #expect(survey.relinkedFiles == ["bin/greet"])
            #expect(survey.leftovers.map(\.text) == [prefix.string + "/etc/greet.conf"])
            #expect(survey.binaryStrings.keys.sorted() == ["bin/where"])
            #expect(survey.cellar == .path(prefix.string + "/Cellar"))
            // Homebrew asks whether the file exists, and it does not.
            #expect(try KegSurvey(of: keg, sealer: sealer) { FileTree.exists(FilePath($0)) }.cellar == .any)
            try FileTree.makeLink(keg.appending("absolute"), to: prefix.string + "/lib")
            let linked = try KegSurvey(of: keg, sealer: sealer) { _ in false }
            #expect(linked.absoluteLinks == ["absolute"] && linked.cellar == .path(prefix.string + "/Cellar"))
            let plain = try scratch.folder("plain/bin")
            try FileTree.write(Array("#!/bin/sh\n".utf8), to: plain.appending("x"))
            #expect(try KegSurvey(of: plain, sealer: sealer).cellar == .anySkipRelocation)
        }
    }

    @Test("without a list of changed files every text is looked at, with one only those in it")
    func honoursChangedFiles() throws {
        let text = Array("@@HOMEBREW_PREFIX@@\n".utf8)
        func relocator(_ files: Set<String>?) -> Relocator {
            Relocator(
                target: RelocationTarget(prefix: "/p"), formula: "x", version: "1",
                contents: Relocator.BottleContents(changedFiles: files))
        }
        let unlisted = try relocator(["etc/b"]).relocate(text, at: "etc/a")
        #expect(unlisted == nil)
        let listed = try relocator(["etc/b"]).relocate(text, at: "etc/b")
        #expect(listed?.bytes == Array("/p\n".utf8))
        let found = try relocator(nil).relocate(text, at: "etc/a")
        #expect(found?.changes == .text)
        let formula = try relocator(nil).relocate(text, at: ".brew/x.rb")
        #expect(formula == nil)
        let document = try relocator(nil).relocate(text, at: "share/a.md")
        #expect(document == nil)
        guard case .whole = relocator(["etc/b"]).edit(for: "etc/b", head: []),
            case .none = relocator(["etc/b"]).edit(for: "etc/a", head: text)
        else {
            Issue.record("only the listed file is read")
            return
        }
    }

    @Test(
        "an absolute link into the prefix becomes relative",
        arguments: [
            ("/p/opt/y/lib", "bin/l", "../../../../opt/y/lib"),
            ("/build/opt/y", "l", "../../../opt/y"),
            ("@@HOMEBREW_PREFIX@@/etc/x", "l", "../../../etc/x"),
            ("@@HOMEBREW_CELLAR@@/x/1/bin/a", "bin/l", "a"),
            ("/p/Cellar/x/1", "bin/l", ".."),
            ("/p", "l", "../../.."),
            ("/prefix/x", "l", "/prefix/x"),
            ("../a", "bin/l", "../a"),
        ])
    func relinks(target: String, path: String, expected: String) {
        let relocator = Relocator(
            target: RelocationTarget(prefix: "/p"), formula: "x", version: "1",
            contents: Relocator.BottleContents(buildPrefix: "/build"))
        #expect(relocator.linkTarget(target, at: path) == expected)
    }

    @Test("the C library's own keg keeps its search paths; a broken binary matters only if it names its prefix")
    func leavesSomeAlone() async throws {
        try await Scratch.with("leave") { scratch in
            let prefix = scratch.path.appending("p")
            try await ELFFixture(scratch: scratch).build(ELFFixture.Kind.all[0], at: prefix)
            let bytes = try FileTree.read(prefix.pushing("bin/greet"))
            let target = RelocationTarget(prefix: "/opt/velo")
            let glibc = try Relocator(target: target, formula: "glibc@2.35", version: "1").relocate(bytes, at: "bin/a")
            #expect(glibc == nil)
            let relocator = Relocator(target: target, formula: "x", version: "1")
            let broken = Array(bytes.prefix(200))
            let harmless = try relocator.relocate(broken, at: "share/test/broken")
            #expect(harmless == nil)
            #expect(throws: RelocationError.self) {
                try relocator.relocate(broken + Array("@@HOMEBREW_PREFIX@@".utf8), at: "lib/broken")
            }
        }
    }

    @Test("a prefix that strings have no room for is refused with the room there is")
    func refusesLongPrefix() throws {
        let relocator = Relocator(
            target: RelocationTarget(prefix: "/opt/velo"), formula: "x", version: "1",
            contents: Relocator.BottleContents(changedFiles: [], buildPrefix: "/b"))
        #expect { try relocator.relocate(Array("\u{1}\0/b/etc\0".utf8), at: "lib/data") } throws: { error in
            guard case .prefixTooLong(path: "lib/data", prefix: "/opt/velo", room: 2)? = error as? RelocationError
            else {
                return false
            }
            return true
        }
    }
}
