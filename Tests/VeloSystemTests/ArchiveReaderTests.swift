import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("Reading archives")
struct ArchiveReaderTests {
    private let tar = Program("/usr/bin/tar")

    private func listing(_ archive: FilePath, _ formats: ArchiveFormats = .source) throws -> [ArchiveEntry] {
        var reader = try ArchiveReader(archive, accepting: formats)
        var entries: [ArchiveEntry] = []
        while let entry = try reader.next() { entries.append(entry) }
        return entries
    }

    private func tree(in scratch: Scratch) throws -> FilePath {
        try scratch.file("tree/a.txt", "hello\n", mode: 0o640)
        try scratch.file("tree/sub/é.txt", "accent\n")
        try FileTree.makeLink(scratch.path.pushing("tree/link"), to: "sub/é.txt")
        FileTree.setModified(scratch.path.pushing("tree/a.txt"), 1_500_000_000)
        return scratch.path
    }

    @Test(
        "what tar packs is listed with names, modes, times and links, in every compression it has",
        arguments: ["--gzip", "--xz", "--bzip2", "--format=pax", "--format=v7"])
    func listsTar(option: String) async throws {
        try await Scratch.with("reader") { scratch in
            let folder = try tree(in: scratch)
            let made = try await tar.run(option, "-cf", "t.tar", "--sort=name", "tree", directory: folder)
            #expect(made.status == 0, "\(made.text)")
            let entries = try listing(folder.appending("t.tar"))
            #expect(entries.map(\.path) == ["tree/", "tree/a.txt", "tree/link", "tree/sub/", "tree/sub/é.txt"])
            #expect(entries[1].mode == 0o640)
            #expect(entries[1].size == 6)
            #expect(entries[1].modified == 1_500_000_000)
            #expect(entries[2].kind == .link(target: "sub/é.txt"))
            #expect(entries[3].kind == .folder)
        }
    }

    @Test("content comes whole, in pieces, and with the zeros of its holes")
    func readsContent() async throws {
        try await Scratch.with("reader") { scratch in
            let sparse = try scratch.file("sparse", "start")
            let made = try await Program("/usr/bin/truncate").run("-s", "3000000", sparse.string)
            #expect(made.status == 0)
            _ = try await tar.run("--sparse", "-czf", "s.tgz", "sparse", directory: scratch.path)
            var reader = try ArchiveReader(scratch.path.appending("s.tgz"), accepting: .bottle)
            #expect(try reader.next()?.size == 3_000_000)
            var bytes: [UInt8] = []
            #expect(try reader.read(upTo: 3, into: &bytes))
            #expect(bytes.elementsEqual("sta".utf8))
            #expect(try !reader.read(upTo: 1 << 30, into: &bytes))
            #expect(bytes.count == 3_000_000)
            #expect(bytes.prefix(5).elementsEqual("start".utf8))
            #expect(bytes.dropFirst(5).allSatisfy { $0 == 0 })
        }
    }

    @Test("a truncated archive is an error, not a short listing", arguments: ["--gzip", "--xz", "--format=gnu"])
    func noticesTruncation(option: String) async throws {
        try await Scratch.with("reader") { scratch in
            for index in 0..<40 { try scratch.file("tree/\(index)", String(repeating: "\(index * 7919) ", count: 200)) }
            _ = try await tar.run(option, "-cf", "t.tar", "tree", directory: scratch.path)
            let whole = try FileTree.read(scratch.path.appending("t.tar"))
            let cut = scratch.path.appending("cut.tar")
            let packed = whole.count
            // The bare tar is cut where an entry ends, where nothing else would tell.
            for end in option == "--format=gnu" ? [512, 512 + 2048, 512 * 5 + 2048] : [packed / 2, packed - 10, 30] {
                try FileTree.write(Array(whole.prefix(end)), to: cut)
                #expect { try listing(cut, .bottle) } throws: { error in
                    guard let error = error as? ArchiveError else { return false }
                    return error.summary.contains(cut.string)
                }
            }
        }
    }

    @Test("a damaged archive names the entry where the damage is")
    func namesDamagedEntry() async throws {
        try await Scratch.with("reader") { scratch in
            var bytes = ArchiveFixture.tar([.file("one"), .file("two"), .file("three")])
            bytes[1024 + 150] ^= 1
            let archive = scratch.path.appending("d.tar")
            try FileTree.write(bytes, to: archive)
            #expect { try listing(archive) } throws: { error in
                guard case .damaged(archive, entry: "one", _)? = error as? ArchiveError else { return false }
                return true
            }
        }
    }

    @Test("a name that is not UTF-8 is an error")
    func refusesOtherEncodings() async throws {
        try await Scratch.with("reader") { scratch in
            let archive = try ArchiveFixture.forge(
                [.rawName(Array("caf".utf8) + [0xe9])], at: scratch.path.appending("n.tar"))
            #expect { try listing(archive) } throws: { error in
                guard case .nameNotUTF8? = error as? ArchiveError else { return false }
                return true
            }
        }
    }

    @Test("something that is no archive is said to be none")
    func recognisesNonArchives() async throws {
        try await Scratch.with("reader") { scratch in
            let page = try scratch.file("page.tar.gz", "<html><body>Not found</body></html>\n")
            #expect { try listing(page, .bottle) } throws: { error in
                guard case .unrecognised(page)? = error as? ArchiveError else { return false }
                return true
            }
            #expect(throws: ArchiveError.self) { try listing(scratch.path.appending("absent"), .bottle) }
        }
    }

    @Test("a bottle may be a tar file only; sources may be more")
    func restrictsFormats() async throws {
        try await Scratch.with("reader") { scratch in
            _ = try tree(in: scratch)
            let made = try await Program("/usr/bin/bsdtar").run(
                "--format", "zip", "-cf", "t.zip", "tree", directory: scratch.path)
            #expect(made.status == 0, "\(made.text)")
            #expect(try listing(scratch.path.appending("t.zip"), .source).count == 5)
            #expect(throws: ArchiveError.self) { try listing(scratch.path.appending("t.zip"), .bottle) }
        }
    }
}
