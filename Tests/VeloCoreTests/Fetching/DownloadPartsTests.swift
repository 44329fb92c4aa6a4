import Testing
import VeloSystem

@testable import VeloCore

@Suite("Byte ranges, journal, health, bandwidth")
struct DownloadPartsTests {
    @Test("ranges that touch or overlap become one, whatever the order")
    func merges() {
        var ranges = ByteRanges()
        for range in [10..<20, 30..<40, 0..<5, 20..<30, 4..<11] { ranges.insert(range) }
        #expect(ranges.ranges == [0..<40])
        #expect(ranges.count == 40)
        #expect(ranges.prefix == 40)
        ranges.insert(50..<60)
        #expect(ranges.count == 50)
        #expect(ranges.firstGap(below: 100) == 40..<50)
        ranges.insert(0..<50)
        #expect(ranges.firstGap(below: 100) == 60..<100)
        #expect(ranges.firstGap(below: 60) == nil)
    }

    @Test("ranges agree with a plain list of bytes, whatever is put in")
    func model() {
        var dice = SplitMix(seed: 11)
        for _ in 0..<200 {
            var ranges = ByteRanges()
            var bytes = [Bool](repeating: false, count: 64)
            for _ in 0..<12 {
                let start = Int(dice.next() % 64)
                let end = min(64, start + Int(dice.next() % 16))
                ranges.insert(start..<end)
                for place in start..<end { bytes[place] = true }
            }
            #expect(ranges.count == bytes.count { $0 })
            #expect(ranges.prefix == bytes.firstIndex(of: false) ?? 64)
            #expect(ranges.firstGap(below: 64)?.lowerBound == bytes.firstIndex(of: false))
            #expect(ByteRanges(ranges.ranges) == ranges)
        }
    }

    static let journal = DownloadJournal(
        total: 1000, url: "http://a.test/f", validator: "\"v 1\"", digest: .of([1]), boot: "boot",
        held: ByteRanges([0..<10, 500..<600]) ?? ByteRanges())

    @Test("a journal reads as it was written, with rubbish behind it too")
    func journalRoundTrip() {
        #expect(DownloadJournal(Self.journal.bytes) == Self.journal)
        #expect(DownloadJournal(Self.journal.bytes + Array("600-700\n".utf8)) == Self.journal)
    }

    @Test("a journal with any byte changed, or cut anywhere, is none")
    func damagedJournal() {
        let bytes = Self.journal.bytes
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            #expect(DownloadJournal(damaged) == nil, "byte \(place)")
            #expect(DownloadJournal(Array(bytes[..<place])) == nil, "cut at \(place)")
        }
    }

    @Test("a journal counts for the digest it was for, or for the same version in the same run of the machine")
    func suits() {
        let journal = Self.journal
        let known = TransferRequest(urls: ["http://b.test/f"], digest: .of([1]))
        #expect(journal.suits(known, size: 1000, boot: "another"))
        #expect(!journal.suits(known, size: 599, boot: "boot"))
        #expect(!journal.suits(TransferRequest(urls: ["http://a.test/f"], digest: .of([2])), size: 1000, boot: "boot"))
        #expect(!journal.suits(TransferRequest(urls: ["http://a.test/f"], size: 999), size: 1000, boot: "boot"))
        let unknown = TransferRequest(urls: ["http://a.test/f"])
        #expect(journal.suits(unknown, size: 1000, boot: "boot"))
        #expect(!journal.suits(unknown, size: 1000, boot: "another"))
        #expect(!journal.suits(TransferRequest(urls: ["http://b.test/f"]), size: 1000, boot: "boot"))
        var weak = journal
        weak.validator = nil
        #expect(!weak.suits(unknown, size: 1000, boot: "boot"))
    }

    @Test("the breaker opens after failures in a row, lets one probe, and doubles its pause when that fails")
    func breaker() {
        var table = HostTable()
        for _ in 0..<7 { table.failed("a", .zero) }
        #expect(table.opens("a", .zero) == nil)
        table.failed("a", .zero)
        #expect(table["a"].breaker(.seconds(1)) == .open)
        #expect(table.opens("a", .seconds(14)) == .seconds(15))
        #expect(table["a"].breaker(.seconds(15)) == .halfOpen)
        #expect(table.opens("a", .seconds(15)) == nil)
        table.began("a", .seconds(15))
        // One probe at a time.
        #expect(table.opens("a", .seconds(15)) != nil)
        table.failed("a", .seconds(16))
        #expect(table.opens("a", .seconds(20)) == .seconds(46))
        table.began("a", .seconds(46))
        table.succeeded("a", bytes: 1, in: .seconds(1), firstByte: nil)
        #expect(table["a"].breaker(.seconds(46)) == .closed)
        #expect(table["a"].failuresInARow == 0)
    }

    @Test("mirrors come in the order of their health: failing ones last, much slower ones later, else as named")
    func health() {
        var table = HostTable()
        #expect(table.order(["a", "b", "c"], .zero) == [0, 1, 2])
        table.failed("a", .zero)
        #expect(table.order(["a", "b"], .zero) == [1, 0])
        table.succeeded("a", bytes: 1_000_000, in: .seconds(1), firstByte: nil)
        table.succeeded("b", bytes: 1_500_000, in: .seconds(1), firstByte: nil)
        #expect(table.order(["a", "b"], .zero) == [0, 1])
        table.succeeded("c", bytes: 9_000_000, in: .seconds(1), firstByte: nil)
        #expect(table.order(["a", "b", "c"], .zero) == [2, 1, 0])
    }

    @Test("bandwidth is kept to over time, whatever the pieces")
    func bandwidth() {
        var limiter = BandwidthLimiter(rate: 1000)
        var now = Duration.zero
        for _ in 0..<100 {
            if let pause = limiter.spend(37, now: now) { now += pause }
        }
        // 3700 bytes, a tenth of a second on credit.
        #expect(now > .milliseconds(3500) && now < .milliseconds(3700))
    }

    @Test("what a machine says of itself decides how many streams it uses, unless somebody has said")
    func adaptation() {
        let policy = TransferPolicy()
        #expect(FetchAdaptation(HostConditions(), isCI: false).streams == policy.streams)
        #expect(FetchAdaptation(HostConditions(isOnBattery: true), isCI: false).streams.most == 4)
        #expect(FetchAdaptation(HostConditions(isOnBattery: true, link: .mobile), isCI: false).streams.most == 2)
        #expect(FetchAdaptation(HostConditions(linkSpeed: 10), isCI: false).streams.most == 2)
        let tight = FetchAdaptation(HostConditions(availableMemory: 100 << 20), isCI: true)
        #expect(tight.connections == 4)
        #expect(tight.reasons.count == 2)
        #expect(FetchAdaptation(HostConditions(memoryPressure: 30), isCI: false).streams.most == 2)
        #expect(FetchAdaptation(HostConditions(), isCI: true).streams.first == 8)
        let asked = FetchAdaptation(HostConditions(isOnBattery: true), isCI: false, streams: 24)
        #expect(asked.streams == TransferPolicy.Streams(most: 24, first: 24, isFixed: true))
        #expect(asked.connectionsPerHost == 24)
    }

    @Test("a user and a password are written as RFC 7617 wants")
    func basic() {
        let credential = TransferCredential(for: "http://a.test/x", .basic(user: "Aladdin", password: "open sesame"))
        #expect(credential?.authorization == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(credential?.origin == "http://a.test:80")
    }
}

/// Dice that fall the same way each time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
