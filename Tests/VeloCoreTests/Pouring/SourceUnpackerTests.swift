import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Unpacking sources")
struct SourceUnpackerTests {
    private func sources(in scratch: Scratch) throws {
        try scratch.file("x-1.0/configure", "#!/bin/sh\n", mode: 0o755)
        try scratch.file("x-1.0/src/main.c", "int main(void) { return 0; }\n")
    }

    @Test(
        "every common archive unpacks to the same tree",
        arguments: [
            ("x.tar", "gnutar", ""), ("x.tar.gz", "gnutar", "--gzip"), ("x.tgz", "pax", "--gzip"),
            ("x.tar.bz2", "gnutar", "--bzip2"),
            ("x.tar.xz", "gnutar", "--xz"), ("x.tar.zst", "gnutar", "--zstd"), ("x.zip", "zip", ""),
            ("x.7z", "7zip", ""),
            ("x-1.0", "gnutar", "--gzip"), ("x.tar.lz", "gnutar", "--lzip"),
        ])
    func unpacks(name: String, format: String, filter: String) async throws {
        try await Scratch.with("source") { scratch in
            try sources(in: scratch)
            let options = ["--format", format, "-cf", "archive"] + (filter.isEmpty ? [] : [filter]) + ["x-1.0"]
            let made = try await Program("/usr/bin/bsdtar").run(options, directory: scratch.path)
            #expect(made.status == 0, "\(made.text)")
            let out = scratch.path.appending("out")
            let tree = try SourceUnpacker().unpack(scratch.path.appending("archive"), named: name, into: out)
            #expect(tree.topLevel == ["x-1.0"])
            #expect(try FileTree.status(out.pushing("x-1.0/configure"))?.mode == 0o755)
            let diff = try await Program("/usr/bin/diff").run("-r", "x-1.0", "out/x-1.0", directory: scratch.path)
            #expect(diff.status == 0, "\(diff.text)")
        }
    }

    @Test("an archive inside a compressed file is unpacked too")
    func unpacksNested() async throws {
        try await Scratch.with("source") { scratch in
            try sources(in: scratch)
            _ = try await Program("/usr/bin/tar").run("cf", "inner.tar", "x-1.0", directory: scratch.path)
            _ = try await Program("/usr/bin/bsdtar").run(
                "--format", "zip", "-cf", "outer", "inner.tar", directory: scratch.path)
            let out = scratch.path.appending("out")
            let tree = try SourceUnpacker().unpack(scratch.path.appending("outer"), named: "outer.zip", into: out)
            #expect(tree.topLevel == ["x-1.0"])
            #expect(try FileTree.names(in: out) == ["x-1.0"])
            #expect(!FileTree.exists(scratch.path.appending("out.nested")))
        }
    }

    @Test("one compressed file keeps its name without the compression's")
    func unpacksStream() async throws {
        try await Scratch.with("source") { scratch in
            try scratch.file("tool", "#!/bin/sh\n")
            _ = try await Program("/usr/bin/gzip").run("tool", directory: scratch.path)
            let out = scratch.path.appending("out")
            let digest = String(repeating: "0123456789abcdef", count: 4)
            _ = try SourceUnpacker().unpack(
                scratch.path.appending("tool.gz"), named: "\(digest)--tool.sh.gz", into: out)
            #expect(try FileTree.names(in: out) == ["tool.sh"])
            #expect(try FileTree.readText(out.appending("tool.sh")) == "#!/bin/sh\n")
        }
    }

    @Test(
        "what is no archive is copied under its own name",
        arguments: [
            ("x.jar", "x.jar"), ("script-1.2", "script-1.2"), ("run.sh", "run.sh"), ("README", "README"),
        ])
    func copies(name: String, expected: String) async throws {
        try await Scratch.with("source") { scratch in
            let file = try scratch.file("cached", "not an archive\n")
            FileTree.setModified(file, 1_500_000_000)
            let out = scratch.path.appending("out")
            _ = try SourceUnpacker().unpack(file, named: name, into: out)
            #expect(try FileTree.names(in: out) == [expected])
            #expect(try FileTree.status(out.appending(expected))?.modified == 1_500_000_000)
        }
    }

    @Test("old habits of packers are put up with; escapes are not")
    func isLenient() async throws {
        try await Scratch.with("source") { scratch in
            func unpack(_ members: [ForgedMember], _ name: String) throws {
                let archive = try ArchiveFixture.forge(members, at: scratch.path.appending(name + ".tar"))
                _ = try SourceUnpacker().unpack(archive, named: name + ".tar", into: scratch.path.appending(name))
            }
            try unpack(
                [
                    .folder("."), .folder("x"), .folder("x"), .file("x/a", "old"), .file("x/a", "new", mode: 0o4755),
                    .link("x/config.sub", to: "/usr/share/misc/config.sub"), .link("x/l", to: "a"),
                    .file("x/l", "file"),
                ], "good")
            let good = scratch.path.pushing("good/x")
            #expect(try FileTree.readText(good.appending("a")) == "new")
            #expect(try FileTree.status(good.appending("a"))?.mode == 0o755)
            #expect(try FileTree.readText(good.appending("l")) == "file")
            #expect(throws: ExtractionError.self) { try unpack([.file("../escaped")], "bad") }
            #expect(throws: ExtractionError.self) { try unpack([.link("x/l", to: "../../escaped")], "bad") }
            #expect(throws: ExtractionError.self) { try unpack([.link("l", to: "/tmp"), .file("l/escaped")], "bad") }
            #expect(throws: ExtractionError.self) { try unpack([.special("fifo", .fifo)], "bad") }
            #expect(throws: ExtractionError.self) { try unpack([], "bad") }
            #expect(try FileTree.names(in: scratch.path) == ["bad.tar", "good", "good.tar"])
        }
    }
}
