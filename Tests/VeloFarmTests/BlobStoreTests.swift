import SystemPackage
import Testing
import VeloSystem

@testable import VeloFarm

@Suite("Blob store")
struct BlobStoreTests {
    private let scratch: Scratch
    private let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = BlobStore(scratch.path.appending("blobs"))
    }

    private func file(_ text: String) throws -> FilePath {
        let path = scratch.path.appending("incoming")
        try FileTree.write(Array(text.utf8), to: path)
        return path
    }

    @Test("a file is moved to where its digest says, read-only")
    func takes() throws {
        let digest = SHA256Digest.of(Array("hello".utf8))
        let source = try file("hello")
        try store.take(source, as: digest)
        #expect(try FileTree.readText(store.path(digest)) == "hello")
        #expect(store.path(digest).string.hasSuffix("sha256/2c/\(digest.hex)"))
        #expect(try FileTree.status(store.path(digest))?.mode == 0o444)
        #expect(try store.size(digest) == 5)
        #expect(!FileTree.exists(source))
    }

    @Test("a file whose digest differs is refused, stays where it is, and leaves nothing behind")
    func refusesWrongDigest() throws {
        let wanted = SHA256Digest.of(Array("hello".utf8))
        let source = try file("hullo")
        #expect(throws: FarmError.self) { try store.take(source, as: wanted) }
        #expect(FileTree.exists(source))
        #expect(try store.size(wanted) == nil)
        #expect(!FileTree.exists(store.path(wanted)))
    }

    @Test("what is there already is kept, and the newcomer goes")
    func takesTwice() throws {
        let digest = SHA256Digest.of(Array("hello".utf8))
        try store.take(file("hello"), as: digest)
        let inode = try FileTree.status(store.path(digest))?.inode
        let again = try file("hello")
        try store.take(again, as: digest)
        #expect(try FileTree.status(store.path(digest))?.inode == inode)
        #expect(!FileTree.exists(again))
    }

    @Test("a file on another file system is copied, and the copy verified")
    func takesAcrossFileSystems() throws {
        let other = try FileTree.makeScratch(in: "/dev/shm", prefix: "velo-farm-test-")
        defer { try? FileTree.remove(other) }
        let source = other.appending("file")
        try FileTree.write(Array("far".utf8), to: source)
        let digest = SHA256Digest.of(Array("far".utf8))
        try store.take(source, as: digest)
        #expect(try FileTree.readText(store.path(digest)) == "far")
        #expect(!FileTree.exists(source))
        #expect(try FileTree.names(in: store.root) == ["sha256"])
    }
}
