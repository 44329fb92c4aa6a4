import NIOCore
import VeloCore

/// Why a connection is ended with an answer that no route gave.
enum ConnectionRefusal: Sendable, Equatable {
    case headTooLarge(limit: Int)
    case headTooSlow
    case bodyTooSlow
    case tooManyConnections(limit: Int)

    private var status: String {
        switch self {
        case .headTooLarge: "431 Request Header Fields Too Large"
        case .headTooSlow, .bodyTooSlow: "408 Request Timeout"
        case .tooManyConnections: "429 Too Many Requests"
        }
    }

    var code: Int { Int(status.prefix(3)) ?? 400 }

    var words: String {
        switch self {
        case .headTooLarge(let limit): "the head of the request is larger than the \(limit) bytes allowed"
        case .headTooSlow: "the head of the request did not come in time"
        case .bodyTooSlow: "the body of the request stopped coming"
        case .tooManyConnections(let limit): "this address has its \(limit) connections already; use those, or wait"
        }
    }

    var answer: ByteBuffer {
        // Two fields of text: encoding them cannot go wrong.
        let body = (try? WireCoding.encode(ErrorMessage(words))) ?? []
        let retry = if case .tooManyConnections = self { "Retry-After: 1\r\n" } else { "" }
        var answer = ByteBuffer(
            string: "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\(retry)"
                + "Connection: close\r\n\r\n")
        answer.writeBytes(body)
        return answer
    }
}
