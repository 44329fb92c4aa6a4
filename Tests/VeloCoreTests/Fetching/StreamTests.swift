import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Streams")
struct StreamTests {
    @Test("pieces come as they are sent, not at the end")
    func live() async throws {
        let text = ["id: 1\ndata: one\n\n", "id: 2\nevent: log\nda", "ta: two\n\n"].map { Array($0.utf8) }
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackReply.chunks(text)
            reply.steps[reply.steps.count - 1] = .hold
            return reply
        }
        defer { server.stop() }
        try await FetchFixture.with("live") { fixture in
            var events: [ServerSentEvent] = []
            for try await event in fixture.engine.serverSentEvents(server.url("/log")) {
                events.append(event)
                if events.count == 2 { break }
            }
            #expect(
                events == [ServerSentEvent(data: "one", id: "1"), ServerSentEvent(event: "log", data: "two", id: "2")])
            #expect(server.requests.first?.headers["accept"] == "text/event-stream")
        }
    }

    @Test("the end of the answer ends the stream")
    func end() async throws {
        let server = try LoopbackServer(replies: [.chunks([[1, 2], [3]], every: .milliseconds(5))])
        defer { server.stop() }
        try await FetchFixture.with("end") { fixture in
            var bytes: [UInt8] = []
            for try await piece in fixture.engine.stream(server.url("/s")) { bytes += piece }
            #expect(bytes == [1, 2, 3])
        }
    }

    @Test("a slow reader makes the server wait, and still gets every byte")
    func backPressure() async throws {
        let bytes = sampleBytes(4 << 20)
        let server = try LoopbackServer(replies: [.body(bytes)])
        defer { server.stop() }
        try await FetchFixture.with("slow") { fixture in
            var received: [UInt8] = []
            var largest = 0
            for try await piece in fixture.engine.stream(server.url("/s")) {
                if received.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
                largest = max(largest, piece.count)
                received += piece
            }
            let isWhole = received == bytes
            #expect(isWhole)
            #expect(largest <= 512 << 10)
        }
    }

    @Test("a refusal is thrown by the first read")
    func refused() async throws {
        let server = try LoopbackServer(replies: [.text("no such build", status: 404)])
        defer { server.stop() }
        try await FetchFixture.with("refused") { fixture in
            let error = await fetchError { for try await _ in fixture.engine.stream(server.url("/s")) {} }
            #expect(error == .status(url: server.url("/s"), code: 404, message: "no such build", retryAfter: nil))
        }
    }

    @Test("a stream that breaks off says so, after what it brought")
    func broken() async throws {
        let server = try LoopbackServer(replies: [.chunks([[1, 2, 3]], every: .milliseconds(20), isEnded: false)])
        defer { server.stop() }
        try await FetchFixture.with("broken") { fixture in
            var bytes: [UInt8] = []
            let error = await fetchError {
                for try await piece in fixture.engine.stream(server.url("/s")) { bytes += piece }
            }
            #expect(bytes == [1, 2, 3])
            #expect(error?.severity == .temporary)
            #expect(server.requests.count == 1)
        }
    }

    // The stall limits lie beyond the test's own time: only the cancelling can end it.
    @Test("cancelling the reader ends the exchange, long before it counts as stalled", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let server = try LoopbackServer(replies: [.broken([1, 2], after: 1, .hold)])
        defer { server.stop() }
        try await FetchFixture.with(
            "cancelled",
            {
                $0.stallLimit = CurlStallWatch.Limit(window: .seconds(600))
                $0.streamStallLimit = $0.stallLimit
            }
        ) { fixture in
            let task = Task {
                var count = 0
                do { for try await piece in fixture.engine.stream(server.url("/s")) { count += piece.count } } catch {}
                return count
            }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            try await Task.sleep(for: .milliseconds(20))
            task.cancel()
            #expect(await task.value == 1)
        }
    }
}
