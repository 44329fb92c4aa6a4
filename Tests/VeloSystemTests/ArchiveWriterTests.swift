import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("Writing archives")
struct ArchiveWriterTests {
    private let time = 1_600_000_000

    /// The same tree, its files created in an order of choice.
    private func makeTree(in scratch: Scratch, _ name: String, reversed: Bool) throws -> FilePath {
        let files = (0..<30).map { "bin/tool-\($0)" } + ["README", "lib/é/ü.txt", "share/empty"]
        for file in reversed ? files.reversed() : files {
            try scratch.file("\(name)/\(file)", file.hasSuffix("empty") ? "" : "contents of \(file)\n")
        }
        let root = scratch.path.appending(name)
        try FileTree.setMode(root.pushing("bin/tool-3"), 0o555)
        try FileTree.makeLink(root.pushing("bin/tool"), to: "tool-3")
        _ = try FileTree.makeFolder(root.pushing("var/empty"))
        return root
    }

    private func pack(_ root: FilePath, to archive: FilePath) throws -> WrittenArchive {
        let writer = try ArchiveWriter(
            archive, compression: .gzip(name: "x-bottle.tar", modified: time), modified: time)
        try writer.addTree(root, as: "x/1.0")
        return try writer.finish()
    }

    @Test("the same tree gives the same bytes, whenever its files were made and in whatever order")
    func isReproducible() async throws {
        try await Scratch.with("writer") { scratch in
            let first = try makeTree(in: scratch, "one", reversed: false)
            let second = try makeTree(in: scratch, "two", reversed: true)
            FileTree.setModified(second.appending("README"), 1_000_000_000)
            let one = try pack(first, to: scratch.path.appending("1.tgz"))
            let two = try pack(second, to: scratch.path.appending("2.tgz"))
            #expect(one == two)
            let bytes = try FileTree.read(scratch.path.appending("1.tgz"))
            #expect(bytes == (try FileTree.read(scratch.path.appending("2.tgz"))))
            #expect(one.size == bytes.count)
            let sum = try await Program("/usr/bin/sha256sum").run("1.tgz", directory: scratch.path)
            #expect(sum.text.hasPrefix(one.digest.hex))
        }
    }

    @Test("GNU tar and bsdtar see the same entries, owned by nobody in particular")
    func agreesWithOthers() async throws {
        try await Scratch.with("writer") { scratch in
            let root = try makeTree(in: scratch, "tree", reversed: false)
            _ = try await Program("/usr/bin/ln").run("bin/tool-1", "bin/same", directory: root)
            _ = try pack(root, to: scratch.path.appending("t.tgz"))
            let gnu = try await Program("/usr/bin/tar").run(
                "tvf", "t.tgz", "--numeric-owner", "--utc", "--full-time", directory: scratch.path)
            #expect(gnu.status == 0)
            #expect(gnu.lines.count == 42)
            #expect(gnu.lines.allSatisfy { $0.contains(" 0/0 ") && $0.contains("2020-09-13 12:26:40") })
            #expect(gnu.lines.contains { $0.hasPrefix("-r-xr-xr-x") && $0.hasSuffix("x/1.0/bin/tool-3") })
            #expect(gnu.lines.contains { $0.hasSuffix("x/1.0/bin/tool -> tool-3") })
            #expect(gnu.lines.contains { $0.hasSuffix("x/1.0/bin/tool-1 link to x/1.0/bin/same") })
            let bsd = try await Program("/usr/bin/bsdtar").run("-tf", "t.tgz", directory: scratch.path)
            let names = try await Program("/usr/bin/tar").run(
                "tf", "t.tgz", "--quoting-style=literal", directory: scratch.path)
            #expect(bsd.text == names.text)
            #expect(bsd.lines.contains("x/1.0/lib/é/ü.txt"))
            #expect(bsd.lines.first == "x/1.0/")
        }
    }

    @Test("the gzip header has the name and time it was given, or neither")
    func writesGzipHeader() async throws {
        try await Scratch.with("writer") { scratch in
            let root = try makeTree(in: scratch, "tree", reversed: false)
            _ = try pack(root, to: scratch.path.appending("named.tgz"))
            let named = try FileTree.read(scratch.path.appending("named.tgz"))
            #expect(Array(named[0..<10]) == [0x1f, 0x8b, 8, 8, 0x00, 0x10, 0x5e, 0x5f, 0, 3])
            #expect(named[10...].starts(with: Array("x-bottle.tar".utf8) + [0]))
            let plain = scratch.path.appending("plain.tgz")
            let writer = try ArchiveWriter(plain, compression: .gzip(), modified: time)
            try writer.addFile("a", Array("a".utf8))
            _ = try writer.finish()
            #expect(Array(try FileTree.read(plain)[0..<10]) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
            let test = try await Program("/usr/bin/gzip").run("-t", "plain.tgz", "named.tgz", directory: scratch.path)
            #expect(test.status == 0, "\(test.text)")
        }
    }

    @Test("what is written is unpacked unchanged, long and accented names included")
    func roundTrips() async throws {
        try await Scratch.with("writer") { scratch in
            let root = try makeTree(in: scratch, "tree", reversed: false)
            try scratch.file("tree/" + String(repeating: "long-name/", count: 25) + "é", "deep\n")
            _ = try pack(root, to: scratch.path.appending("t.tgz"))
            let out = try scratch.folder("out")
            _ = try await Program("/usr/bin/tar").run("xzf", "../t.tgz", directory: out)
            let diff = try await Program("/usr/bin/diff").run(
                "-r", "--no-dereference", "tree", "out/x/1.0", directory: scratch.path)
            #expect(diff.status == 0, "\(diff.text)")
        }
    }

    @Test("an archive that is not finished is not there")
    func leavesNothingUnfinished() async throws {
        try await Scratch.with("writer") { scratch in
            let archive = scratch.path.appending("t.tar")
            func abandon() throws {
                let writer = try ArchiveWriter(archive, compression: .none, modified: 0)
                try writer.addFile("a", Array("a".utf8))
                #expect(throws: SystemError.self) { try writer.addFile("b", from: scratch.path.appending("absent")) }
            }
            try abandon()
            #expect(!FileTree.exists(archive))
        }
    }
}
