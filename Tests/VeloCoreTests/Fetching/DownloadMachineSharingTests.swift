import Testing
import VeloSystem

@testable import VeloCore

@Suite("Download machine: streams")
struct DownloadMachineSharingTests {
    let url = "http://a.test/file"

    /// Four streams from the start, parts of 100 bytes.
    func script(
        _ urls: [String] = ["http://a.test/file"], streams: Int = 4, _ change: (inout TransferPolicy) -> Void = { _ in }
    ) -> DownloadScript {
        DownloadScript(urls) {
            $0.streams = TransferPolicy.Streams(most: streams, isFixed: true)
            $0.pieceSize = 100
            $0.smallestShare = 10
            change(&$0)
        }
    }

    @Test("the first request finds out the size, and brings the first part")
    func probe() {
        var script = script()
        #expect(script.ranges == ["bytes=0-99"])
        #expect(script.answer(206, ["Content-Range": "bytes 0-99/1000", "ETag": "\"v\""]) == .take)
        #expect(script.machine.wantsAttention)
        script.tick()
        #expect(script.ranges == ["bytes=0-99", "bytes=100-199", "bytes=200-299", "bytes=300-399"])
        #expect(script.open.dropFirst().allSatisfy { $0.request.headers["If-Range"] == "\"v\"" })
    }

    @Test("parts are handed out in order, and the last one has an open end")
    func inOrder() {
        var script = script(streams: 1 + 1)
        script.answer(206, ["Content-Range": "bytes 0-99/250"])
        script.tick()
        #expect(script.ranges == ["bytes=0-99", "bytes=100-199"])
        script.bring(100)
        script.finish()
        #expect(script.ranges == ["bytes=100-199", "bytes=200-"])
    }

    @Test("a small file is asked for whole when its size is known, and comes with one answer")
    func small() {
        var script = DownloadScript(size: 99) {
            $0.streams = TransferPolicy.Streams(most: 4)
            $0.pieceSize = 100
        }
        #expect(script.ranges == [nil])
        script.answer(200, ["Content-Length": "99"])
        script.bring(99)
        script.finish()
        #expect(script.end == .verify)
    }

    @Test("who is done takes half of what the slowest still has to bring")
    func steals() {
        var script = script(streams: 2)
        script.answer(206, ["Content-Range": "bytes 0-99/200"])
        script.tick()
        let second = script.open[1].id
        script.answer(206, ["Content-Range": "bytes 100-199/200"], to: second)
        script.now += .milliseconds(100)
        script.bring(10, to: second)
        script.now += .seconds(1)
        script.bring(100)
        script.finish()
        #expect(script.ranges == ["bytes=100-", "bytes=155-"])
        // The victim takes no more than its half.
        #expect(script.machine.took(second, 90, now: script.now) == 45)
    }

    @Test("a server that gives less than was asked for is asked for the rest")
    func shorter() {
        var script = script(streams: 2)
        script.answer(206, ["Content-Range": "bytes 0-29/100"])
        script.bring(30)
        script.finish(.complete, 206)
        #expect(script.ranges == ["bytes=30-"])
    }

    @Test("a server without ranges brings all of it over one stream")
    func noRanges() {
        var script = script()
        #expect(script.answer(200, ["Content-Length": "1000"]) == .take)
        script.tick()
        #expect(script.open.count == 1)
        script.bring(1000)
        script.finish()
        #expect(script.end == .verify)
        #expect(script.setbacks.isEmpty)
    }

    @Test("a server that answers a later range with all of it is left to the streams that are under way")
    func ranges200() {
        var script = script(streams: 2)
        script.answer(206, ["Content-Range": "bytes 0-99/200"])
        script.tick()
        let second = script.open[1].id
        guard case .refuse(.confused) = script.answer(200, ["Content-Length": "200"], to: second) else {
            Issue.record("it was taken")
            return
        }
        script.finish(.stopped, 200, id: second)
        #expect(script.ranges == ["bytes=0-99"])
        script.bring(100)
        script.finish(.complete, 206)
        // Then it is asked for the whole, and what was there is dropped for it.
        #expect(script.ranges == [nil])
        script.answer(200, ["Content-Length": "200"])
        #expect(script.discards == 1)
    }

