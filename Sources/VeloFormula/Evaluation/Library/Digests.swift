import VeloSystem

/// `Digest::SHA256` and `Base64`.
enum SHA256Text {
    static let statics = MethodTable { table in
        table.define("hexdigest") { call in .text(digest(Array(try call.text(0).utf8))) }
        table.define("file") { call in
            let path = try call.interpreter.string(of: call[0])
            let bytes = try call.interpreter.requireHost(call).read(call.interpreter.absolute(path))
            return .object(DigestObject(digest(bytes)))
        }
    }

    static func digest(_ bytes: [UInt8]) -> String { SHA256Digest.of(bytes).hex }
}

final class DigestObject: ObjectBox {
    private let hex: String
    init(_ hex: String) { self.hex = hex }
    override var nativeClassName: String { "Digest::SHA256" }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { hex }

    private static let table = MethodTable { table in
        table.define("hexdigest", "to_s") { call in
            guard case .object(let object as DigestObject) = call.receiver else { return .nil }
            return .text(object.hex)
        }
    }
}

enum Base64Text {
    static let statics = MethodTable { table in
        table.define("encode64", "strict_encode64", "urlsafe_encode64") { call in
            let text = encode(Array(try call.text(0).utf8))
            guard call.name == "encode64" else { return .text(text) }
            let lines = stride(from: 0, to: text.count, by: 60).map { String(text.dropFirst($0).prefix(60)) + "\n" }
            return .text(lines.joined())
        }
        table.define("decode64", "strict_decode64", "urlsafe_decode64") { call in
            .text(UTF8Text.string(decode(try call.text(0))))
        }
    }

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = bytes[start..<min(start + 3, bytes.count)]
            var value = 0
            for offset in 0..<3 { value = value << 8 | (offset < chunk.count ? Int(chunk[start + offset]) : 0) }
            for offset in 0..<4 {
                result.append(offset <= chunk.count ? letters[value >> (18 - 6 * offset) & 63] : UInt8(ascii: "="))
            }
        }
        return UTF8Text.string(result)
    }

    static func decode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var value = 0
        var bits = 0
        for byte in text.utf8 {
            let plain =
                byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
            guard let digit = letters.firstIndex(of: plain) else { continue }
            value = (value << 6 | digit) & 0xFFFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(value >> bits & 0xFF))
            }
        }
        return result
    }
}

/// `pack` and `unpack` for the few formats that formulae use.
enum Packing {
    static func pack(_ values: [Value], format: String, _ call: Call) throws -> String {
        var bytes: [UInt8] = []
        switch format {
        case "C*", "c*", "U*":
            for value in values {
                if format == "U*" {
                    bytes += Array(String(UInt32(value.integer ?? 0).character).utf8)
                } else {
                    bytes.append(UInt8(truncatingIfNeeded: value.integer ?? 0))
                }
            }
        case "m", "m0":
            return Base64Text.encode(values.flatMap { Array(($0.characters ?? "").utf8) }) + (format == "m" ? "\n" : "")
        case "H*":
            let digits = Array((values.first?.characters ?? "").utf8)
            for start in stride(from: 0, to: digits.count - 1, by: 2) {
                bytes.append(UInt8(UTF8Text.string(digits[start...start + 1]), radix: 16) ?? 0)
            }
        default: throw call.unsupported("the format `\(format)`")
        }
        return UTF8Text.string(bytes)
    }

    static func unpack(_ text: String, format: String, _ call: Call) throws -> [Value] {
        switch format {
        case "C*", "c*": return text.utf8.map { .int(Int($0)) }
        case "U*": return text.unicodeScalars.map { .int(Int($0.value)) }
        case "m", "m0": return [.text(UTF8Text.string(Base64Text.decode(text)))]
        case "H*":
            return [.text(text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())]
        case "A*", "a*": return [.text(text)]
        default: throw call.unsupported("the format `\(format)`")
        }
    }
}
