enum SymbolMethods {
    static let table = MethodTable(including: [ComparableMethods.table]) { table in
        table.define("to_sym") { call in call.receiver }
        table.define("to_s", "name", "id2name") { call in .text(call.receiver.characters ?? "") }
        table.define("to_proc") { call in
            let name = call.receiver.characters ?? ""
            return .proc(
                ProcBox(
                    .native { inner in
                        guard let receiver = inner.arguments.first else {
                            throw inner.raising("ArgumentError", "no receiver given")
                        }
                        return try inner.interpreter.send(receiver, name, Array(inner.arguments.dropFirst()))
                    }))
        }
        table.define("inspect") { call in .text(":" + quotedIfNeeded(call.receiver.characters ?? "")) }
        for name in [
            "length", "size", "empty?", "start_with?", "end_with?", "[]", "=~", "match?", "blank?", "present?",
        ] {
            table.define(name) { call in
                try call.interpreter.send(.text(call.receiver.characters ?? ""), call.name, call.arguments)
            }
        }
        for name in ["upcase", "downcase", "capitalize", "succ", "swapcase"] {
            table.define(name) { call in
                .symbol(try call.interpreter.send(.text(call.receiver.characters ?? ""), call.name).characters ?? "")
            }
        }
    }

    static func quotedIfNeeded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first.isASCIILetter || first == UInt8(ascii: "_"),
            bytes.dropLast().allSatisfy(\.isWordByte),
            bytes.last.map({ $0.isWordByte || $0 == 33 || $0 == 63 || $0 == 61 }) ?? false
        else { return StringMethods.inspect(text) }
        return text
    }
}

/// What every class with an order has.
enum ComparableMethods {
    static let table = MethodTable { table in
        table.define("<=>") { call in
            try call.interpreter.compare(call.receiver, call[0]).map { .int($0) } ?? .nil
        }
        table.define("<") { call in .bool(try order(call) < 0) }
        table.define("<=") { call in .bool(try order(call) <= 0) }
        table.define(">") { call in .bool(try order(call) > 0) }
        table.define(">=") { call in .bool(try order(call) >= 0) }
        table.define("between?") { call in
            let low = try call.interpreter.compare(call.receiver, call[0]) ?? -1
            let high = try call.interpreter.compare(call.receiver, call[1]) ?? 1
            return .bool(low >= 0 && high <= 0)
        }
        table.define("clamp") { call in
            if try call.interpreter.compare(call.receiver, call[0]) ?? 0 < 0 { return call[0] }
            if try call.interpreter.compare(call.receiver, call[1]) ?? 0 > 0 { return call[1] }
            return call.receiver
        }
    }

    private static func order(_ call: Call) throws -> Int {
        if let order = try call.interpreter.compare(call.receiver, call[0]) { return order }
        throw call.raising(
            "ArgumentError",
            "comparison of \(call.interpreter.className(of: call.receiver)) with \(try call.interpreter.inspect(call[0])) failed"
        )
    }
}

enum NilMethods {
    static let table = MethodTable { table in
        table.define("to_s") { _ in .text("") }
        table.define("to_a") { _ in .list([]) }
        table.define("to_h") { _ in .hash(HashBox()) }
        table.define("to_i") { _ in .int(0) }
        table.define("to_f") { _ in .float(0) }
        table.define("&") { _ in .bool(false) }
        table.define("|") { call in .bool(call[0].isTruthy) }
        table.define("inspect") { _ in .text("nil") }
    }
}
