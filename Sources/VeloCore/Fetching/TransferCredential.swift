import VeloSystem

/// What lets us in at one origin. Never told to another, whatever redirects say.
package struct TransferCredential: Sendable, Equatable {
    package enum Secret: Sendable, Equatable {
        case bearer(String)
        case basic(user: String, password: String)
    }

    /// Scheme, host and port.
    package var origin: String
    package var secret: Secret

    /// Nil when `url` is none. Its path does not matter.
    package init?(for url: String, _ secret: Secret) {
        guard let url = CurlURL(url) else { return nil }
        origin = url.origin
        self.secret = secret
    }

    /// The value of the `Authorization` field.
    package var authorization: String {
        switch secret {
        case .bearer(let token): "Bearer \(token)"
        case .basic(let user, let password): "Basic \(Base64.text(of: Array("\(user):\(password)".utf8)))"
        }
    }
}

/// RFC 4648, section 4.
enum Base64 {
    static func text(of bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.enumerated().reduce(0) { $0 | Int($1.element) << (16 - 8 * $1.offset) }
            for place in 0...3 {
                text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
