import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Blob cache")
struct BlobCacheTests {
    static let sample = sampleBytes(200_000)
    let bytes = sample
    var digest: SHA256Digest { .of(bytes) }

    @Test("a blob is downloaded once, and found from then on")
    func fetches() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("cache") { fixture in
            let cache = BlobCache(root: fixture.folder)
            #expect(cache.blob(digest) == nil)
            let request = TransferRequest(urls: [server.url("/b")])
            for _ in 0..<2 {
                let path = try await cache.fetch(digest, from: request, using: fixture.engine)
                #expect(
                    path
                        == fixture.folder.pushing("sha256").appending(String(digest.hex.prefix(2))).appending(
                            digest.hex))
                let found = SHA256Digest.of(try FileTree.read(path))
                #expect(found == digest)
            }
            #expect(server.requests.count == 1)
            let names = try FileTree.names(in: cache.path(of: digest).removingLastComponent())
            #expect(names == [digest.hex])
        }
    }

    @Test("many tasks that want one blob share one request, and all hear of it")
    func together() async throws {
        let server = try LoopbackServer(replies: [.drip(bytes, by: 20_000, every: .milliseconds(5))])
        defer { server.stop() }
        try await FetchFixture.with("together") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let records = (0..<10).map { _ in EventRecord() }
            let paths = try await withThrowingTaskGroup(of: FilePath.self) { group in
                for record in records {
                    group.addTask {
                        try await cache.fetch(
                            digest, from: TransferRequest(urls: [server.url("/b")]), using: fixture.engine,
                            events: record.sink)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(paths) == [cache.path(of: digest)])
            #expect(server.requests.count == 1)
            for record in records { #expect(record.names.last == "finished") }
        }
    }

    @Test("two caches on one folder, as in two processes, share one request")
    func acrossCaches() async throws {
        let server = try LoopbackServer(replies: [.drip(bytes, by: 20_000, every: .milliseconds(10))])
        defer { server.stop() }
        try await FetchFixture.with("across") { fixture in
            let request = TransferRequest(urls: [server.url("/b")])
            let record = EventRecord()
            async let first = BlobCache(root: fixture.folder).fetch(digest, from: request, using: fixture.engine)
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            let second = try await BlobCache(root: fixture.folder).fetch(
                digest, from: request, using: fixture.engine, events: record.sink)
            #expect(try await first == second)
            #expect(server.requests.count == 1)
            guard case .waiting(forProcess: .some)? = record.all.first else {
                Issue.record("it did not wait")
                return
            }
        }
    }

    @Test("one who stops waiting leaves the others alone; when the last one does, the download ends and can be resumed")
    func cancelling() async throws {
        let server = try LoopbackServer { request, earlier in
            earlier == 0 ? .broken(bytes, after: 50_000, .hold) : .ranged(bytes, request)
        }
        defer { server.stop() }
        try await FetchFixture.with("leaving") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let request = TransferRequest(urls: [server.url("/b")])
            let tasks = (0..<2).map { _ in
                Task { await fetchError { _ = try await cache.fetch(digest, from: request, using: fixture.engine) } }
            }
            let partial = TransferEngine.partialPath(of: cache.path(of: digest))
            while (try FileTree.status(partial)?.size ?? 0) < 50_000 { try await Task.sleep(for: .milliseconds(2)) }
            tasks[0].cancel()
            #expect(await tasks[0].value == .cancelled(url: "b"))
            #expect(server.requests.count == 1)
            tasks[1].cancel()
            #expect(await tasks[1].value == .cancelled(url: "b"))
            _ = try await cache.fetch(digest, from: request, using: fixture.engine)
            #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=50000-"])
        }
    }

    @Test("a partial file that somebody has damaged costs a second download, not a wrong blob")
    func damagedPartial() async throws {
        let server = try LoopbackServer { request, _ in .ranged(bytes, request) }
        defer { server.stop() }
        try await FetchFixture.with("damaged") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let path = cache.path(of: digest)
            try FileTree.makeFolder(path.removingLastComponent())
            try FileTree.write([UInt8](repeating: 0, count: 1000), to: TransferEngine.partialPath(of: path))
            let journal = DownloadJournal(
                total: bytes.count, url: server.url("/b"), validator: nil, digest: digest, boot: "",
                held: ByteRanges([0..<1000]) ?? ByteRanges())
            try FileTree.write(journal.bytes, to: DownloadJournal.path(of: path))
            _ = try await cache.fetch(digest, from: TransferRequest(urls: [server.url("/b")]), using: fixture.engine)
            #expect(server.requests.map { $0.headers["range"] } == ["bytes=1000-", nil])
            let found = SHA256Digest.of(try FileTree.read(path))
            #expect(found == digest)
        }
    }

    @Test("a partial file without a journal, or with a damaged one, is begun anew", arguments: [false, true])
    func damagedJournal(isThere: Bool) async throws {
        let server = try LoopbackServer { request, _ in .ranged(bytes, request) }
        defer { server.stop() }
        try await FetchFixture.with("journal") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let path = cache.path(of: digest)
            try FileTree.makeFolder(path.removingLastComponent())
            try FileTree.write(Array(bytes[..<1000]), to: TransferEngine.partialPath(of: path))
            if isThere { try FileTree.write([1, 2, 3], to: DownloadJournal.path(of: path)) }
            _ = try await cache.fetch(digest, from: TransferRequest(urls: [server.url("/b")]), using: fixture.engine)
            #expect(server.requests.map { $0.headers["range"] } == [nil])
            let names = try FileTree.names(in: path.removingLastComponent())
            #expect(names == [digest.hex])
        }
    }

    @Test("a failure is told to all, and nothing gets the name")
    func failure() async throws {
        let server = try LoopbackServer(replies: [.body(sampleBytes(10))])
        defer { server.stop() }
        try await FetchFixture.with("failure") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let error = await fetchError {
                _ = try await cache.fetch(
                    digest, from: TransferRequest(urls: [server.url("/b")]), using: fixture.engine)
            }
            #expect(error == .digestMismatch(url: server.url("/b"), expected: digest, actual: .of(sampleBytes(10))))
            #expect(cache.blob(digest) == nil)
            let names = try FileTree.names(in: cache.path(of: digest).removingLastComponent())
            #expect(names == [])
        }
    }

    @Test("offline nothing is asked, and all that is missing is named")
    func offline() async throws {
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("offline") { fixture in
            let source = fixture.folder.appending("source")
            try FileTree.write(bytes, to: source)
            let cache = BlobCache(root: fixture.folder, isOffline: true)
            _ = try await cache.adopt(source, digest)
            let present = TransferRequest(urls: [server.url("/here")], digest: digest)
            let missing = ["x.tar.gz", "y.tar.gz"].map {
                TransferRequest(urls: [server.url("/\($0)")], digest: .of(Array($0.utf8)))
            }
            _ = try await cache.fetch(digest, from: present, using: fixture.engine)
            let error = await fetchError { try cache.require([present] + missing) }
            #expect(error == .offline(missing: ["x.tar.gz", "y.tar.gz"]))
            #expect(error?.summary == "offline, and not in the cache: `x.tar.gz`, `y.tar.gz`")
            let fetched = await fetchError {
                _ = try await cache.fetch(.of([1]), from: missing[0], using: fixture.engine)
            }
            #expect(fetched == .offline(missing: ["x.tar.gz"]))
            #expect(server.requests.isEmpty)
        }
    }

    @Test("a file is adopted as a copy, and refused when it is another than said")
    func adopting() async throws {
        try await FetchFixture.with("adopt") { fixture in
            let cache = BlobCache(root: fixture.folder)
            let source = fixture.folder.appending("source")
            try FileTree.write(bytes, to: source, mode: 0o444)
            let wrong = SHA256Digest.of([1])
            let error = await fetchError { _ = try await cache.adopt(source, wrong) }
            #expect(error == .wrongFile(path: source.string, expected: wrong, actual: digest))
            #expect(cache.blob(wrong) == nil)
            let path = try await cache.adopt(source, digest)
            let found = SHA256Digest.of(try FileTree.read(path))
            #expect(found == digest)
            #expect(FileTree.exists(source))
        }
    }
}
