import HTTPTypes
import Hummingbird
import NIOCore
import VeloCore

extension Request {
    /// The body as JSON.
    ///
    /// It must say that it is JSON: a page of some other site can make a browser send a form to this address, but not
    /// this type without asking first, and then it is not answered.
    func json<Value: Decodable>(_ type: Value.Type = Value.self) async throws -> Value {
        let declared = headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard declared == "application/json" else {
            throw HTTPError(.unsupportedMediaType, message: "send JSON, with `Content-Type: application/json`")
        }
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: 1 << 16)
        } catch {
            throw HTTPError(.contentTooLarge, message: "the request is larger than 64 KiB")
        }
        do {
            return try WireCoding.decode(type, from: Array(buffer.readableBytesView))
        } catch {
            throw HTTPError(.badRequest, message: "the request is not the JSON that was expected")
        }
    }
}

extension HTTPField.Name {
    static let lastEventID = Self.ours("Last-Event-ID")
    static let fastMark = Self.ours(FastService.mark)
    static let requestID = Self.ours("X-Request-Id")
    static let forwardedProto = Self.ours("X-Forwarded-Proto")
    static let forwardedFor = Self.ours("X-Forwarded-For")

    static func ours(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("`\(name)` is not a header's name") }
        return name
    }
}
