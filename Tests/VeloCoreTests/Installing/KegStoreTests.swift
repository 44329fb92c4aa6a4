import Glibc
import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Keg store")
struct KegStoreTests {
    private func prepared(_ mirror: MirrorFixture) async throws {
        mirror.publish(
            try await mirror.bottle(
                "hello", files: ["share/doc/a": "a", "lib/data": "prefix @@HOMEBREW_PREFIX@@", "share/b": "b"]))
        try await mirror.install("hello")
    }

    /// Takes the bottle out of the cache, so that only the store can bring it.
    private func forgetBottles(_ mirror: MirrorFixture) throws {
        try FileTree.remove(mirror.scratch.path.appending("cache/blobs"))
    }

    @Test("a bottle is poured into the same prefix again without unpacking, and as it was")
    func again() async throws {
        try await MirrorFixture.with("kegs-again") { mirror in
            try await prepared(mirror)
            // Receipts tell the time.
            func files() throws -> [String] {
                try mirror.prefixFixture.snapshot().filter { !$0.contains("INSTALL_RECEIPT.json") }
            }
            let before = try files()
            let inode = try FileTree.status(mirror.prefix.keg("hello", "1.0").location.appending("share/b"))?.inode
            // As a job does that starts afresh each time.
            try FileTree.remove(mirror.prefix.location)
            try forgetBottles(mirror)
            let asked = mirror.server.requests.count
            let summary = try await mirror.install("hello")
            #expect(summary.fromCache == ["hello"])
            #expect(mirror.server.requests.dropFirst(asked).map(\.target) == ["/catalog/v2/head.json"])
            #expect(try files() == before)
            #expect(try await mirror.run("hello") == "hello 1.0\n")
            let now = try FileTree.status(mirror.prefix.keg("hello", "1.0").location.appending("share/b"))?.inode
            #expect(now == inode)
        }
    }

    @Test("what was changed in place since is poured anew, from the bottle")
    func damaged() async throws {
        try await MirrorFixture.with("kegs-damaged") { mirror in
            try await prepared(mirror)
            let file = mirror.prefix.keg("hello", "1.0").location.appending("share/b")
            let handle = try #require(fopen(file.string, "r+"))
            fputs("c", handle)
            fclose(handle)
            try await mirror.install("hello", intent: .reinstall)
            #expect(try FileTree.readText(file) == "b")
        }
    }

    @Test("a keg that turns out not to be all there while it is placed is unpacked from the bottle")
    func incomplete() async throws {
        try await MirrorFixture.with("kegs-incomplete") { mirror in
            try await prepared(mirror)
            let kegs = mirror.scratch.path.appending("cache/kegs")
            for place in try FileTree.names(in: kegs) {
                let formula = kegs.appending(place).appending("hello")
                for digest in try FileTree.names(in: formula) {
                    let index = formula.appending(digest).appending("index.json")
                    // Its files are as they were, and one of their folders is not made.
                    let text = try FileTree.readText(index)
                    let changed = text.replacing("\"path\":\"share/doc\"", with: "\"path\":\"share/dox\"")
                    #expect(changed != text)
                    try FileTree.write(Array(changed.utf8), to: index)
                }
            }
            try await mirror.install("hello", intent: .reinstall)
            let keg = mirror.prefix.keg("hello", "1.0").location
            #expect(try FileTree.readText(keg.appending("share/doc/a")) == "a")
            #expect(!FileTree.exists(keg.appending("share/dox")))
        }
    }

    @Test("offline, a store is as good as a bottle in the cache")
    func offline() async throws {
        try await MirrorFixture.with("kegs-offline") { mirror in
            try await prepared(mirror)
            try FileTree.remove(mirror.prefix.location)
            try forgetBottles(mirror)
            _ = try await mirror.makeInstaller(isOffline: true).install(["hello"])
            #expect(try await mirror.run("hello") == "hello 1.0\n")
        }
    }

    @Test("an upgrade and an uninstall take kept kegs with them")
    func forgotten() async throws {
        try await MirrorFixture.with("kegs-forgotten") { mirror in
            try await prepared(mirror)
            func kept() throws -> Int {
                try FileTree.names(in: mirror.scratch.path.appending("cache/kegs")).reduce(0) { count, place in
                    let folder = mirror.scratch.path.appending("cache/kegs").appending(place).appending("hello")
                    return count + (FileTree.exists(folder) ? try FileTree.names(in: folder).count : 0)
                }
            }
            #expect(try kept() == 1)
            mirror.publish(try await mirror.bottle("hello", "1.1"))
            try await mirror.install("hello")
            #expect(try kept() == 1)
            _ = try await mirror.makeInstaller().uninstall(["hello"])
            #expect(try kept() == 0)
        }
    }
}
