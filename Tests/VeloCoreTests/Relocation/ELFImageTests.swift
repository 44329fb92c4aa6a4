import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Editing ELF files")
struct ELFImageTests {
    private let loader = "/lib64/ld-linux-x86-64.so.2"

    @Test("reads what readelf reads")
    func reads() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            try await fixture.build(ELFFixture.Kind.all[0], at: prefix)
            let image = try ELFImage(try FileTree.read(prefix.pushing("bin/greet")))
            #expect(image.interpreter == loader)
            #expect(image.needed == ["libgreet.so", "libc.so.6"])
            #expect(image.searchPath == prefix.appending("lib").string + ":/usr/lib/nowhere")
            #expect(image.isProgramOrLibrary && image.isDynamic)
            #expect(image.sectionNames.contains(".dynstr"))
            let library = try ELFImage(try FileTree.read("/lib/x86_64-linux-gnu/libc.so.6"))
            #expect(library.soname == "libc.so.6")
            #expect(library.searchPath == nil)
        }
    }

    @Test(
        "a program runs after it moved to a longer, a shorter, and again to the first prefix",
        arguments: ELFFixture.Kind.all)
    func moves(kind: ELFFixture.Kind) async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            var place = scratch.path.appending("build-prefix")
            try await fixture.build(kind, at: place)
            let first = place
            for name in [String(repeating: "much-longer-", count: 12), "s", "build-prefix", "e"] {
                let next = scratch.path.appending(name)
                try FileTree.rename(place, to: next)
                place = next
                let program = place.pushing("bin/greet")
                try fixture.edit(program, searchPath: place.appending("lib").string)
                let readings = try await fixture.readings(of: program)
                #expect(readings.patchelf == place.appending("lib").string)
                #expect(readings.readelf == ["RPATH " + place.appending("lib").string])
                #expect(readings.interpreter == loader)
                let run = try await Program(program.string).run()
                #expect(run.text == "hello from afar\n")
            }
            #expect(first != place)
        }
    }

    @Test("a program starts through a longer path to its loader", arguments: ELFFixture.Kind.all)
    func changesInterpreter(kind: ELFFixture.Kind) async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            try await fixture.build(kind, at: prefix)
            let program = prefix.pushing("bin/greet")
            for name in ["ld.so", "a-loader-with-a-longer-name.so", "l"] {
                let link = prefix.appending("lib").appending(name)
                try FileTree.makeLink(link, to: loader)
                try fixture.edit(program, interpreter: link.string, searchPath: prefix.appending("lib").string)
                #expect(try await fixture.readings(of: program).interpreter == link.string)
                #expect(try await Program(program.string).run().text == "hello from afar\n")
            }
        }
    }

    @Test("strip and patchelf still understand an edited file")
    func survivesOtherTools() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            try await fixture.build(ELFFixture.Kind.all[0], at: prefix)
            let moved = scratch.path.appending(String(repeating: "longer", count: 20))
            try FileTree.rename(prefix, to: moved)
            let program = moved.pushing("bin/greet")
            try fixture.edit(
                program, interpreter: "/lib/../lib/../lib64/ld-linux-x86-64.so.2",
                searchPath: moved.appending("lib").string)
            #expect(try await Program("/usr/bin/strip").run(program.string).text.isEmpty)
            #expect(try await Program(program.string).run().text == "hello from afar\n")
            _ = try await Program("/usr/bin/patchelf").run(
                "--set-rpath", moved.appending("lib").string + ":/x", program.string)
            #expect(try await Program(program.string).run().text == "hello from afar\n")
        }
    }

    @Test("going back to a prefix no longer than the first takes no room")
    func reusesSlack() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            try await fixture.build(ELFFixture.Kind.all[0], at: prefix)
            let built = try FileTree.read(prefix.pushing("bin/greet"))
            let path = try #require(try ELFImage(built).searchPath)
            let short = BytePatch.apply(
                try ELFImage(built).patches(interpreter: "/l", searchPath: "@@P@@/lib"), to: built)
            #expect(BytePattern(path).first(in: short) == nil, "the old path is not left behind")
            let back = BytePatch.apply(
                try ELFImage(short).patches(interpreter: loader, searchPath: path), to: short)
            #expect(short.count == built.count && back.count == built.count)
            #expect(try ELFImage(back).searchPath == path)
            #expect(try ELFImage(back).patches(interpreter: loader, searchPath: path).isEmpty)
        }
    }

    @Test("a file without a header to spare gets a longer table")
    func movesTable() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            let kind = try #require(ELFFixture.Kind.all.first { $0.name == "no spare header" })
            try await fixture.build(kind, at: prefix)
            let program = prefix.pushing("bin/greet")
            let before = try await fixture.readelf.run("-hW", program.string)
            try fixture.edit(
                program, searchPath: String(repeating: "/x", count: 100) + ":" + prefix.appending("lib").string)
            let after = try await fixture.readelf.run("-hW", program.string)
            func count(_ text: String) -> Int? {
                text.split(separator: "\n").first { $0.contains("Number of program headers") }
                    .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
            }
            let (old, new) = (try #require(count(before.text)), try #require(count(after.text)))
            #expect(new == old + 1)
            #expect(try await Program(program.string).run().text == "hello from afar\n")
        }
    }

    @Test(
        "32-bit files are read and edited as readelf and patchelf see them",
        arguments: ["/s", "/a/longer/path/than/before"])
    func edits32Bits(path: String) async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let source = try scratch.file("s.c", "int f(void) { return 1; }\n")
            let library = scratch.path.appending("lib32.so")
            try await fixture.compile(
                [
                    "-m32", "-shared", "-nostdlib", "-fPIC", source.string, "-o", library.string,
                    "-Wl,-rpath,/built/here", "-Wl,-soname,s",
                ])
            try fixture.edit(library, searchPath: path)
            let readings = try await fixture.readings(of: library)
            #expect(readings.patchelf == path)
            #expect(readings.readelf == ["RPATH " + path])
            let image = try ELFImage(try FileTree.read(library))
            #expect(image.soname == "s" && image.searchPath == path)
        }
    }

    @Test("a search path that is the tail of another string is not overwritten")
    func sparesSharedStrings() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let source = try scratch.file("s.c", "int f(void) { return 1; }\n")
            let library = scratch.path.appending("libs.so")
            try await fixture.compile(
                ["-shared", source.string, "-o", library.string, "-Wl,-soname,prefix/lib", "-Wl,-rpath,fix/lib"])
            try fixture.edit(library, searchPath: "x")
            let image = try ELFImage(try FileTree.read(library))
            #expect(image.soname == "prefix/lib")
            #expect(image.searchPath == "x")
            _ = try await fixture.readings(of: library)
        }
    }

    @Test("a file without a search path gets none, and a static one has no dynamic section")
    func addsNothing() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let source = try scratch.file("m.c", "int main(void) { return 0; }\n")
            let program = scratch.path.appending("m")
            try await fixture.compile([source.string, "-o", program.string])
            let image = try ELFImage(try FileTree.read(program))
            #expect(try image.patches(searchPath: "/somewhere").isEmpty)
            let debugging = scratch.path.appending("m.debug")
            let split = try await Program("/usr/bin/objcopy").run(
                "--only-keep-debug", program.string, debugging.string)
            #expect(split.status == 0, "\(split.text)")
            let detached = try ELFImage(try FileTree.read(debugging))
            #expect(!detached.isDynamic && detached.interpreter == nil)
            try await fixture.compile([source.string, "-static", "-no-pie", "-o", program.string])
            let fixed = try ELFImage(try FileTree.read(program))
            #expect(!fixed.isDynamic && fixed.interpreter == nil)
            try await fixture.compile([source.string, "-c", "-o", program.string])
            #expect(try !ELFImage(try FileTree.read(program)).isProgramOrLibrary)
        }
    }

    @Test("a hostile file is an error or an answer, never a crash")
    func survivesMutation() async throws {
        try await Scratch.with("elf") { scratch in
            let fixture = ELFFixture(scratch: scratch)
            let prefix = scratch.path.appending("p")
            try await fixture.build(ELFFixture.Kind.all[2], at: prefix)
            let original = try FileTree.read(prefix.pushing("bin/greet"))
            let dynamic = try #require(BytePattern("libgreet.so").first(in: original))
            var random = Xorshift(state: 0x9e37_79b9_7f4a_7c15)
            var answers = 0
            for round in 0..<1500 {
                var bytes = original
                // Headers, section table, and what the dynamic section refers to.
                let area = [
                    0..<64, 64..<1024, (original.count - 2000)..<original.count, (dynamic - 700)..<(dynamic + 300),
                ][round % 4]
                for _ in 0..<(1 + Int(random.next() % 4)) {
                    let index = area.lowerBound + Int(random.next() % UInt64(area.count))
                    bytes[index] =
                        [0, 0xff, 0x7f, 0x80, UInt8(truncatingIfNeeded: random.next())][Int(random.next() % 5)]
                }
                if round % 7 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
                do throws(ELFError) {
                    let image = try ELFImage(bytes)
                    _ = image.sectionNames
                    let patches = try image.patches(
                        interpreter: String(repeating: "i", count: 80),
                        searchPath: String(repeating: "s", count: round % 200))
                    #expect(patches.allSatisfy { $0.offset >= 0 && $0.offset < bytes.count + (65 << 20) })
                    answers += 1
                } catch {}
            }
            #expect(answers > 100, "the mutations are not all fatal, or nothing was tried")
        }
    }

    /// Numbers that are the same in every run.
    private struct Xorshift {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
