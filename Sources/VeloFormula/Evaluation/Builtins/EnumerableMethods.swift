/// What arrays, hashes, ranges and sets share: everything that looks at one element after the other.
enum EnumerableMethods {
    static let table = MethodTable { table in
        defineMapping(&table)
        defineChoosing(&table)
        defineQuestions(&table)
        defineFolding(&table)
        defineOrder(&table)
    }

    static func elements(_ call: Call) throws -> [Value] { try call.interpreter.list(from: call.receiver) }

    /// Whether an element is meant: by the block, or by a pattern.
    private static func test(_ call: Call) -> (Value) throws -> Bool {
        if call.count > 0 {
            let pattern = call[0]
            return { try call.interpreter.caseEqual(pattern, $0) }
        }
        guard let block = call.block else { return { $0.isTruthy } }
        return { try call.interpreter.call(block, [$0]).isTruthy }
    }

    private static func defineMapping(_ table: inout MethodTable) {
        table.define("each_entry") { call in
            for element in try elements(call) { _ = try call.yield(element) }
            return call.receiver
        }
        table.define("map", "collect") { call in
            let elements = try elements(call)
            guard let block = call.block else { return .object(EnumeratorObject(elements, "map")) }
            return .list(try elements.map { try call.interpreter.call(block, [$0]) })
        }
        table.define("flat_map", "collect_concat") { call in
            let block = try call.needBlock()
            return .list(
                try elements(call).flatMap { element -> [Value] in
                    let result = try call.interpreter.call(block, [element])
                    return result.elements ?? [result]
                })
        }
        table.define("filter_map") { call in
            let block = try call.needBlock()
            return .list(try elements(call).map { try call.interpreter.call(block, [$0]) }.filter(\.isTruthy))
        }
        table.define("each_with_index") { call in
            let elements = try elements(call)
            guard let block = call.block else {
                return .object(EnumeratorObject(elements.enumerated().map { .list([$1, .int($0)]) }, "each"))
            }
            for (index, element) in elements.enumerated() {
                _ = try call.interpreter.call(block, [element, .int(index)])
            }
            return call.receiver
        }
        table.define("each_with_object") { call in
            let block = try call.needBlock()
            for element in try elements(call) { _ = try call.interpreter.call(block, [element, call[0]]) }
            return call[0]
        }
        table.define("each_slice") { call in
            let size = max(1, try call.integer(0))
            let elements = try elements(call)
            let slices = stride(from: 0, to: elements.count, by: size).map {
                Value.list(Array(elements[$0..<min($0 + size, elements.count)]))
            }
            guard call.block != nil else { return .list(slices) }
            for slice in slices { _ = try call.yield(slice) }
            return call.receiver
        }
        table.define("each_cons") { call in
            let size = max(1, try call.integer(0))
            let elements = try elements(call)
            let windows =
                elements.count < size
                ? []
                : (0...elements.count - size).map {
                    Value.list(Array(elements[$0..<$0 + size]))
                }
            guard call.block != nil else { return .list(windows) }
            for window in windows { _ = try call.yield(window) }
            return call.receiver
        }
        table.define("to_a", "entries", "force") { call in .list(try elements(call)) }
        table.define("lazy", "each_entry") { call in .list(try elements(call)) }
        table.define("to_set") { call in .object(SetObject(try elements(call))) }
        table.define("to_h") { call in
            let hash = HashBox()
            for element in try elements(call) {
                let pair = try call.block.map { try call.interpreter.call($0, [element]) } ?? element
                guard let parts = pair.elements, parts.count == 2 else {
                    throw call.raising("TypeError", "wrong element type (expected array)")
                }
                hash[parts[0]] = parts[1]
            }
            return .hash(hash)
        }
        table.define("index_by") { call in
            let hash = HashBox()
            for element in try elements(call) { hash[try call.yield(element)] = element }
            return .hash(hash)
        }
        table.define("index_with") { call in
            let hash = HashBox()
            for element in try elements(call) { hash[element] = try call.yield(element) }
            return .hash(hash)
        }
    }

