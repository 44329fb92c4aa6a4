import GRDB
import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Collection", .timeLimit(.minutes(2)))
struct CollectionTests {
    private func store(_ fixture: FarmFixture, _ text: String, in name: String? = "a/b") async throws -> SHA256Digest {
        let digest = SHA256Digest.of(Array(text.utf8))
        let file = fixture.scratch.path.appending("file-\(digest.hex.prefix(8))")
        try FileTree.write(Array(text.utf8), to: file)
        try fixture.farm.blobs.take(file, as: digest)
        try await fixture.farm.database.addBlob(
            digest, size: text.utf8.count, to: name.flatMap { RepositoryName($0) }, now: fixture.clock.now())
        return digest
    }

    private func tag(
        _ fixture: FarmFixture, _ repository: String, _ tag: String, config: SHA256Digest
    ) async throws -> SHA256Digest {
        let name = try #require(RepositoryName(repository))
        let text = """
            {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\(config.ociDigest)","size":1},"layers":[],"annotations":{"tag":"\(repository):\(tag)"}}
            """
        let reading = try ManifestReading(Array(text.utf8), declared: nil)
        let document = RegistryDocument(mediaType: reading.mediaType, bytes: Array(text.utf8))
        try await fixture.farm.database.push(document, reading, to: name, tag: tag, now: fixture.clock.now())
        return document.digest
    }

    private func collector(_ fixture: FarmFixture, _ change: (inout CollectionPolicy) -> Void = { _ in }) -> Collector {
        let farm = fixture.farm
        var policy = CollectionPolicy()
        change(&policy)
        return Collector(
            database: farm.database, blobs: farm.blobs, gate: farm.gate, leases: farm.leases, answers: farm.answers,
            fills: farm.mirror.fills, policy: policy, now: farm.now)
    }

    @Test("what nothing names goes after its time, and what a tag reaches stays")
    func reachability() async throws {
        let fixture = try FarmFixture()
        let used = try await store(fixture, "used")
        let loose = try await store(fixture, "loose")
        let manifest = try await tag(fixture, "a/b", "1.0", config: used)
        let early = try await collector(fixture).run(isDryRun: false)
        #expect(early.removals.isEmpty)
        fixture.clock.advance(8 * 86400)
        let dry = try await collector(fixture).run(isDryRun: true)
        #expect(dry.removals.map(\.name) == [loose.ociDigest])
        #expect(try fixture.farm.blobs.size(loose) != nil)
        let report = try await collector(fixture).run(isDryRun: false)
        #expect(report.removals.map(\.name) == [loose.ociDigest])
        #expect(report.kept["a manifest names it"] == 1)
        #expect(try fixture.farm.blobs.size(loose) == nil)
        #expect(try fixture.farm.blobs.size(used) != nil)
        let name = try #require(RepositoryName("a/b"))
        #expect(try await fixture.farm.database.document(manifest, in: name) != nil)
    }

    @Test("what somebody asked about just now is not taken away under them")
    func leases() async throws {
        let fixture = try FarmFixture()
        let loose = try await store(fixture, "loose")
        fixture.clock.advance(8 * 86400)
        fixture.farm.leases.touch(loose)
        #expect(try await collector(fixture).run(isDryRun: false).removals.isEmpty)
        fixture.clock.advance(3601)
        #expect(try await collector(fixture).run(isDryRun: false).removals.count == 1)
    }

    @Test("an answer from memory is somebody asking, too")
    func answersAreLeases() async throws {
        let fixture = try FarmFixture()
        let loose = try await store(fixture, "loose")
        let answer = AnswerCache.Answer(
            fields: [], entityTag: "x", body: .file(fixture.farm.blobs.path(loose)), size: 5, isLasting: true,
            digest: loose)
        fixture.farm.answers.remember("/x", answer, generation: fixture.farm.answers.generation)
        fixture.clock.advance(8 * 86400)
        var request = PlainRequest()
        request.target = "/x"
        #expect(fixture.farm.fastService.answer(request, client: "") === answer)
        #expect(try await collector(fixture).run(isDryRun: false).removals.isEmpty)
        #expect(try fixture.farm.blobs.size(loose) != nil)
    }

