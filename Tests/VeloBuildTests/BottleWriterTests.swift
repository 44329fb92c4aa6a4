import SystemPackage
import Testing
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

/// Kegs made with the real compiler, as `install` would leave them, turned into bottles.
@Suite("Writing a bottle")
struct BottleWriterTests {
    private static let prefix = "/home/linuxbrew/.linuxbrew"

    /// A keg with a script, a library and a program that looks for it in the build prefix.
    private func makeKeg(
        _ scratch: Scratch, in folder: String, reversed: Bool = false, source: String = ""
    ) async throws
        -> Keg
    {
        let keg = try scratch.folder("\(folder)/Cellar/tool/1.0")
        let files = [
            ("bin/script", "#!/bin/sh\nexec \(Self.prefix)/opt/tool/bin/tool\n"), ("share/doc/README", "read me\n"),
            ("share/tool/data", "data\n"),
        ]
        for (path, text) in reversed ? files.reversed() : files {
            try scratch.file("\(folder)/Cellar/tool/1.0/\(path)", text, mode: 0o755)
        }
        try scratch.file("main.c", "\(source)\nint main(void) { return 0; }\n")
        let compiled = try await Program("/usr/bin/gcc").run(
            "-o", keg.appending("bin/tool").string, scratch.path.appending("main.c").string,
            "-Wl,-rpath,\(Self.prefix)/lib", "-Wl,--dynamic-linker=\(Self.prefix)/lib/ld.so", "-Wl,--build-id=none")
        try #require(compiled.exit.isSuccess, "\(compiled.text)")
        return Keg(name: "tool", pkgVersion: "1.0", location: keg)
    }

