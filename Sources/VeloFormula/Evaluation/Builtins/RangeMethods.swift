/// Methods of Range beyond what all collections have.
enum RangeMethods {
    static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        table.define("each") { call in
            let block = try call.needBlock()
            for element in try elements(of: call.receiver, call.interpreter) {
                _ = try call.interpreter.call(block, [element])
            }
            return call.receiver
        }
        table.define("first", "begin", "min") { call in
            if call.count > 0 {
                if let first = try box(call).lower.integer, try box(call).upper.isNil {
                    return .list((0..<max(0, try call.integer(0))).map { .int(first + $0) })
                }
                return .list(Array(try elements(of: call.receiver, call.interpreter).prefix(try call.integer(0))))
            }
            return try box(call).lower
        }
        table.define("last", "end", "max") { call in
            let range = try box(call)
            if call.count > 0 {
                return .list(Array(try elements(of: call.receiver, call.interpreter).suffix(try call.integer(0))))
            }
            if call.name == "max", range.isExclusive, let upper = range.upper.integer { return .int(upper - 1) }
            return range.upper
        }
        table.define("include?", "member?", "cover?", "===") { call in
            .bool(try covers(box(call), call[0], call.interpreter))
        }
        table.define("size", "count", "length") { call in
            if call.block != nil, let plain = EnumerableMethods.table["count"] { return try plain(call) }
            return .int(try elements(of: call.receiver, call.interpreter).count)
        }
        table.define("step", "%") { call in
            let values = try elements(of: call.receiver, call.interpreter)
            let steps = stride(from: 0, to: values.count, by: max(1, try call.integer(0))).map { values[$0] }
            guard call.block != nil else { return .list(steps) }
            for value in steps { _ = try call.yield(value) }
            return call.receiver
        }
        table.define("exclude_end?") { call in .bool(try box(call).isExclusive) }
    }

    private static func box(_ call: Call) throws -> RangeBox {
        guard case .range(let box) = call.receiver else { throw call.raising("TypeError", "not a range") }
        return box
    }

    static func elements(of value: Value, _ interpreter: Interpreter) throws -> [Value] {
        guard case .range(let range) = value else { return [value] }
        if let low = range.lower.integer {
            guard let high = range.upper.integer else {
                throw interpreter.exception("RangeError", "cannot convert endless range to an array")
            }
            let end = range.isExclusive ? high : high + 1
            guard end - low <= 1_000_000 else {
                throw Unwind.refused(Refusal(id: "budget.range", message: "the range has more than a million elements"))
            }
            return low < end ? (low..<end).map { .int($0) } : []
        }
        guard let low = range.lower.characters, let high = range.upper.characters else {
            throw interpreter.exception("TypeError", "can't iterate from \(interpreter.className(of: range.lower))")
        }
        return Successor.range(from: low, to: high, isExclusive: range.isExclusive).map { .text($0) }
    }

    static func covers(_ range: RangeBox, _ value: Value, _ interpreter: Interpreter) throws -> Bool {
        if !range.lower.isNil {
            guard let order = try interpreter.compare(range.lower, value), order <= 0 else { return false }
        }
        if !range.upper.isNil {
            guard let order = try interpreter.compare(value, range.upper) else { return false }
            return range.isExclusive ? order < 0 : order <= 0
        }
        return true
    }
}
