/// `JSON`: texts to values and back.
enum JSONText {
    static let statics = MethodTable { table in
        table.define("parse", "parse!", "load") { call in
            let symbolizes = call.keyword("symbolize_names")?.isTruthy ?? false
            return try parse(call.interpreter.string(of: call[0]), call, symbolizesNames: symbolizes)
        }
        table.define("generate", "dump") { call in .text(try generate(call[0], pretty: false, call.interpreter)) }
        table.define("pretty_generate") { call in .text(try generate(call[0], pretty: true, call.interpreter)) }
        table.define("load_file") { call in try parse(call.interpreter.readText(call.text(0)), call) }
    }

    static func parse(_ text: String, _ call: Call, symbolizesNames: Bool = false) throws -> Value {
        var reader = Reader(bytes: Array(text.utf8), symbolizesNames: symbolizesNames)
        if let value = reader.document() { return value }
        throw call.raising("JSON::ParserError", "unexpected token at byte \(reader.index)")
    }

    private struct Reader {
        let bytes: [UInt8]
        let symbolizesNames: Bool
        var index = 0
        private var depth = 0

        init(bytes: [UInt8], symbolizesNames: Bool) {
            self.bytes = bytes
            self.symbolizesNames = symbolizesNames
        }

        mutating func document() -> Value? {
            guard let value = value() else { return nil }
            skipBlanks()
            return index == bytes.count ? value : nil
        }

        private mutating func skipBlanks() {
            while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
        }

        private mutating func eat(_ word: StaticString) -> Bool {
            guard VersionScanner.hasPrefix(bytes, word, at: index) else { return false }
            index += word.utf8CodeUnitCount
            return true
        }

        private mutating func value() -> Value? {
            skipBlanks()
            depth += 1
            defer { depth -= 1 }
            guard index < bytes.count, depth < 100 else { return nil }
            switch bytes[index] {
            case UInt8(ascii: "{"): return object()
            case UInt8(ascii: "["): return array()
            case UInt8(ascii: "\""): return string().map { .text($0) }
            case UInt8(ascii: "t"): return eat("true") ? .bool(true) : nil
            case UInt8(ascii: "f"): return eat("false") ? .bool(false) : nil
            case UInt8(ascii: "n"): return eat("null") ? .nil : nil
            default: return number()
            }
        }

        private mutating func number() -> Value? {
            let start = index
            while index < bytes.count, bytes[index].isASCIIDigit || "+-.eE".utf8.contains(bytes[index]) { index += 1 }
            let text = UTF8Text.string(bytes[start..<index])
            return Int(text).map { .int($0) } ?? Double(text).map { .float($0) }
        }

        private mutating func array() -> Value? {
            index += 1
            var elements: [Value] = []
            skipBlanks()
            if eat("]") { return .list([]) }
            while let element = value() {
                elements.append(element)
                skipBlanks()
                if eat("]") { return .list(elements) }
                guard eat(",") else { return nil }
            }
            return nil
        }

        private mutating func object() -> Value? {
            index += 1
            let hash = HashBox()
            skipBlanks()
            if eat("}") { return .hash(hash) }
            while true {
                skipBlanks()
                guard let key = string() else { return nil }
                skipBlanks()
                guard eat(":"), let value = value() else { return nil }
                hash[symbolizesNames ? .symbol(key) : .text(key)] = value
                skipBlanks()
                if eat("}") { return .hash(hash) }
                guard eat(",") else { return nil }
            }
        }

