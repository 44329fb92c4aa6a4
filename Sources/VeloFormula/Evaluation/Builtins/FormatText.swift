/// `format` and `String#%`.
enum FormatText {
    static func format(_ template: String, _ arguments: [Value], _ call: Call) throws -> String {
        var formatter = Formatter(bytes: Array(template.utf8), arguments: arguments, call: call)
        return try formatter.run()
    }

    private struct Formatter {
        let bytes: [UInt8]
        let arguments: [Value]
        let call: Call
        var index = 0
        var used = 0
        var result: [UInt8] = []

        mutating func run() throws -> String {
            while index < bytes.count {
                guard bytes[index] == UInt8(ascii: "%") else {
                    result.append(bytes[index])
                    index += 1
                    continue
                }
                index += 1
                try directive()
            }
            return UTF8Text.string(result)
        }

        private mutating func directive() throws {
            var flags = Set<UInt8>()
            var width = 0
            var precision: Int?
            var named: Value?
            while index < bytes.count {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "%"):
                    result.append(byte)
                    index += 1
                    return
                case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: " "), UInt8(ascii: "0"), UInt8(ascii: "#"):
                    flags.insert(byte)
                    index += 1
                case UInt8(ascii: "1")...UInt8(ascii: "9"):
                    let end = bytes.endOfDigits(from: index)
                    width = min(10_000, Int(clamping: bytes[index..<end]))
                    index = end
                case UInt8(ascii: "*"):
                    width = try next().integer ?? 0
                    index += 1
                case UInt8(ascii: "."):
                    let end = bytes.endOfDigits(from: index + 1)
                    precision = min(1000, Int(clamping: bytes[index + 1..<end]))
                    index = end
                case UInt8(ascii: "<"), UInt8(ascii: "{"):
                    let close = byte == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "}")
                    let end = bytes[index...].firstIndex(of: close) ?? bytes.count
                    let name = UTF8Text.string(bytes[index + 1..<end])
                    guard case .hash(let box)? = arguments.first, let value = box[symbol: name] else {
                        throw call.raising("KeyError", "key<\(name)> not found")
                    }
                    index = min(end + 1, bytes.count)
                    named = value
                    if close == UInt8(ascii: "}") {
                        append(try call.interpreter.string(of: value), width, flags)
                        return
                    }
                default:
                    index += 1
                    append(try convert(byte, named ?? next(), precision, flags, width), width, flags)
                    return
                }
            }
        }

        private mutating func next() throws -> Value {
            guard used < arguments.count else { throw call.raising("ArgumentError", "too few arguments") }
            used += 1
            return arguments[used - 1]
        }

        private func convert(
            _ byte: UInt8, _ value: Value, _ precision: Int?, _ flags: Set<UInt8>, _ width: Int
        ) throws -> String {
            var text: String
            switch byte {
            case UInt8(ascii: "s"):
                let string = try call.interpreter.string(of: value)
                return precision.map { String(string.prefix($0)) } ?? string
            case UInt8(ascii: "p"): return try call.interpreter.inspect(value)
            case UInt8(ascii: "c"): return value.characters ?? String(UInt32(value.integer ?? 0).character)
            case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"): text = String(try integer(value))
            case UInt8(ascii: "x"): text = String(try integer(value), radix: 16)
            case UInt8(ascii: "X"): text = String(try integer(value), radix: 16, uppercase: true)
            case UInt8(ascii: "o"): text = String(try integer(value), radix: 8)
            case UInt8(ascii: "b"): text = String(try integer(value), radix: 2)
            case UInt8(ascii: "f"): text = Self.fixed(NumberMethods.double(number(value)), precision ?? 6)
            default: throw call.unsupported("`%\(Character(Unicode.Scalar(byte)))`")
            }
            if flags.contains(UInt8(ascii: "+")), !text.hasPrefix("-") { text = "+" + text }
            if flags.contains(UInt8(ascii: " ")), !text.hasPrefix("-") { text = " " + text }
            if let precision, byte != UInt8(ascii: "f") { text = Self.zeros(text, precision) }
            if flags.contains(UInt8(ascii: "0")), !flags.contains(UInt8(ascii: "-")) { text = Self.zeros(text, width) }
            return text
        }

        private func number(_ value: Value) -> Value {
            value.characters.map { .float(NumberText.float($0)) } ?? value
        }

        private func integer(_ value: Value) throws -> Int {
            if let number = value.integer { return number }
            if let text = value.characters, let number = Int(text) { return number }
            throw call.raising("TypeError", "can't convert \(call.interpreter.className(of: value)) into Integer")
        }

        private static func zeros(_ text: String, _ width: Int) -> String {
            let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
            let digits = text.dropFirst(sign.count)
            return sign + String(repeating: "0", count: max(0, width - text.count)) + digits
        }

        private static func fixed(_ number: Double, _ precision: Int) -> String {
            guard number.isFinite, abs(number) < 1e15, precision < 16 else { return NumberText.text(of: number) }
            let scale = (0..<precision).reduce(1.0) { power, _ in power * 10 }
            let scaled = Int((abs(number) * scale).rounded(.toNearestOrEven))
            let unit = Int(scale)
            let sign = number < 0 && scaled != 0 ? "-" : ""
            if precision == 0 { return sign + String(scaled) }
            return sign + String(scaled / unit) + "." + zeros(String(scaled % unit), precision)
        }

        private mutating func append(_ text: String, _ width: Int, _ flags: Set<UInt8>) {
            let padding = Array(repeating: UInt8(ascii: " "), count: max(0, width - UTF8Text.count(text)))
            if flags.contains(UInt8(ascii: "-")) {
                result += Array(text.utf8) + padding
            } else {
                result += padding + Array(text.utf8)
            }
        }
    }
}

extension UInt32 {
    var character: Character { Character(Unicode.Scalar(self) ?? "\u{FFFD}") }
}
