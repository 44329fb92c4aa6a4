import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Unpacking bottles")
struct BottleExtractorTests {
    private let prefix = "/opt/velo"

    private func extract(
        _ members: [ForgedMember], in scratch: Scratch, limits: ExtractionLimits = ExtractionLimits()
    ) throws -> UnpackedTree {
        let archive = try ArchiveFixture.forge(members, at: scratch.path.appending("b.tar"))
        return try BottleExtractor(name: "x", version: "1.0", prefixes: [prefix], limits: limits)
            .extract(archive, into: scratch.path.appending("staging"))
    }

    /// Expects a refusal, and that nothing is left or was written elsewhere.
    private func expectRefusal(
        _ members: [ForgedMember], entry: String? = nil, _ reason: ExtractionError.Refusal,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await Scratch.with("bottle") { scratch in
            let before = ["b.tar", "outside"]
            try scratch.file("outside/kept", "kept")
            #expect(sourceLocation: sourceLocation) {
                try extract([.folder("x/1.0"), .file("x/1.0/first")] + members, in: scratch)
            } throws: { error in
                guard case .refused(_, let found, reason)? = error as? ExtractionError else { return false }
                return entry == nil || found == entry
            }
            #expect(try FileTree.names(in: scratch.path) == before, sourceLocation: sourceLocation)
            #expect(
                try FileTree.names(in: scratch.path.appending("outside")) == ["kept"], sourceLocation: sourceLocation)
        }
    }

    @Test("an absolute path is refused")
    func refusesAbsolute() async throws {
        try await expectRefusal([.file("/x/1.0/a")], entry: "/x/1.0/a", .path(.absolute))
    }

    @Test("a path with `..` is refused")
    func refusesParent() async throws {
        try await expectRefusal([.file("x/1.0/../../../outside/a")], .path(.leavesFolder))
    }

    @Test("a name of 4,096 bytes is refused")
    func refusesLongNames() async throws {
        try await expectRefusal([.file("x/1.0/" + String(repeating: "n/", count: 2045))], .path(.tooLong))
    }

    @Test("an entry elsewhere than in the keg is refused")
    func refusesOtherKegs() async throws {
        try await expectRefusal([.file("y/1.0/a")], .outsideKeg(expected: "x/1.0"))
        try await expectRefusal([.file("x/1.1/a")], .outsideKeg(expected: "x/1.0"))
        try await expectRefusal([.file("x/a")], .outsideKeg(expected: "x/1.0"))
    }

    @Test("a file through a link is refused, wherever the link points")
    func refusesEntriesThroughLinks() async throws {
        try await expectRefusal([.link("x/1.0/d", to: "../../../outside"), .file("x/1.0/d/a")], .throughLink)
        try await expectRefusal([.link("x/1.0/d", to: "."), .file("x/1.0/d/a")], .throughLink)
        try await expectRefusal([.link("x/1.0/d", to: "."), .folder("x/1.0/d/sub/deep")], .throughLink)
        try await expectRefusal([.file("x/1.0/first/a")], .throughLink)
    }

    @Test("a file over a link, and a folder over a link, are refused")
    func refusesReplacingLinks() async throws {
        try await expectRefusal([.link("x/1.0/d", to: "bin"), .file("x/1.0/d")], .duplicate)
        try await expectRefusal([.link("x/1.0/d", to: "bin"), .folder("x/1.0/d")], .duplicate)
    }

    @Test("devices and FIFOs are refused")
    func refusesSpecialFiles() async throws {
        try await expectRefusal([.special("x/1.0/d", .characterDevice)], .special("character device"))
        try await expectRefusal([.special("x/1.0/d", .blockDevice)], .special("block device"))
        try await expectRefusal([.special("x/1.0/d", .fifo)], .special("FIFO"))
    }

    @Test("setuid and setgid files are refused", arguments: [0o4755, 0o2755])
    func refusesPrivileges(mode: Int) async throws {
        try await expectRefusal([.file("x/1.0/su", mode: mode)], .privileged)
    }

    @Test("a second entry of the same name is refused")
    func refusesDuplicates() async throws {
        try await expectRefusal([.file("x/1.0/a"), .file("x/1.0/a")], .duplicate)
        try await expectRefusal([.file("x/1.0/a"), .file("x/1.0/./a")], .duplicate)
        try await expectRefusal([.folder("x/1.0")], .duplicate)
        try await expectRefusal([.file("x/1.0/d/a"), .file("x/1.0/d")], .duplicate)
    }

    @Test("a hard link goes to an earlier file of the bottle, and nowhere else")
    func refusesHardLinks() async throws {
        try await expectRefusal([.hardLink("x/1.0/h", to: "/etc/passwd")], .hardLinkEscapes(target: "/etc/passwd"))
        try await expectRefusal([.hardLink("x/1.0/h", to: "x/1.0/../../o")], .hardLinkEscapes(target: "x/1.0/../../o"))
        try await expectRefusal([.hardLink("x/1.0/h", to: "x/1.0/b")], .hardLinkBeforeTarget(target: "x/1.0/b"))
        try await expectRefusal(
            [.link("x/1.0/l", to: "first"), .hardLink("x/1.0/h", to: "x/1.0/l")],
            .hardLinkBeforeTarget(target: "x/1.0/l"))
    }

    @Test(
        "a link out of the prefix is refused",
        arguments: [
            "/etc/passwd", "/opt/velocity/a", "../../../../a", "../../../..", "lib/../../../../../a",
            "../../../opt/y/..", "",
        ])
    func refusesLinks(target: String) async throws {
        try await expectRefusal([.link("x/1.0/l", to: target)], entry: "x/1.0/l", .linkEscapes(target: target))
    }

    @Test("links that only together lead out of the prefix are refused")
    func refusesLinkChains() async throws {
        try await expectRefusal(
            [.link("x/1.0/a/b/c/up", to: "../../../../.."), .link("x/1.0/l", to: "a/b/c/up/../..")],
            .linkEscapes(target: "a/b/c/up/../.."))
    }

    @Test(
        "a link within the prefix is kept",
        arguments: [
            "first", "../../../opt/y/lib/liby.so", "/opt/velo/opt/y", "@@HOMEBREW_PREFIX@@/etc/x", "bin/../first",
            "./first",
            "nowhere",
        ])
    func keepsLinks(target: String) async throws {
        try await Scratch.with("bottle") { scratch in
            _ = try extract([.file("x/1.0/first"), .folder("x/1.0/bin"), .link("x/1.0/l", to: target)], in: scratch)
            #expect(try FileTree.readLink(scratch.path.pushing("staging/x/1.0/l")) == target)
        }
    }

    @Test("a loop of links is no escape")
    func keepsLoops() async throws {
        try await Scratch.with("bottle") { scratch in
            let tree = try extract([.link("x/1.0/a", to: "b"), .link("x/1.0/b", to: "a")], in: scratch)
            #expect(tree.entries == 2)
        }
    }

    @Test("a bomb is refused, by its entries, its bytes, what one entry claims, and its ratio")
    func refusesBombs() async throws {
        try await Scratch.with("bottle") { scratch in
            let small = [ForgedMember.file("x/1.0/a"), .file("x/1.0/b"), .file("x/1.0/c")]
            #expect { try extract(small, in: scratch, limits: ExtractionLimits(entries: 2)) } throws: {
                guard case .tooManyEntries? = $0 as? ExtractionError else { return false }
                return true
            }
            let long = [ForgedMember.file("x/1.0/a", String(repeating: "a", count: 600))]
            #expect { try extract(long, in: scratch, limits: ExtractionLimits(bytes: 599)) } throws: {
                guard case .tooManyBytes? = $0 as? ExtractionError else { return false }
                return true
            }
            #expect { try extract([.file("x/1.0/a", claimedSize: 0o7777_7777_777)], in: scratch) } throws: {
                guard case .tooManyBytes? = $0 as? ExtractionError else { return false }
                return true
            }
            _ = try await Program("/usr/bin/truncate").run("-s", "9M", scratch.file("x/1.0/zeros", "").string)
            _ = try await Program("/usr/bin/tar").run("czf", "z.tgz", "x", directory: scratch.path)
            #expect {
                try BottleExtractor(
                    name: "x", version: "1.0", prefixes: [], limits: ExtractionLimits(ratio: 100, ratioFloor: 1 << 20)
                ).extract(scratch.path.appending("z.tgz"), into: scratch.path.appending("staging"))
            } throws: {
                guard case .tooManyBytes? = $0 as? ExtractionError else { return false }
                return true
            }
            #expect(!FileTree.exists(scratch.path.appending("staging")))
        }
    }

    @Test("a truncated bottle leaves nothing")
    func leavesNothingOfTruncated() async throws {
        try await Scratch.with("bottle") { scratch in
            let archive = try ArchiveFixture.forge(
                [.file("x/1.0/a"), .file("x/1.0/b")], at: scratch.path.appending("b.tar"), hasEndMark: false)
            let extractor = BottleExtractor(name: "x", version: "1.0", prefixes: [])
            #expect(throws: ArchiveError.self) {
                try extractor.extract(archive, into: scratch.path.appending("staging"))
            }
            #expect(try FileTree.names(in: scratch.path) == ["b.tar"])
        }
    }

    @Test("what GNU tar packs arrives with its modes, times, links and hard links, read-only folders included")
    func keepsAttributes() async throws {
        try await Scratch.with("bottle") { scratch in
            try scratch.file("x/1.0/bin/tool", "#!/bin/sh\n", mode: 0o555)
            try scratch.file("x/1.0/share/closed/data", "data", mode: 0o444)
            try FileTree.makeLink(scratch.path.pushing("x/1.0/bin/t"), to: "tool")
            _ = try await Program("/usr/bin/ln").run("tool", "again", directory: scratch.path.pushing("x/1.0/bin"))
            FileTree.setModified(scratch.path.pushing("x/1.0/bin/tool"), 1_500_000_000)
            try FileTree.setMode(scratch.path.pushing("x/1.0/share/closed"), 0o555)
            FileTree.setModified(scratch.path.pushing("x/1.0/share/closed"), 1_400_000_000)
            _ = try await Program("/usr/bin/tar").run(
                "czf", "b.tgz", "--sort=name", "--format=pax", "x/1.0", directory: scratch.path)
            let staging = scratch.path.appending("staging")
            let tree = try BottleExtractor(name: "x", version: "1.0", prefixes: [])
                .extract(scratch.path.appending("b.tgz"), into: staging)
            #expect(tree.topLevel == ["x"])
            let tool = try #require(try FileTree.status(staging.pushing("x/1.0/bin/tool")))
            #expect(tool.mode == 0o555)
            #expect(tool.modified == 1_500_000_000)
            #expect(tool.inode == (try FileTree.status(staging.pushing("x/1.0/bin/again"))?.inode))
            #expect(try FileTree.readLink(staging.pushing("x/1.0/bin/t")) == "tool")
            let closed = try #require(try FileTree.status(staging.pushing("x/1.0/share/closed")))
            #expect(closed.mode == 0o755)
            #expect(closed.modified == 1_400_000_000)
            #expect(try FileTree.status(staging.pushing("x/1.0/share/closed/data"))?.mode == 0o444)
        }
    }

    @Test("entries may come in any order, with folders after what is in them")
    func takesAnyOrder() async throws {
        try await Scratch.with("bottle") { scratch in
            let tree = try extract(
                [.file("x/1.0/lib/a/b"), .folder("x/1.0/lib", mode: 0o700), .folder("x"), .folder("x/1.0")], in: scratch
            )
            #expect(tree.entries == 4)
            #expect(try FileTree.status(scratch.path.pushing("staging/x/1.0/lib"))?.mode == 0o700)
        }
    }

    @Test("the receipt is found without reading what comes after it")
    func findsReceipt() async throws {
        try await Scratch.with("bottle") { scratch in
            let extractor = BottleExtractor(name: "x", version: "1.0", prefixes: [])
            func receipt(_ members: [ForgedMember], hasEndMark: Bool = true) throws -> String? {
                let archive = try ArchiveFixture.forge(
                    members, at: scratch.path.appending("b.tar"), hasEndMark: hasEndMark)
                return try extractor.receipt(of: archive).map { String(decoding: $0, as: UTF8.self) }
            }
            let receiptFile = ForgedMember.file("x/1.0/INSTALL_RECEIPT.json", "{}")
            let early = try receipt([.folder("x/1.0"), receiptFile, .file("x/1.0/bin/x")], hasEndMark: false)
            #expect(early == "{}")
            let late = try receipt([.file("x/1.0/bin/x"), .file("x/1.0/a"), receiptFile])
            #expect(late == "{}")
            let absent = try receipt([.folder("x/1.0"), .file("x/1.0/bin/x"), .file("x/1.0/lib/INSTALL_RECEIPT.json")])
            #expect(absent == nil)
        }
    }
}