    private static func defineChoosing(_ table: inout MethodTable) {
        table.define("select", "filter") { call in
            let block = try call.needBlock()
            return .list(try elements(call).filter { try call.interpreter.call(block, [$0]).isTruthy })
        }
        table.define("reject") { call in
            let block = try call.needBlock()
            return .list(try elements(call).filter { try !call.interpreter.call(block, [$0]).isTruthy })
        }
        table.define("find", "detect") { call in
            let block = try call.needBlock()
            return try elements(call).first { try call.interpreter.call(block, [$0]).isTruthy } ?? .nil
        }
        table.define("find_index") { call in
            let isMeant = equalityTest(call)
            return try elements(call).firstIndex(where: isMeant).map { .int($0) } ?? .nil
        }
        table.define("find_all") { call in
            let block = try call.needBlock()
            return .list(try elements(call).filter { try call.interpreter.call(block, [$0]).isTruthy })
        }
        table.define("partition") { call in
            let block = try call.needBlock()
            var (yes, no): ([Value], [Value]) = ([], [])
            for element in try elements(call) {
                if try call.interpreter.call(block, [element]).isTruthy {
                    yes.append(element)
                } else {
                    no.append(element)
                }
            }
            return .list([.list(yes), .list(no)])
        }
        table.define("grep") { call in
            let found = try elements(call).filter { try call.interpreter.caseEqual(call[0], $0) }
            guard let block = call.block else { return .list(found) }
            return .list(try found.map { try call.interpreter.call(block, [$0]) })
        }
        table.define("grep_v") { call in
            .list(try elements(call).filter { try !call.interpreter.caseEqual(call[0], $0) })
        }
        table.define("group_by") { call in
            let hash = HashBox()
            for element in try elements(call) {
                let key = try call.yield(element)
                hash[key] = .list((hash[key]?.elements ?? []) + [element])
            }
            return .hash(hash)
        }
        table.define("chunk_while", "slice_when") { call in
            var chunks: [[Value]] = []
            for element in try elements(call) {
                if let last = chunks.last?.last, try call.yields(last, element) == (call.name == "chunk_while") {
                    chunks[chunks.count - 1].append(element)
                } else {
                    chunks.append([element])
                }
            }
            return .list(chunks.map { .list($0) })
        }
        table.define("take") { call in .list(Array(try elements(call).prefix(max(0, try call.integer(0))))) }
        table.define("drop") { call in .list(Array(try elements(call).dropFirst(max(0, try call.integer(0))))) }
        table.define("take_while") { call in
            let block = try call.needBlock()
            return .list(Array(try elements(call).prefix { try call.interpreter.call(block, [$0]).isTruthy }))
        }
        table.define("drop_while") { call in
            let block = try call.needBlock()
            return .list(Array(try elements(call).drop { try call.interpreter.call(block, [$0]).isTruthy }))
        }
        table.define("first") { call in
            let elements = try elements(call)
            return call.count > 0 ? .list(Array(elements.prefix(try call.integer(0)))) : elements.first ?? .nil
        }
    }

    static func equalityTest(_ call: Call) -> (Value) throws -> Bool {
        if call.count > 0 {
            let wanted = call[0]
            return { try call.interpreter.areEqual($0, wanted) }
        }
        guard let block = call.block else { return { $0.isTruthy } }
        return { try call.interpreter.call(block, [$0]).isTruthy }
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        table.define("all?") { call in .bool(try elements(call).allSatisfy(test(call))) }
        table.define("any?") { call in .bool(try elements(call).contains(where: test(call))) }
        table.define("none?") { call in .bool(try !elements(call).contains(where: test(call))) }
        table.define("one?") { call in .bool(try elements(call).filter(test(call)).count == 1) }
        table.define("many?") { call in .bool(try elements(call).count > 1) }
        table.define("include?", "member?") { call in
            .bool(try elements(call).contains { try call.interpreter.areEqual($0, call[0]) })
        }
        table.define("exclude?") { call in
            .bool(try !elements(call).contains { try call.interpreter.areEqual($0, call[0]) })
        }
        table.define("count") { call in
            let elements = try elements(call)
            if call.count == 0, call.block == nil { return .int(elements.count) }
            let isMeant = equalityTest(call)
            return .int(try elements.filter(isMeant).count)
        }
        table.define("tally") { call in
            let hash = HashBox()
            for element in try elements(call) { hash[element] = .int((hash[element]?.integer ?? 0) + 1) }
            return .hash(hash)
        }
    }