    private func write(
        _ keg: Keg, to folder: FilePath, externals: [String: String] = [:],
        extras: BottleWriter.Extras = BottleWriter.Extras()
    ) throws -> BuiltBottle {
        let loaded = try Formulae.loaded("tool")
        let request = BuildRequest(
            formula: loaded.formula, source: loaded.source, dependencies: [], externals: externals,
            platform: try #require(PlatformTag("x86_64_linux")), rebuild: 0, tapCommit: nil)
        let toolchain = HostToolchain(
            compiler: "gcc-12", compilerVersion: "12.2.0", glibcVersion: "2.36", systemName: "Debian GNU/Linux 12")
        return try BottleWriter(request: request, toolchain: toolchain, keg: keg, prefixPath: Self.prefix)
            .write(to: folder, sourceModified: 1_600_000_000, extras: extras)
    }

    @Test("the same keg gives the same bytes, in another folder, with files made in another order, on another day")
    func isReproducible() async throws {
        try await Scratch.with("bottle") { scratch in
            let first = try write(try await makeKeg(scratch, in: "a"), to: try scratch.folder("out-a"))
            try await Task.sleep(for: .milliseconds(1100))
            let second = try write(
                try await makeKeg(scratch, in: "b/c", reversed: true), to: try scratch.folder("out-b"))
            #expect(first.digest == second.digest)
            #expect(first.tarDigest == second.tarDigest)
            let tar = try await Program("/bin/sh").run("-c", "gzip -dc '\(first.file)' | sha256sum")
            #expect(tar.text.hasPrefix(first.tarDigest.hex))
        }
    }

    @Test("text and search paths hold placeholders, and the receipt says which files")
    func holdsPlaceholders() async throws {
        try await Scratch.with("bottle") { scratch in
            let bottle = try write(try await makeKeg(scratch, in: "a"), to: try scratch.folder("out"))
            #expect(bottle.tab.changedFiles == ["bin/script"])
            #expect(bottle.cellar == "any" && bottle.longestPrefix == nil)
            #expect(bottle.executables == ["bin/script", "bin/tool"])
            let out = try scratch.folder("unpacked")
            _ = try await Program("/bin/tar").run("-xzf", bottle.file.string, "-C", out.string)
            let found = try await Program("/bin/grep").run("-rl", Self.prefix, out.appending("tool/1.0/bin").string)
            #expect(found.status == 1, "still named in: \(found.text)")
            let script = try FileTree.readText(out.pushing("tool/1.0/bin/script"))
            #expect(script.contains("@@HOMEBREW_PREFIX@@/opt/tool/bin/tool"))
            let dynamic = try await Program("/usr/bin/patchelf").run(
                "--print-rpath", out.pushing("tool/1.0/bin/tool").string)
            #expect(dynamic.text.contains("@@HOMEBREW_PREFIX@@/lib"))
            let receipt = try FileTree.readText(out.pushing("tool/1.0/INSTALL_RECEIPT.json"))
            #expect(receipt.contains("\"changed_files\": [\n    \"bin/script\"\n  ]"))
            #expect(FileTree.exists(out.pushing("tool/1.0/.brew/tool.rb")))
        }
    }

    @Test(
        "a program whose strings do not end at a NUL is not touched; if it needs the prefix, it goes to no other",
        arguments: [
            ("\\xff Go buildinf:\\0\(prefix)/share/tool", "strings of Go", true),
            ("/rustc/0123/library/core.rs\\0\(prefix)/share/tool", "strings of Rust", true),
            ("settings\(prefix)/share/toolnext word", "continues another one", false),
        ])
    func leavesSlices(data: String, reason: String, isPinned: Bool) async throws {
        try await Scratch.with("bottle") { scratch in
            let keg = try await makeKeg(
                scratch, in: "a", source: "__attribute__((used)) const char data[] = \"\(data)\";")
            let bottle = try write(keg, to: try scratch.folder("out"))
            #expect(bottle.tab.fixedFiles?["bin/tool"]?.contains(reason) == true, "\(bottle.tab)")
            #expect(bottle.tab.binaryStrings == nil)
            #expect(bottle.cellar == (isPinned ? "\(Self.prefix)/Cellar" : "any"))
            #expect(bottle.longestPrefix == (isPinned ? 0 : nil))
            let json = try WireCoding.encode(bottle.tab)
            #expect(try WireCoding.decode(Tab.self, from: json).fixedFiles == bottle.tab.fixedFiles)
        }
    }

    @Test("options before the prefix are no other string: the rest is exchanged")
    func exchangesOptions() async throws {
        try await Scratch.with("bottle") { scratch in
            let keg = try await makeKeg(
                scratch, in: "a",
                source: "__attribute__((used)) const char data[] = "
                    + "\"-isystem\(Self.prefix)/share/tool:x=\(Self.prefix)/share\";")
            let bottle = try write(keg, to: try scratch.folder("out"))
            #expect(bottle.tab.fixedFiles == nil)
            #expect(bottle.tab.binaryStrings?.map(\.path) == ["bin/tool"])
        }
    }

    @Test("the document beside says what the tar is, which the twin in Zstandard unpacks to as well")
    func describesTwin() async throws {
        try await Scratch.with("bottle") { scratch in
            var extras = BottleWriter.Extras()
            (extras.hasTwin, extras.rootURL) = (true, "https://example.org")
            let bottle = try write(
                try await makeKeg(scratch, in: "a"), to: try scratch.folder("out"), extras: extras)
            let twin = try #require(bottle.twin)
            let unpacked = try await Program("/bin/sh").run("-c", "zstd -dc '\(twin.file)' | sha256sum")
            #expect(unpacked.text.hasPrefix(bottle.tarDigest.hex))
            let document = try FileTree.readText(scratch.path.pushing("out/tool--1.0.x86_64_linux.bottle.json"))
            #expect(document.contains("\"tar_sha256\": \"\(bottle.tarDigest.hex)\""))
            #expect(document.contains("\"sha256\": \"\(twin.written.digest.hex)\""))
            #expect(document.contains("tool--1.0.x86_64_linux.bottle.tar.zst"))
        }
    }

    @Test("what the host stood in for is written down with its version: in the receipt, and where it is poured")
    func recordsExternals() async throws {
        try await Scratch.with("bottle") { scratch in
            let bottle = try write(
                try await makeKeg(scratch, in: "a"), to: try scratch.folder("out"), externals: ["perl": "perl"])
            let version = try #require(bottle.tab.externals?["perl"])
            #expect(version.contains("perl 5"))
            let out = try scratch.folder("unpacked")
            _ = try await Program("/bin/tar").run("-xzf", bottle.file.string, "-C", out.string)
            let inside = try FileTree.readText(out.pushing("tool/1.0/INSTALL_RECEIPT.json"))
            #expect(inside.contains("\"externals\": {\n    \"perl\": \"This is perl 5"))
            let bill = try FileTree.readText(out.pushing("tool/1.0/sbom.spdx.json"))
            #expect(bill.contains("BUILD_TOOL_OF"))
            let prefix = Prefix(at: scratch.path.appending("p"))
            let file = BottleFile(
                name: "tool", pkgVersion: "1.0", file: bottle.file, tab: nil, cellar: bottle.cellar)
            let keg = try Pourer(prefix: prefix).pour(file, record: PourRecord(installedOnRequest: true, time: 1))
            #expect(try Receipt.read(keg)?.externals == ["perl": version])
        }
    }

    @Test("a program that names the build prefix can move as far as there is room, and really does")
    func exchangesStrings() async throws {
        try await Scratch.with("bottle") { scratch in
            let keg = try await makeKeg(
                scratch, in: "a",
                source: "const char *where = \"\(Self.prefix)/share/tool\"; extern int puts(const char *); "
                    + "__attribute__((constructor)) static void say(void) { puts(where); }")
            let bottle = try write(keg, to: try scratch.folder("out"))
            #expect(bottle.cellar == "\(Self.prefix)/Cellar")
            #expect(bottle.longestPrefix == Self.prefix.utf8.count)

            let short = FilePath("/tmp/velo-\(scratch.path.lastComponent?.string.suffix(6) ?? "x")")
            defer { try? FileTree.remove(short) }
            let prefix = Prefix(at: short)
            let file = BottleFile(
                name: "tool", pkgVersion: "1.0", file: bottle.file, tab: bottle.tab, cellar: bottle.cellar)
            let poured = try Pourer(prefix: prefix).pour(file, record: PourRecord(installedOnRequest: true, time: 1))
            let said = try await Program(poured.location.appending("bin/tool").string).run()
            #expect(said.text == "\(short)/share/tool\n")
        }
    }
}

@Suite("The linkage check")
struct LinkageCheckTests {
    @Test("a library that nobody declared is missing, although the host has it; the C library is not")
    func findsUndeclared() async throws {
        try await Scratch.with("linkage") { scratch in
            let keg = try scratch.folder("p/Cellar/tool/1.0/bin")
            try scratch.file("main.c", "int main(void) { return 0; }\n")
            let compiled = try await Program("/usr/bin/gcc").run(
                "-o", keg.appending("tool").string, scratch.path.appending("main.c").string, "-Wl,--no-as-needed",
                "-lz", "-lm")
            try #require(compiled.exit.isSuccess, "\(compiled.text)")
            let prefix = Prefix(at: scratch.path.appending("p"))
            let check = LinkageCheck(prefix: prefix)
            #expect(try check.missing(in: prefix.keg("tool", "1.0")) == [.init(file: "bin/tool", library: "libz.so.1")])
        }
    }
}