    @Test("a file that changes between two parts is fetched again from its beginning")
    func changes() {
        var script = script(streams: 2)
        script.answer(206, ["Content-Range": "bytes 0-99/200", "ETag": "\"v1\""])
        script.tick()
        let second = script.open[1].id
        script.answer(200, ["Content-Length": "300", "ETag": "\"v2\""], to: second)
        script.finish(.stopped, 200, id: second)
        #expect(script.setbacks == [.changed(url: url)])
        #expect(script.discards == 1)
        #expect(script.ranges == ["bytes=0-99"])
        #expect(script.open.first?.request.headers["If-Range"] == nil)
    }

    @Test("connections that are turned away while others run mean fewer streams, not a failure")
    func crowded() {
        var script = script(streams: 4)
        script.answer(206, ["Content-Range": "bytes 0-99/1000"])
        script.tick()
        for stream in script.open.dropFirst() { script.refuse(503, id: stream.id) }
        #expect(script.open.count == 1)
        script.bring(100)
        script.finish(.complete, 206)
        script.now += .seconds(30)
        script.tick()
        #expect(script.open.count == 1)
        #expect(script.end == nil)
    }

    @Test("eight connections that break at once are one failure")
    func together() {
        var script = script(streams: 8) { $0.attempts = 2 }
        script.answer(206, ["Content-Range": "bytes 0-99/1000"])
        script.tick()
        for id in script.open.map(\.id) { script.fail(.interrupted, id: id) }
        #expect(script.end == nil)
        #expect(script.waits.count == 1)
    }

    @Test("a stream that stands still gets one beside it at another mirror; the first to answer brings it")
    func hedges() {
        var script = script(["http://a.test/file", "http://b.test/file"], streams: 2)
        script.tick(after: .seconds(4))
        #expect(script.open.map(\.request.url.host) == ["a.test", "b.test"])
        script.answer(206, ["Content-Range": "bytes 0-99/100"], to: script.open[1].id)
        #expect(script.open.map(\.request.url.host) == ["b.test"])
        script.bring(100)
        script.finish(.complete, 206)
        #expect(script.end == .verify)
        #expect(script.setbacks.isEmpty)
    }

    @Test("the one that stood still wins if it is the first to answer after all")
    func lateWinner() {
        var script = script(["http://a.test/file", "http://b.test/file"], streams: 2)
        script.tick(after: .seconds(4))
        script.answer(206, ["Content-Range": "bytes 0-99/100"], to: script.open[0].id)
        #expect(script.open.map(\.request.url.host) == ["a.test"])
    }

    @Test("the clock ends a download that takes too long as a whole")
    func totalTime() {
        var script = DownloadScript { $0.totalTimeout = .seconds(5) }
        script.answer(200, ["Content-Length": "100"])
        script.bring(50)
        script.tick(after: .seconds(6))
        #expect(script.end == .fail(.timedOut(url: url, limit: .seconds(5))))
        #expect(script.machine.keepsPartial)
    }

    @Test("streams double while that makes it faster, and stop when it does not")
    func ramp() {
        var ramp = StreamRamp(TransferPolicy.Streams(most: 16, first: 4))
        var bytes = 0
        var now = Duration.zero
        func run(_ rate: Int) {
            for _ in 0..<6 {
                ramp.observe(bytes: bytes, active: ramp.allowed, now: now)
                now += .milliseconds(100)
                bytes += rate / 10
            }
        }
        run(20_000_000)
        #expect(ramp.allowed == 8)
        run(21_000_000)
        run(21_000_000)
        #expect(ramp.allowed == 8)
        run(90_000_000)
        #expect(ramp.allowed == 8)
        ramp.limit(to: 3)
        #expect(ramp.allowed == 3)
    }
}
