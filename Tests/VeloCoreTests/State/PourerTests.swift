import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Pourer")
struct PourerTests {
    private let record = PourRecord(installedOnRequest: true, time: 1_795_492_800)

    /// Packs a folder `name/version` with `tar`.
    private func bottle(
        _ fixture: PrefixFixture, _ name: String, _ files: [String: String], tab: Tab? = nil
    ) async throws -> BottleFile {
        let folder = try fixture.scratch.folder("bottle")
        for (path, text) in files { try fixture.put(text, at: folder.pushing(FilePath("\(name)/1.0/\(path)"))) }
        let archive = fixture.scratch.path.appending("\(name).tar.gz")
        let result = try await Program("/usr/bin/tar").run("-czf", archive.string, "-C", folder.string, name)
        try #require(result.status == 0, "\(result.text)")
        return BottleFile(name: name, pkgVersion: "1.0", file: archive, tab: tab, cellar: "any")
    }

    @Test("placeholders become places in the files that the receipt in the bottle lists, and in no others")
    func changedFiles() async throws {
        try await PrefixFixture.with("pour-text") { fixture in
            let bottle = try await bottle(
                fixture, "hello",
                [
                    "lib/pkgconfig/a.pc": "prefix=@@HOMEBREW_CELLAR@@/hello/1.0\nlibdir=@@HOMEBREW_PREFIX@@/lib\n",
                    "share/template": "@@HOMEBREW_PREFIX@@",
                    "INSTALL_RECEIPT.json":
                        #"{"homebrew_version":"4.6.0","changed_files":["lib/pkgconfig/a.pc"],"arch":"x86_64","used_options":[]}"#,
                ])
            let keg = try Pourer(prefix: fixture.prefix).pour(bottle, record: record)
            #expect(keg == fixture.prefix.keg("hello", "1.0"))
            let path = fixture.prefix.path
            #expect(
                try fixture.text("Cellar/hello/1.0/lib/pkgconfig/a.pc")
                    == "prefix=\(path)/Cellar/hello/1.0\nlibdir=\(path)/lib\n")
            #expect(try fixture.text("Cellar/hello/1.0/share/template") == "@@HOMEBREW_PREFIX@@")
            let receipt = try #require(try Receipt.read(keg))
            #expect(receipt.homebrewVersion == "4.6.0")
            #expect(receipt.pouredFromBottle == true)
            #expect(receipt.changedFiles == ["lib/pkgconfig/a.pc"])
            #expect(try FileTree.names(in: fixture.prefix.staging).isEmpty)
        }
    }

    @Test("in a prefix that is mounted elsewhere, files say the path that they will have there")
    func mountedElsewhere() async throws {
        try await PrefixFixture.with("pour-mounted") { fixture in
            let prefix = Prefix(at: fixture.prefix.location, path: "/home/linuxbrew/.linuxbrew")
            let bottle = try await bottle(fixture, "hello", ["bin/hello": "#!@@HOMEBREW_PREFIX@@/bin/sh\n"])
            let keg = try Pourer(prefix: prefix).pour(bottle, record: record)
            try Linker(prefix: prefix).link(keg, kegOnly: false)
            #expect(try fixture.text("bin/hello") == "#!/home/linuxbrew/.linuxbrew/bin/sh\n")
            #expect(fixture.link("bin/hello") == "../Cellar/hello/1.0/bin/hello")
        }
    }

    @Test("a compiled program finds its loader, its library and its data at the new prefix")
    func compiled() async throws {
        try await PrefixFixture.with("pour-elf") { fixture in
            let built = "/home/linuxbrew/.linuxbrew/" + String(repeating: "x", count: 64)
            let source = try fixture.scratch.file(
                "main.c",
                "#include <stdio.h>\nint answer(void);\nint main(void){printf(\"%d \(built)/share/hello\\n\", answer());return 0;}\n"
            )
            let library = try fixture.scratch.file("answer.c", "int answer(void){return 42;}\n")
            let keg = try fixture.scratch.folder("bottle/hello/1.0")
            for folder in ["bin", "lib"] { try FileTree.makeFolder(keg.appending(folder)) }
            let compiler = Program("/usr/bin/cc")
            let shared = try await compiler.run(
                "-shared", "-fPIC", "-o", keg.pushing("lib/libanswer.so").string, library.string)
            try #require(shared.status == 0, "\(shared.text)")
            let linked = try await compiler.run(
                "-o", keg.pushing("bin/hello").string, source.string, "-L\(keg.appending("lib"))", "-lanswer",
                "-Wl,-rpath,@@HOMEBREW_PREFIX@@/opt/hello/lib", "-Wl,--dynamic-linker=@@HOMEBREW_PREFIX@@/lib/ld.so")
            try #require(linked.status == 0, "\(linked.text)")
            var tab = Tab(homebrewVersion: "4.6.0")
            (tab.changedFiles, tab.builtPrefix) = ([], built)
            let strings = BinaryStrings(prefix: built).find(in: try FileTree.read(keg.pushing("bin/hello")))
            #expect(strings.count == 1)
            tab.binaryStrings = [Tab.BinaryStrings(path: "bin/hello", strings: strings)]
            let bottle = try await bottle(fixture, "hello", [:], tab: tab)
            let poured = try Pourer(prefix: fixture.prefix).pour(bottle, record: record)
            try Linker(prefix: fixture.prefix).link(poured, kegOnly: false)
            let said = try await Program(fixture.prefix.bin.appending("hello").string).run().text
            #expect(said == "42 \(fixture.prefix.path)/share/hello\n")
        }
    }
}
