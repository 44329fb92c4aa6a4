/// Methods of Integer and Float.
enum NumberMethods {
    static let table = MethodTable(including: [ComparableMethods.table]) { table in
        defineArithmetic(&table)
        defineQuestions(&table)
        defineLoops(&table)
        table.define("to_i", "to_int", "truncate") { call in .int(call.receiver.integer ?? 0) }
        table.define("to_f") { call in .float(double(call.receiver)) }
        table.define("to_r", "to_c") { call in call.receiver }
        table.define("to_s", "inspect") { call in
            if case .int(let number) = call.receiver, call.count > 0 {
                return .text(String(number, radix: max(2, min(36, try call.integer(0)))))
            }
            return .text(try call.interpreter.string(of: call.receiver))
        }
        table.define("chr") { call in
            guard let value = call.receiver.integer, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init)
            else {
                throw call.raising("RangeError", "out of char range")
            }
            return .text(String(scalar))
        }
        table.define("digits") { call in
            .list(String(call.receiver.integer ?? 0).reversed().compactMap { $0.wholeNumberValue.map { .int($0) } })
        }
        table.define("round", "ceil", "floor") { call in try rounded(call) }
        table.define("[]") { call in .int((call.receiver.integer ?? 0) >> (try call.integer(0)) & 1) }
        table.define("bit_length") { call in .int(Int.bitWidth - (call.receiver.integer ?? 0).leadingZeroBitCount) }
        for (name, factor) in [("kilobyte", 1 << 10), ("megabyte", 1 << 20), ("gigabyte", 1 << 30)] {
            table.define(name, name + "s") { call in .int((call.receiver.integer ?? 0) * factor) }
        }
        for (name, factor) in [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)] {
            table.define(name, name + "s") { call in .int((call.receiver.integer ?? 0) * factor) }
        }
    }

    static func double(_ value: Value) -> Double {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number
        default: 0
        }
    }

    private static func number(_ call: Call) throws -> Value {
        switch call[0] {
        case .int, .float: return call[0]
        default:
            throw call.raising("TypeError", "\(call.interpreter.className(of: call[0])) can't be coerced into Integer")
        }
    }

    private static func defineArithmetic(_ table: inout MethodTable) {
        arithmetic(&table, "+", { $0.addingReportingOverflow($1) }, { $0 + $1 })
        arithmetic(&table, "-", { $0.subtractingReportingOverflow($1) }, { $0 - $1 })
        arithmetic(&table, "*", { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 })
        table.define("/") { call in
            if case .int(let a) = call.receiver, case .int(let b) = try number(call) {
                guard b != 0 else { throw call.raising("ZeroDivisionError", "divided by 0") }
                return .int(floorDivision(a, b))
            }
            return .float(double(call.receiver) / double(try number(call)))
        }
        table.define("div") { call in .int(floorDivision(call.receiver.integer ?? 0, max(1, try call.integer(0)))) }
        table.define("fdiv") { call in .float(double(call.receiver) / double(try number(call))) }
        table.define("%", "modulo") { call in
            if case .int(let a) = call.receiver, case .int(let b) = try number(call) {
                guard b != 0 else { throw call.raising("ZeroDivisionError", "divided by 0") }
                return .int(a - floorDivision(a, b) * b)
            }
            let (a, b) = (double(call.receiver), double(try number(call)))
            return .float(a - (a / b).rounded(.down) * b)
        }
        table.define("divmod") { call in
            let (a, b) = (call.receiver.integer ?? 0, try call.integer(0))
            guard b != 0 else { throw call.raising("ZeroDivisionError", "divided by 0") }
            return .list([.int(floorDivision(a, b)), .int(a - floorDivision(a, b) * b)])
        }
        table.define("**", "pow") { call in
            guard case .int(let base) = call.receiver, case .int(let exponent) = try number(call), exponent >= 0 else {
                throw call.unsupported("these numbers")
            }
            var result = 1
            for _ in 0..<min(exponent, 64) {
                let (product, overflow) = result.multipliedReportingOverflow(by: base)
                guard !overflow else { throw call.unsupported("so large a number") }
                result = product
            }
            return .int(result)
        }
        table.define("-@") { call in
            if case .int(let number) = call.receiver { return .int(-number) }
            return .float(-double(call.receiver))
        }
        table.define("+@") { call in call.receiver }
        table.define("~") { call in .int(~(call.receiver.integer ?? 0)) }
        table.define("&") { call in .int((call.receiver.integer ?? 0) & (try call.integer(0))) }
        table.define("|") { call in .int((call.receiver.integer ?? 0) | (try call.integer(0))) }
        table.define("^") { call in .int((call.receiver.integer ?? 0) ^ (try call.integer(0))) }
        table.define("<<") { call in .int((call.receiver.integer ?? 0) << (try call.integer(0))) }
        table.define(">>") { call in .int((call.receiver.integer ?? 0) >> (try call.integer(0))) }
        table.define("abs", "magnitude") { call in
            if case .int(let number) = call.receiver { return .int(abs(number)) }
            return .float(abs(double(call.receiver)))
        }
        table.define("succ", "next") { call in .int((call.receiver.integer ?? 0) + 1) }
        table.define("pred") { call in .int((call.receiver.integer ?? 0) - 1) }
        table.define("gcd") { call in
            var (a, b) = (abs(call.receiver.integer ?? 0), abs(try call.integer(0)))
            while b != 0 { (a, b) = (b, a % b) }
            return .int(a)
        }
    }

    private static func arithmetic(
        _ table: inout MethodTable, _ name: String,
        _ integers: @escaping @Sendable (Int, Int) -> (partialValue: Int, overflow: Bool),
        _ floats: @escaping @Sendable (Double, Double) -> Double
    ) {
        table.define(name) { call in
            if case .int(let a) = call.receiver, case .int(let b) = call[0] {
                let (result, overflow) = integers(a, b)
                guard !overflow else { throw call.unsupported("so large a number") }
                return .int(result)
            }
            return .float(floats(double(call.receiver), double(try number(call))))
        }
    }

    static func floorDivision(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient
    }

    private static func rounded(_ call: Call) throws -> Value {
        guard case .float(let number) = call.receiver else { return call.receiver }
        let rule: FloatingPointRoundingRule =
            call.name == "round" ? .toNearestOrAwayFromZero : call.name == "ceil" ? .up : .down
        let places = call.count > 0 ? try call.integer(0) : 0
        guard places > 0 else { return .int(Int(exactly: number.rounded(rule)) ?? 0) }
        let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
        return .float((number * scale).rounded(rule) / scale)
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        table.define("zero?") { call in .bool(double(call.receiver) == 0) }
        table.define("nonzero?") { call in double(call.receiver) == 0 ? .nil : call.receiver }
        table.define("positive?") { call in .bool(double(call.receiver) > 0) }
        table.define("negative?") { call in .bool(double(call.receiver) < 0) }
        table.define("even?") { call in .bool((call.receiver.integer ?? 0) % 2 == 0) }
        table.define("odd?") { call in .bool((call.receiver.integer ?? 0) % 2 != 0) }
        table.define("integer?") { call in
            if case .int = call.receiver { return .bool(true) }
            return .bool(false)
        }
        table.define("nan?") { call in .bool(double(call.receiver).isNaN) }
        table.define("finite?") { call in .bool(double(call.receiver).isFinite) }
    }

    private static func defineLoops(_ table: inout MethodTable) {
        table.define("times") { call in
            let count = call.receiver.integer ?? 0
            guard call.block != nil else { return .list((0..<max(0, count)).map { .int($0) }) }
            var index = 0
            while index < count {
                _ = try call.yield(.int(index))
                index += 1
            }
            return call.receiver
        }
        table.define("upto") { call in
            let (low, high) = (call.receiver.integer ?? 0, try call.integer(0))
            let values: [Value] = low <= high ? (low...high).map { .int($0) } : []
            guard call.block != nil else { return .list(values) }
            for value in values { _ = try call.yield(value) }
            return call.receiver
        }
        table.define("downto") { call in
            let (high, low) = (call.receiver.integer ?? 0, try call.integer(0))
            let values: [Value] = low <= high ? (low...high).reversed().map { .int($0) } : []
            guard call.block != nil else { return .list(values) }
            for value in values { _ = try call.yield(value) }
            return call.receiver
        }
        table.define("step") { call in
            let limit = try call.integer(0)
            let step = max(1, call.count > 1 ? try call.integer(1) : 1)
            for value in stride(from: call.receiver.integer ?? 0, through: limit, by: step) {
                _ = try call.yield(.int(value))
            }
            return call.receiver
        }
    }
}

