import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

/// What only the fast path does: other compressions, long files, many members, and archives that end badly.
@Suite("Unpacking bottles with several threads")
struct BottleUnpackerTests {
    /// A keg with files of all sizes around those of a block.
    private func makeKeg(_ scratch: Scratch) async throws {
        for (index, size) in [0, 1, 511, 512, 513, 1 << 20, (1 << 20) + 1, 5_000_001].enumerated() {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3 &+ index) }
            try scratch.file("x/1.0/share/\(index)", "")
            try FileTree.write(bytes, to: scratch.path.pushing(FilePath("x/1.0/share/\(index)")))
        }
        _ = try await Program("/usr/bin/ln").run("7", "again", directory: scratch.path.pushing("x/1.0/share"))
        try scratch.file("x/1.0/" + String(repeating: "long/", count: 40) + "name", "deep")
    }

    private func extract(_ archive: String, _ scratch: Scratch) throws -> UnpackedTree {
        try BottleExtractor(name: "x", version: "1.0", prefixes: []).extract(
            scratch.path.appending(archive), into: scratch.path.appending("out"), isHashed: true)
    }

    @Test(
        "the tree is the one that tar unpacks, whatever the compression and the tar format",
        arguments: ["gzip -6", "gzip -1", "zstd -q", "xz -1", "cat"], ["pax", "gnu"])
    func sameTree(compressor: String, format: String) async throws {
        try await Scratch.with("unpacker") { scratch in
            try await makeKeg(scratch)
            let made = try await Program("/bin/sh").run(
                "-c", "tar -cf - --format=\(format) x/1.0 | \(compressor) > b.tar.z", directory: scratch.path)
            try #require(made.exit.isSuccess, "\(made.text)")
            let tree = try extract("b.tar.z", scratch)
            #expect(tree.digest == SHA256Digest.of(try FileTree.read(scratch.path.appending("b.tar.z"))))
            let difference = try await Program("/usr/bin/diff").run("-r", "x", "out/x", directory: scratch.path)
            #expect(difference.exit.isSuccess, "\(difference.text)")
            let first = try FileTree.status(scratch.path.pushing("out/x/1.0/share/7"))
            #expect(first?.linkCount == 2)
            #expect(first?.modified == (try FileTree.status(scratch.path.pushing("x/1.0/share/7"))?.modified))
        }
    }

    @Test(
        "members of gzip and frames of zstd that follow each other are one archive", arguments: ["gzip -6", "zstd -q"])
    func manyMembers(compressor: String) async throws {
        try await Scratch.with("unpacker") { scratch in
            try await makeKeg(scratch)
            let script = """
                tar -cf b.tar x/1.0
                { head -c 1000000 b.tar | \(compressor); tail -c +1000001 b.tar | \(compressor); } > b.tar.z
                """
            _ = try await Program("/bin/sh").run("-ec", script, directory: scratch.path)
            _ = try extract("b.tar.z", scratch)
            let difference = try await Program("/usr/bin/diff").run("-r", "x", "out/x", directory: scratch.path)
            #expect(difference.exit.isSuccess, "\(difference.text)")
        }
    }

    @Test("a sparse file arrives whole, by way of the slower reader")
    func sparse() async throws {
        try await Scratch.with("unpacker") { scratch in
            try scratch.file("x/1.0/a", "a")
            _ = try await Program("/usr/bin/truncate").run("-s", "3M", scratch.path.pushing("x/1.0/hole").string)
            _ = try await Program("/bin/sh").run(
                "-ec", "echo end >> x/1.0/hole; tar -czSf b.tgz --format=pax x/1.0", directory: scratch.path)
            _ = try extract("b.tgz", scratch)
            let difference = try await Program("/usr/bin/diff").run("-r", "x", "out/x", directory: scratch.path)
            #expect(difference.exit.isSuccess, "\(difference.text)")
        }
    }

    @Test(
        "cut off or changed anywhere, a compressed bottle is an error that leaves nothing",
        arguments: ["gzip -6", "zstd -q"])
    func damaged(compressor: String) async throws {
        try await Scratch.with("unpacker") { scratch in
            try scratch.file("x/1.0/a", String(repeating: "some text ", count: 3000))
            try scratch.file("x/1.0/b", "b")
            _ = try await Program("/bin/sh").run(
                "-ec", "tar -cf - x/1.0 | \(compressor) > whole", directory: scratch.path)
            let whole = try FileTree.read(scratch.path.appending("whole"))
            func expectError(_ bytes: [UInt8], _ what: String) throws {
                try FileTree.write(bytes, to: scratch.path.appending("b.tar.z"))
                #expect(throws: (any Error).self, "\(what)") { try extract("b.tar.z", scratch) }
                #expect(!FileTree.exists(scratch.path.appending("out")), "\(what)")
            }
            for length in stride(from: 2, to: whole.count - 1, by: 7) {
                try expectError(Array(whole[..<length]), "cut off at \(length)")
            }
            // The end of gzip is its checksum and size.
            if compressor.hasPrefix("gzip") {
                for offset in whole.count - 8..<whole.count {
                    var bytes = whole
                    bytes[offset] ^= 0x55
                    try expectError(bytes, "byte \(offset) changed")
                }
                try expectError(whole + Array("garbage".utf8), "something behind it")
            }
        }
    }

    @Test("a link and a folder whose names differ in case only are refused when files would go through the link")
    func caseCollision() async throws {
        try await Scratch.with("unpacker") { scratch in
            let members: [ForgedMember] = [.link("x/1.0/Lib", to: "../../../etc"), .file("x/1.0/lib/passwd")]
            try ArchiveFixture.forge(members, at: scratch.path.appending("b.tar"))
            #expect {
                try extract("b.tar", scratch)
            } throws: {
                guard case .refused(_, _, .caseCollision(with: "x/1.0/lib"))? = $0 as? ExtractionError else {
                    return false
                }
                return true
            }
            // On a file system that keeps them apart, files may differ in case only: Perl's do.
            let harmless: [ForgedMember] = [.file("x/1.0/Pod/a"), .file("x/1.0/pod/a")]
            try ArchiveFixture.forge(harmless, at: scratch.path.appending("b.tar"))
            #expect(try extract("b.tar", scratch).entries == 2)
        }
    }

    @Test("a name that is not UTF-8 is refused, and so is one with a NUL in a pax header")
    func badNames() async throws {
        try await Scratch.with("unpacker") { scratch in
            try ArchiveFixture.forge(
                [.file("x/1.0/a"), .rawName(Array("x/1.0/".utf8) + [0xff, 0xfe])], at: scratch.path.appending("b.tar"))
            #expect(throws: ArchiveError.self) { try extract("b.tar", scratch) }
            #expect(try FileTree.names(in: scratch.path) == ["b.tar"])
        }
    }
}
