/// Methods of Hash beyond what all collections have.
enum HashMethods {
    static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        defineAccess(&table)
        defineIteration(&table)
        defineResults(&table)
        defineChanges(&table)
    }

    static func box(_ call: Call) throws -> HashBox {
        guard case .hash(let box) = call.receiver else { throw call.raising("TypeError", "not a hash") }
        return box
    }

    static func value(_ key: Value, in box: HashBox, _ call: Call) throws -> Value {
        if let value = box[key] { return value }
        if let block = box.fallbackBlock { return try call.interpreter.call(block, [.hash(box), key]) }
        return box.fallback
    }

    private static func defineAccess(_ table: inout MethodTable) {
        table.define("[]") { call in try value(call[0], in: box(call), call) }
        table.define("[]=", "store") { call in
            try box(call)[call[0]] = call[1]
            return call[1]
        }
        table.define("fetch") { call in
            if let value = try box(call)[call[0]] { return value }
            if let block = call.block { return try call.interpreter.call(block, [call[0]]) }
            if call.count > 1 { return call[1] }
            throw call.raising("KeyError", "key not found: \(try call.interpreter.inspect(call[0]))")
        }
        table.define("dig") { call in
            let value = try value(call[0], in: box(call), call)
            return call.count == 1 || value.isNil
                ? value : try call.interpreter.send(value, "dig", Array(call.arguments.dropFirst()))
        }
        table.define("key?", "has_key?", "include?", "member?") { call in .bool(try box(call)[call[0]] != nil) }
        table.define("value?", "has_value?") { call in
            .bool(try box(call).values.contains { try call.interpreter.areEqual($0, call[0]) })
        }
        table.define("key") { call in
            try box(call).pairs.first { try call.interpreter.areEqual($0.value, call[0]) }?.key ?? .nil
        }
        table.define("keys") { call in .list(try box(call).keys) }
        table.define("values") { call in .list(try box(call).values) }
        table.define("values_at") { call in .list(try call.arguments.map { try value($0, in: box(call), call) }) }
        table.define("length", "size") { call in .int(try box(call).count) }
        table.define("empty?", "blank?") { call in .bool(try box(call).count == 0) }
        table.define("present?") { call in .bool(try box(call).count > 0) }
        table.define("presence") { call in try box(call).count == 0 ? .nil : call.receiver }
        table.define("default=") { call in
            try box(call).fallback = call[0]
            return call[0]
        }
        table.define("dup", "clone") { call in .hash(try box(call).copy()) }
        table.define("freeze", "compare_by_identity") { call in call.receiver }
    }

    private static func defineIteration(_ table: inout MethodTable) {
        table.define("each", "each_pair") { call in
            guard let block = call.block else {
                return .object(EnumeratorObject(try EnumerableMethods.elements(call), "each"))
            }
            for (key, value) in try box(call).pairs { _ = try call.interpreter.call(block, [.list([key, value])]) }
            return call.receiver
        }
        table.define("each_key") { call in
            for key in try box(call).keys { _ = try call.yield(key) }
            return call.receiver
        }
        table.define("each_value") { call in
            for value in try box(call).values { _ = try call.yield(value) }
            return call.receiver
        }
        for (name, keeps) in [("select", true), ("filter", true), ("reject", false)] {
            table.define(name) { call in
                let block = try call.needBlock()
                return .hash(
                    HashBox(
                        try box(call).pairs.filter {
                            try call.interpreter.call(block, [$0.key, $0.value]).isTruthy == keeps
                        }))
            }
        }
        table.define("any?") { call in
            guard let block = call.block else { return .bool(try box(call).count > 0) }
            return .bool(
                try box(call).pairs.contains { try call.interpreter.call(block, [.list([$0.key, $0.value])]).isTruthy })
        }
        table.define("partition") { call in
            let block = try call.needBlock()
            var (yes, no): ([Value], [Value]) = ([], [])
            for (key, value) in try box(call).pairs {
                let pair = Value.list([key, value])
                if try call.interpreter.call(block, [pair]).isTruthy { yes.append(pair) } else { no.append(pair) }
            }
            return .list([.list(yes), .list(no)])
        }
        table.define("find", "detect") { call in
            let block = try call.needBlock()
            for (key, value) in try box(call).pairs {
                let pair = Value.list([key, value])
                if try call.interpreter.call(block, [pair]).isTruthy { return pair }
            }
            return .nil
        }
    }

    private static func defineResults(_ table: inout MethodTable) {
        table.define("to_h", "to_hash") { call in
            guard let block = call.block else { return call.receiver }
            let result = HashBox()
            for (key, value) in try box(call).pairs {
                let pair = try call.interpreter.call(block, [key, value]).elements ?? []
                if pair.count == 2 { result[pair[0]] = pair[1] }
            }
            return .hash(result)
        }
        table.define("transform_values") { call in
            let block = try call.needBlock()
            return .hash(HashBox(try box(call).pairs.map { ($0.key, try call.interpreter.call(block, [$0.value])) }))
        }
        table.define("transform_keys") { call in
            .hash(
                HashBox(
                    try box(call).pairs.map { pair in
                        if case .hash(let names) = call[0] { return (names[pair.key] ?? pair.key, pair.value) }
                        return (try call.yield(pair.key), pair.value)
                    }))
        }
        table.define("symbolize_keys", "deep_symbolize_keys") { call in
            .hash(HashBox(try box(call).pairs.map { ($0.key.characters.map { .symbol($0) } ?? $0.key, $0.value) }))
        }
        table.define("stringify_keys") { call in
            .hash(HashBox(try box(call).pairs.map { (.text(try call.interpreter.string(of: $0.key)), $0.value) }))
        }
        table.define("invert") { call in .hash(HashBox(try box(call).pairs.map { ($0.value, $0.key) })) }
        table.define("compact") { call in .hash(HashBox(try box(call).pairs.filter { !$0.value.isNil })) }
        table.define("slice") { call in
            let box = try box(call)
            return .hash(HashBox(call.arguments.compactMap { key in box[key].map { (key, $0) } }))
        }
        table.define("except") { call in
            let removed = Set(call.arguments.map(HashKey.init))
            return .hash(HashBox(try box(call).pairs.filter { !removed.contains(HashKey($0.key)) }))
        }
        table.define("merge", "reverse_merge") { call in
            var boxes = [try box(call)] + call.arguments.compactMap { if case .hash(let box) = $0 { box } else { nil } }
            if call.name == "reverse_merge" { boxes.reverse() }
            let result = HashBox()
            for box in boxes { try merge(box, into: result, call) }
            return .hash(result)
        }
        table.define("sort_by", "min_by", "max_by") { call in
            let pairs = try EnumerableMethods.sortedBy(try EnumerableMethods.elements(call), call)
            return call.name == "sort_by" ? .list(pairs) : (call.name == "min_by" ? pairs.first : pairs.last) ?? .nil
        }
        table.define("sum", "count") { call in
            let pairs = try EnumerableMethods.elements(call)
            guard let plain = EnumerableMethods.table[call.name] else { return .int(pairs.count) }
            return try plain(call)
        }
    }

    private static func merge(_ other: HashBox, into result: HashBox, _ call: Call) throws {
        for (key, value) in other.pairs {
            if let block = call.block, let old = result[key] {
                result[key] = try call.interpreter.call(block, [key, old, value])
            } else {
                result[key] = value
            }
        }
    }

    private static func defineChanges(_ table: inout MethodTable) {
        table.define("merge!", "update") { call in
            let box = try box(call)
            for case .hash(let other) in call.arguments { try merge(other, into: box, call) }
            return call.receiver
        }
        table.define("delete") { call in
            if let value = try box(call).remove(call[0]) { return value }
            return try call.block.map { try call.interpreter.call($0, [call[0]]) } ?? .nil
        }
        for (name, removes) in [("delete_if", true), ("reject!", true), ("keep_if", false), ("select!", false)] {
            table.define(name) { call in
                let block = try call.needBlock()
                try box(call).removeAll { try call.interpreter.call(block, [$0.key, $0.value]).isTruthy == removes }
                return call.receiver
            }
        }
        table.define("clear") { call in
            try box(call).replace(with: [])
            return call.receiver
        }
        table.define("shift") { call in
            let box = try box(call)
            guard let first = box.pairs.first else { return .nil }
            box.remove(first.key)
            return .list([first.key, first.value])
        }
        table.define("replace") { call in
            if case .hash(let other) = call[0] { try box(call).replace(with: other.pairs) }
            return call.receiver
        }
        for name in ["transform_values", "transform_keys", "compact", "symbolize_keys"] {
            table.define(name + "!") { call in
                guard let plain = HashMethods.table[name], case .hash(let result) = try plain(call) else { return .nil }
                try box(call).replace(with: result.pairs)
                return call.receiver
            }
        }
    }
}