    @Test("a blob that two repositories share stays while one of them needs it")
    func sharing() async throws {
        let fixture = try FarmFixture()
        let shared = try await store(fixture, "shared")
        let other = try #require(RepositoryName("c/d"))
        _ = try await fixture.farm.database.mount(shared, from: nil, to: other, now: fixture.clock.now())
        _ = try await tag(fixture, "a/b", "1", config: shared)
        _ = try await tag(fixture, "c/d", "1", config: shared)
        let first = try #require(RepositoryName("a/b"))
        _ = try await fixture.farm.database.removeTag(first, "1")
        fixture.clock.advance(8 * 86400)
        let report = try await collector(fixture).run(isDryRun: false)
        #expect(report.removals.map(\.kind) == ["manifest"])
        #expect(try fixture.farm.blobs.size(shared) != nil)
        _ = try await fixture.farm.database.removeTag(other, "1")
        let last = try await collector(fixture).run(isDryRun: false)
        #expect(last.removals.map(\.kind).sorted() == ["blob", "manifest"])
        #expect(try fixture.farm.blobs.size(shared) == nil)
    }

    @Test("retention keeps the newest, the recent, the pinned and the current")
    func retention() {
        var policy = CollectionPolicy()
        policy.keptVersions = 2
        policy.keptDays = 10
        let day = 86400.0
        func version(
            _ tag: String, _ age: Double, pinned: Bool = false, current: Bool = false
        ) -> CollectionPolicy.Version {
            .init(repository: "a/b/c", tag: tag, updated: 1000 * day - age * day, isPinned: pinned, isCurrent: current)
        }
        let versions = [
            version("6", 1), version("5", 5), version("4", 9), version("3", 30), version("2", 40, pinned: true),
            version("1", 50, current: true), version("0", 60),
        ]
        #expect(policy.expired(versions, now: 1000 * day).map(\.tag) == ["0", "3"])
        #expect(CollectionPolicy().expired(versions, now: 1000 * day).isEmpty)
    }

    @Test("over the quota, what came from upstream and was unused the longest goes first")
    func quota() async throws {
        let fixture = try FarmFixture()
        for (number, name) in ["one", "two", "three"].enumerated() {
            let blob = try await store(
                fixture, String(repeating: "\(number)", count: 1000), in: "homebrew/core/\(name)")
            let repository = try #require(RepositoryName("homebrew/core/\(name)"))
            let digest = try await tag(fixture, repository.description, "1", config: blob)
            try await fixture.farm.database.pool.write { db in
                try FarmDatabase.setTag(db, repository, "1", to: digest, origin: .upstream, now: fixture.clock.now())
            }
            fixture.clock.advance(100)
        }
        fixture.clock.advance(8 * 86400)
        let report = try await collector(fixture) { $0.quota = 2500 }.run(isDryRun: false)
        #expect(report.removals.first?.name == "homebrew/core/one:1")
        #expect(report.freedBytes == 1000)
        #expect(try await fixture.farm.database.blobTotals().count == 2)
    }

    @Test("a file without a row goes, and damage is found, set aside and told")
    func scrubbing() async throws {
        let fixture = try FarmFixture()
        let good = try await store(fixture, "good")
        let bad = try await store(fixture, "bad one")
        let path = fixture.farm.blobs.path(bad)
        try FileTree.setMode(path, 0o644)
        try FileTree.write(Array("bad two".utf8), to: path)
        #expect(try await fixture.farm.scrubber.run() == [bad])
        #expect(try fixture.farm.blobs.size(bad) == nil)
        #expect(try fixture.farm.blobs.size(good) == 4)
        #expect(FileTree.exists(fixture.farm.folder.root.appending("damaged").appending(bad.hex)))

        let orphan = SHA256Digest.of(Array("orphan".utf8))
        let file = fixture.scratch.path.appending("orphan")
        try FileTree.write(Array("orphan".utf8), to: file)
        try fixture.farm.blobs.take(file, as: orphan)
        FileTree.setModified(fixture.farm.blobs.path(orphan), 1000)
        let report = try await collector(fixture).run(isDryRun: false)
        #expect(report.removals.filter { $0.kind == "file" }.map(\.name) == [orphan.ociDigest])
        #expect(try fixture.farm.blobs.size(orphan) == nil)
    }

    @Test("a full disk refuses what is sent, and goes on serving")
    func fullDisk() async throws {
        try await ServerFixture.run(
            ["hello": ""],
            settings: {
                $0.anonymous = [.read, .push, .build]
                $0.reserve = .max
            }
        ) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let refused = try await server.ask("/v2/a/b/blobs/uploads/", ["--request", "POST"])
            #expect(refused.status == 507)
            #expect(refused.headers["retry-after"] != nil)
            #expect(try await server.get("/v2/velo/test/hello/manifests/1.0").status == 200)
        }
    }
}