/// Numbers as text.
enum NumberText {
    /// The integer at the start of a text, as `to_i` reads it; 0 where there is none.
    static func integer(_ text: String, radix: Int = 10) -> Int {
        var bytes = Array(text.utf8.drop { $0 == 32 || (9...13).contains($0) })[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes = bytes.dropFirst()
        }
        if radix == 16, bytes.starts(with: "0x".utf8) { bytes = bytes.dropFirst(2) }
        var value = 0
        for byte in bytes where byte != UInt8(ascii: "_") {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { break }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            if overflow { break }
            value = product + digit
        }
        return isNegative ? -value : value
    }

    static func float(_ text: String) -> Double {
        let bytes = Array(text.utf8.drop { $0 == 32 || (9...13).contains($0) })
        var end = 0
        if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
        end = bytes.endOfDigits(from: end)
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), bytes[end + 1].isASCIIDigit {
            end = bytes.endOfDigits(from: end + 1)
        }
        if end + 1 < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
            let sign = bytes[end + 1] == UInt8(ascii: "-") || bytes[end + 1] == UInt8(ascii: "+") ? 1 : 0
            let exponent = bytes.endOfDigits(from: end + 1 + sign)
            if exponent > end + 1 + sign { end = exponent }
        }
        return Double(UTF8Text.string(bytes[..<end])) ?? 0
    }

    /// As `Float#to_s`.
    static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        let text = number.description
        // Ruby keeps a digit behind the point: 1.0e+20.
        guard let mark = text.firstIndex(of: "e"), !text[..<mark].contains(".") else { return text }
        return text[..<mark] + ".0" + text[mark...]
    }
}
