import Testing
import VeloCore

@Suite("Event stream parser")
struct EventStreamParserTests {
    static let text = """
        \u{FEFF}: hello
        id: 7
        event: log
        data: first
        data:second

        data

        retry: 1500
        event: unused

        data: {"a":1}
        id


        """

    static let expected = [
        ServerSentEvent(event: "log", data: "first\nsecond", id: "7"),
        ServerSentEvent(data: "", id: "7"),
        ServerSentEvent(data: #"{"a":1}"#, id: ""),
    ]

    @Test("reads the same events however the bytes are cut", arguments: [1, 2, 3, 7, 1000])
    func cuts(_ size: Int) {
        var parser = EventStreamParser()
        let bytes = Array(Self.text.utf8)
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events == Self.expected)
        #expect(parser.retry == .milliseconds(1500))
    }

    @Test("takes every kind of line end, also cut in the middle", arguments: ["\n", "\r", "\r\n"])
    func lineEnds(_ end: String) {
        var parser = EventStreamParser()
        let bytes = Self.text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end).utf8
        let events = bytes.flatMap { parser.feed([$0]) }
        #expect(events == Self.expected)
    }

    @Test("letters of several bytes survive a cut")
    func utf8() {
        var parser = EventStreamParser()
        let events = Array("data: Grüße ☃\n\n".utf8).flatMap { parser.feed([$0]) }
        #expect(events == [ServerSentEvent(data: "Grüße ☃")])
    }

    @Test("an event that was not ended is none")
    func unended() {
        var parser = EventStreamParser()
        #expect(parser.feed(Array("data: half\n".utf8)) == [])
    }
}
