import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("A server that misbehaves, over one stream and over four")
struct MisbehaviourTests {
    static func policy(_ streams: Int, _ policy: inout TransferPolicy) {
        policy.streams = TransferPolicy.Streams(most: streams, isFixed: true)
        policy.pieceSize = 64 << 10
        policy.smallestShare = 16 << 10
        policy.stallLimit = CurlStallWatch.Limit(window: .milliseconds(250), floor: 1000)
        policy.hedgeAfter = .milliseconds(120)
    }

    @Test("has the outcome that it should, and leaves nothing wrong", arguments: Misbehaviour.all, [1, 4])
    func outcome(_ row: Misbehaviour, _ streams: Int) async throws {
        let server = try LoopbackServer(row.script)
        defer { server.stop() }
        let digest = SHA256Digest.of(Misbehaviour.bytes)
        try await FetchFixture.with(
            "row",
            {
                Self.policy(streams, &$0)
                $0.attempts = row.attempts
            }
        ) { fixture in
            let isSized = row.name.contains("than it should")
            let request = TransferRequest(
                urls: [server.url("/f")], digest: digest, size: isSized ? Misbehaviour.bytes.count : nil)
            var got = "file"
            do {
                try await fixture.download(request)
                let arrived = SHA256Digest.of(try FileTree.read(fixture.file))
                #expect(arrived == digest)
                #expect(try FileTree.names(in: fixture.folder) == ["file"])
            } catch let error as FetchError {
                got = String(String(describing: error).prefix { $0 != "(" })
                #expect(!FileTree.exists(fixture.file))
                #expect(!error.summary.isEmpty)
            }
            let expected =
                switch row.outcome {
                case .file: "file"
                case .error(let name): name
                case .differs(let one, let several): streams == 1 ? one : several
                }
            #expect(got == expected, "\(row.name), \(streams) streams: \(fixture.events.names)")
        }
    }

    @Test("there are at least forty kinds of it")
    func enough() {
        #expect(Set(Misbehaviour.all.map(\.name)).count >= 40)
    }

    @Test(
        "a thousand downloads from servers that misbehave by dice: never a wrong byte, never a hang, nothing left open")
    func dice() async throws {
        let files = (0..<20).map { sampleBytes(20_000 + $0 * 9000, seed: UInt64($0)) }
        let digests = files.map { SHA256Digest.of($0) }
        let server = try LoopbackServer { request, _ in
            let parts = request.target.split(separator: "/").compactMap { Int($0) }
            guard parts.count == 2 else { return .text("no", status: 404) }
            let tag = request.headers["range"] ?? "all"
            let seed =
                UInt64(parts[1]) &* 1_000_003 &+ UInt64(tag.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF })
            return RandomFault.reply(files[parts[0]], request, seed &+ UInt64(request.connection))
        }
        defer { server.stop() }
        try await FetchFixture.with(
            "dice",
            {
                Self.policy(4, &$0)
                $0.pieceSize = 24 << 10
                $0.attempts = 6
                $0.breaker.failures = .max
            }
        ) { fixture in
            let results = try await withThrowingTaskGroup(of: Bool.self) { group in
                var right = 0
                for number in 0..<1000 {
                    if number >= 16, try await group.next() == true { right += 1 }
                    group.addTask { [digests] in
                        let which = number % digests.count
                        let file = fixture.folder.appending("\(number)")
                        let request = TransferRequest(urls: [server.url("/\(which)/\(number)")], digest: digests[which])
                        do {
                            _ = try await fixture.engine.download(request, to: file, flushes: false)
                        } catch is FetchError {
                            #expect(!FileTree.exists(file))
                            return false
                        }
                        #expect(try SHA256Digest.ofFile(file) == digests[which], "download \(number)")
                        return true
                    }
                }
                for try await isRight in group where isRight { right += 1 }
                return right
            }
            // Most of it can be made up for.
            #expect(results > 800, "\(results) of 1000")
            // The hashing thread may be about to let go of the last one.
            var open = [""]
            for _ in 0..<500 where !open.isEmpty {
                open = try openFiles(below: fixture.folder)
                if !open.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(open == [])
            #expect(try FileTree.names(in: fixture.folder).allSatisfy { !$0.hasSuffix(".lock") })
        }
    }
}

/// What this process has open of a folder.
private func openFiles(below folder: FilePath) throws -> [String] {
    try FileTree.names(in: "/proc/self/fd").compactMap { name in
        // The one that lists them is gone already.
        (try? FileTree.readLink(FilePath("/proc/self/fd/\(name)"))).flatMap { $0.hasPrefix(folder.string) ? $0 : nil }
    }
}

/// A good answer, or with one chance in three a bad one.
private enum RandomFault {
    static func reply(_ bytes: [UInt8], _ request: LoopbackServer.Request, _ seed: UInt64) -> LoopbackReply {
        var dice = SplitMix(seed: seed)
        let good = LoopbackReply.ranged(bytes, request, etag: "\"v1\"")
        guard dice.next() % 3 == 0, case .send(let all)? = good.steps.first else { return good }
        let some = Int(dice.next() % UInt64(all.count))
        switch dice.next() % 12 {
        case 0: return LoopbackReply([.send(Array(all.prefix(some))), .close])
        case 1: return LoopbackReply([.send(Array(all.prefix(some))), .reset])
        case 2: return LoopbackReply([.close])
        case 3: return .text("busy", status: 503)
        case 4: return .text("oops", status: 500)
        case 5: return .body(bytes, [("ETag", "\"v1\"")])
        case 6: return .chunks([bytes], isEnded: dice.next() % 2 == 0)
        case 7: return .redirect(to: request.target + "?again")
        case 8: return LoopbackReply([.send(all + [1, 2, 3]), .close])
        case 9: return .ranged(bytes.map { $0 ^ 1 }, request, etag: "\"v1\"")
        case 10: return .ranged(bytes, request, etag: "\"v2\"")
        default: return LoopbackReply([.send(Array("garbage\r\n\r\n".utf8)), .close])
        }
    }
}
