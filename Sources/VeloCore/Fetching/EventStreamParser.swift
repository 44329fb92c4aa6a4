/// One event of a `text/event-stream`.
package struct ServerSentEvent: Sendable, Equatable {
    /// `message` when the server does not name it.
    package var event: String
    package var data: String
    /// The last identifier that the server has given; empty before the first.
    package var id: String

    package init(event: String = "message", data: String, id: String = "") {
        self.event = event
        self.data = data
        self.id = id
    }
}

/// Reads server-sent events from pieces that break anywhere.
///
///     id: 7
///     event: log
///     data: first line
///     data: second line
///     : a comment, which keeps the connection alive
///
/// A blank line ends an event; one without data is none. See the HTML standard, section 9.2.6.
package struct EventStreamParser: Sendable {
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var isAtStart = true
    private var event = ""
    private var data: [String] = []
    private var id = ""
    /// How long the server wants a client to wait before it connects again.
    package private(set) var retry: Duration?

    package init() {}

    /// Takes a piece and returns the events that it completes.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == UInt8(ascii: "\r")
            switch byte {
            // The second half of a line end.
            case UInt8(ascii: "\n") where followsReturn: continue
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default: line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        var bytes = line[...]
        if isAtStart, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        isAtStart = false
        defer { line.removeAll(keepingCapacity: true) }
        if bytes.isEmpty { return dispatch() }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        let name = String(decoding: bytes[..<(colon ?? bytes.endIndex)], as: UTF8.self)
        var value = colon.map { bytes[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        set(name, String(decoding: value, as: UTF8.self))
        return nil
    }

    private mutating func set(_ name: String, _ value: String) {
        switch name {
        case "event": event = value
        case "data": data.append(value)
        case "id": if !value.utf8.contains(0) { id = value }
        case "retry": if let milliseconds = Int(value), milliseconds >= 0 { retry = .milliseconds(milliseconds) }
        default: break
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer { (event, data) = ("", []) }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"), id: id)
    }
}