        private mutating func string() -> String? {
            guard eat("\"") else { return nil }
            var result: [UInt8] = []
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "\"") { return UTF8Text.string(result) }
                guard byte == UInt8(ascii: "\\"), index < bytes.count else {
                    result.append(byte)
                    continue
                }
                let escape = bytes[index]
                index += 1
                switch escape {
                case UInt8(ascii: "n"): result.append(10)
                case UInt8(ascii: "t"): result.append(9)
                case UInt8(ascii: "r"): result.append(13)
                case UInt8(ascii: "b"): result.append(8)
                case UInt8(ascii: "f"): result.append(12)
                case UInt8(ascii: "u"):
                    guard let scalar = unicode() else { return nil }
                    result += Array(String(Character(scalar)).utf8)
                default: result.append(escape)
                }
            }
            return nil
        }

        private mutating func unicode() -> Unicode.Scalar? {
            guard let high = hexadecimal() else { return nil }
            if (0xD800..<0xDC00).contains(high), eat("\\u"), let low = hexadecimal(), low >= 0xDC00 {
                return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            }
            return Unicode.Scalar(high) ?? "\u{FFFD}"
        }

        private mutating func hexadecimal() -> UInt32? {
            guard index + 4 <= bytes.count else { return nil }
            defer { index += 4 }
            return UInt32(UTF8Text.string(bytes[index..<index + 4]), radix: 16)
        }
    }

    static func generate(_ value: Value, pretty: Bool, _ interpreter: Interpreter, indent: String = "") throws -> String
    {
        let inner = pretty ? indent + "  " : ""
        let (open, separator, close) = pretty ? ("\n" + inner, ",\n" + inner, "\n" + indent) : ("", ",", "")
        switch value {
        case .nil: return "null"
        case .bool, .int, .float: return try interpreter.string(of: value)
        case .array(let box):
            if box.elements.isEmpty { return "[]" }
            let parts = try box.elements.map { try generate($0, pretty: pretty, interpreter, indent: inner) }
            return "[" + open + parts.joined(separator: separator) + close + "]"
        case .hash(let box):
            if box.count == 0 { return "{}" }
            let colon = pretty ? ": " : ":"
            let parts = try box.pairs.map { key, value in
                quoted(try interpreter.string(of: key)) + colon
                    + (try generate(value, pretty: pretty, interpreter, indent: inner))
            }
            return "{" + open + parts.joined(separator: separator) + close + "}"
        default: return quoted(try interpreter.string(of: value))
        }
    }

    static func quoted(_ text: String) -> String {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): result += Array("\\\"".utf8)
            case UInt8(ascii: "\\"): result += Array("\\\\".utf8)
            case 10: result += Array("\\n".utf8)
            case 13: result += Array("\\r".utf8)
            case 9: result += Array("\\t".utf8)
            case 8: result += Array("\\b".utf8)
            case 12: result += Array("\\f".utf8)
            case 0..<32:
                let hex = String(byte, radix: 16)
                result += Array("\\u00\(hex.count < 2 ? "0" : "")\(hex)".utf8)
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
        return UTF8Text.string(result)
    }
}

/// `to_yaml` for the plain values that formulae write; reading YAML is not supported.
enum YAMLText {
    static func generate(_ value: Value, _ interpreter: Interpreter) throws -> String {
        "---" + (try body(value, indent: "", interpreter))
    }

    private static func body(_ value: Value, indent: String, _ interpreter: Interpreter) throws -> String {
        switch value {
        case .hash(let box):
            if box.count == 0 { return " {}\n" }
            return "\n"
                + (try box.pairs.map { key, value in
                    let name = try (key.isSymbol ? ":" : "") + interpreter.string(of: key)
                    let isList = value.elements != nil
                    return "\(indent)\(name):" + (try body(value, indent: isList ? indent : indent + "  ", interpreter))
                }.joined())
        case .array(let box):
            if box.elements.isEmpty { return " []\n" }
            return "\n"
                + (try box.elements.map { element in
                    let text = try body(element, indent: indent + "  ", interpreter)
                    // The first line of a nested collection stands beside the dash.
                    return text.hasPrefix("\n")
                        ? "\(indent)- " + TextTrimming.strip(text, end: false) : "\(indent)-\(text)"
                }.joined())
        case .symbol(let text): return " :\(text)\n"
        case .nil: return "\n"
        default: return " \(scalar(try interpreter.string(of: value), value))\n"
        }
    }

    private static func scalar(_ text: String, _ value: Value) -> String {
        guard case .string = value else { return text }
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy { $0.isWordByte || "./ -+@".utf8.contains($0) }
            && !["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased())
            && Double(text) == nil && text.first != "-" && text.first != " " && text.last != " " && text.first != "@"
        return isPlain ? text : JSONText.quoted(text)
    }
}

extension Value {
    var isSymbol: Bool {
        if case .symbol = self { return true }
        return false
    }
}