    private static func defineFolding(_ table: inout MethodTable) {
        table.define("reduce", "inject") { call in
            var elements = try elements(call)[...]
            var arguments = call.arguments
            var name: String?
            if call.block == nil, case .symbol(let text)? = arguments.last {
                name = text
                arguments.removeLast()
            }
            guard var result = arguments.first ?? elements.popFirst() else { return .nil }
            for element in elements {
                if let name {
                    result = try call.interpreter.send(result, name, [element])
                } else {
                    result = try call.yield(result, element)
                }
            }
            return result
        }
        table.define("sum") { call in
            var result: Value = call.count > 0 ? call[0] : .int(0)
            for element in try elements(call) {
                let value = try call.block.map { try call.interpreter.call($0, [element]) } ?? element
                result = try call.interpreter.send(result, "+", [value])
            }
            return result
        }
        table.define("uniq") { call in
            var seen: Set<HashKey> = []
            return .list(
                try elements(call).filter { element in
                    let key = try call.block.map { try call.interpreter.call($0, [element]) } ?? element
                    return seen.insert(HashKey(key)).inserted
                })
        }
        table.define("zip") { call in
            let others = try call.arguments.map { try call.interpreter.list(from: $0) }
            let rows = try elements(call).enumerated().map { index, element in
                Value.list([element] + others.map { index < $0.count ? $0[index] : .nil })
            }
            guard call.block != nil else { return .list(rows) }
            for row in rows { _ = try call.yield(row) }
            return .nil
        }
        table.define("cycle") { call in
            let elements = try elements(call)
            for _ in 0..<(call.count > 0 ? try call.integer(0) : 1_000_000) {
                for element in elements { _ = try call.yield(element) }
            }
            return .nil
        }
        table.define("reverse_each") { call in
            for element in try elements(call).reversed() { _ = try call.yield(element) }
            return call.receiver
        }
    }

    private static func defineOrder(_ table: inout MethodTable) {
        table.define("sort") { call in .list(try sorted(elements(call), call)) }
        table.define("sort_by") { call in .list(try sortedBy(elements(call), call)) }
        table.define("min") { call in
            let sorted = try sorted(elements(call), call)
            return call.count > 0 ? .list(Array(sorted.prefix(try call.integer(0)))) : sorted.first ?? .nil
        }
        table.define("max") { call in
            let sorted = try sorted(elements(call), call)
            return call.count > 0 ? .list(Array(sorted.suffix(try call.integer(0)).reversed())) : sorted.last ?? .nil
        }
        table.define("min_by") { call in try sortedBy(elements(call), call).first ?? .nil }
        table.define("max_by") { call in try sortedBy(elements(call), call).last ?? .nil }
        table.define("minmax") { call in
            let sorted = try sorted(elements(call), call)
            return .list([sorted.first ?? .nil, sorted.last ?? .nil])
        }
    }

    static func sorted(_ elements: [Value], _ call: Call) throws -> [Value] {
        try elements.sorted { left, right in
            if let block = call.block { return try (call.interpreter.call(block, [left, right]).integer ?? 0) < 0 }
            return try order(left, right, call) < 0
        }
    }

    static func sortedBy(_ elements: [Value], _ call: Call) throws -> [Value] {
        let block = try call.needBlock()
        return try elements.map { ($0, try call.interpreter.call(block, [$0])) }
            .sorted { try order($0.1, $1.1, call) < 0 }.map(\.0)
    }

    private static func order(_ left: Value, _ right: Value, _ call: Call) throws -> Int {
        if let order = try call.interpreter.compare(left, right) { return order }
        let interpreter = call.interpreter
        throw call.raising(
            "ArgumentError",
            "comparison of \(interpreter.className(of: left)) with \(interpreter.className(of: right)) failed")
    }
}

/// What `each_with_index` and `map` answer without a block: enough for `.with_index`, `.map` and the like.
final class EnumeratorObject: ObjectBox {
    let elements: [Value]
    let verb: String

    init(_ elements: [Value], _ verb: String) {
        self.elements = elements
        self.verb = verb
    }

    override var nativeClassName: String { "Enumerator" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        table.define("to_a") { call in .list(elements(call)) }
        table.define("each") { call in
            for element in elements(call) { _ = try call.yield(element) }
            return call.receiver
        }
        table.define("with_index", "each_with_index") { call in
            guard case .object(let object as EnumeratorObject) = call.receiver else { return .nil }
            let start = call.count > 0 ? try call.integer(0) : 0
            let results = try object.elements.enumerated().map { try call.yield($1, .int($0 + start)) }
            switch object.verb {
            case "map": return .list(results)
            case "select": return .list(zip(object.elements, results).filter(\.1.isTruthy).map(\.0))
            default: return .list(object.elements)
            }
        }
        table.define("with_object") { call in
            for element in elements(call) { _ = try call.yield(element, call[0]) }
            return call[0]
        }
        table.define("next") { call in elements(call).first ?? .nil }
        table.define("size") { call in .int(elements(call).count) }
    }

    private static func elements(_ call: Call) -> [Value] {
        guard case .object(let object as EnumeratorObject) = call.receiver else { return [] }
        return object.elements
    }
}
