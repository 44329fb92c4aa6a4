/// Methods of Array beyond what all collections have.
enum ArrayMethods {
    static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        defineAccess(&table)
        defineCombination(&table)
        defineChanges(&table)
        defineRemoval(&table)
        table.define("each") { call in
            let box = try box(call)
            guard let block = call.block else { return .object(EnumeratorObject(box.elements, "each")) }
            var index = 0
            // The array may change while it is walked.
            while index < box.elements.count {
                _ = try call.interpreter.call(block, [box.elements[index]])
                index += 1
            }
            return call.receiver
        }
        table.define("each_index") { call in
            for index in try box(call).elements.indices { _ = try call.yield(.int(index)) }
            return call.receiver
        }
    }

    static func box(_ call: Call) throws -> ArrayBox {
        guard case .array(let box) = call.receiver else { throw call.raising("TypeError", "not an array") }
        return box
    }

    private static func defineAccess(_ table: inout MethodTable) {
        table.define("[]", "slice") { call in try slice(box(call).elements, call) }
        table.define("at") { call in element(try box(call).elements, try call.integer(0)) ?? .nil }
        table.define("fetch") { call in
            if let value = element(try box(call).elements, try call.integer(0)) { return value }
            if let block = call.block { return try call.interpreter.call(block, [call[0]]) }
            if call.count > 1 { return call[1] }
            throw call.raising("IndexError", "index \(try call.integer(0)) outside of array bounds")
        }
        table.define("dig") { call in
            guard let value = element(try box(call).elements, try call.integer(0)) else { return .nil }
            return call.count == 1 || value.isNil
                ? value : try call.interpreter.send(value, "dig", Array(call.arguments.dropFirst()))
        }
        table.define("values_at") { call in
            let elements = try box(call).elements
            return .list(call.arguments.map { $0.integer.flatMap { element(elements, $0) } ?? .nil })
        }
        for (index, name) in ["second", "third", "fourth", "fifth"].enumerated() {
            table.define(name) { call in element(try box(call).elements, index + 1) ?? .nil }
        }
        table.define("last") { call in
            let elements = try box(call).elements
            return call.count > 0 ? .list(Array(elements.suffix(try call.integer(0)))) : elements.last ?? .nil
        }
        table.define("length", "size") { call in .int(try box(call).elements.count) }
        table.define("empty?", "blank?") { call in .bool(try box(call).elements.isEmpty) }
        table.define("present?") { call in .bool(try !box(call).elements.isEmpty) }
        table.define("presence") { call in try box(call).elements.isEmpty ? .nil : call.receiver }
        table.define("index", "find_index") { call in
            let isMeant = EnumerableMethods.equalityTest(call)
            return try box(call).elements.firstIndex(where: isMeant).map { .int($0) } ?? .nil
        }
        table.define("rindex") { call in
            let isMeant = EnumerableMethods.equalityTest(call)
            return try box(call).elements.lastIndex(where: isMeant).map { .int($0) } ?? .nil
        }
        table.define("to_a", "to_ary", "entries") { call in call.receiver }
        table.define("dup", "clone") { call in .list(try box(call).elements) }
        table.define("assoc") { call in
            try box(call).elements.first {
                try $0.elements?.first.map { try call.interpreter.areEqual($0, call[0]) } ?? false
            } ?? .nil
        }
        table.define("sample") { call in try box(call).elements.first ?? .nil }
    }

    static func element(_ elements: [Value], _ index: Int) -> Value? {
        let position = index < 0 ? index + elements.count : index
        return elements.indices.contains(position) ? elements[position] : nil
    }

    static func slice(_ elements: [Value], _ call: Call) throws -> Value {
        if case .range(let range) = call[0] {
            return range.indices(in: elements.count).map { .list(Array(elements[$0])) } ?? .nil
        }
        let index = try call.integer(0)
        guard call.count > 1 else { return element(elements, index) ?? .nil }
        let start = index < 0 ? index + elements.count : index
        let length = try call.integer(1)
        guard start >= 0, start <= elements.count, length >= 0 else { return .nil }
        return .list(Array(elements[start..<min(elements.count, start + length)]))
    }

    private static func defineCombination(_ table: inout MethodTable) {
        table.define("+") { call in
            guard case .array(let other) = call[0] else {
                return .list(try box(call).elements + call.list(0))
            }
            return .list(try box(call).elements + other.elements)
        }
        table.define("-", "difference") { call in
            let removed = Set(try call.list(0).map(HashKey.init))
            return .list(try box(call).elements.filter { !removed.contains(HashKey($0)) })
        }
        table.define("without", "excluding") { call in
            let removed = Set(call.arguments.map(HashKey.init))
            return .list(try box(call).elements.filter { !removed.contains(HashKey($0)) })
        }
        table.define("&", "intersection") { call in
            let kept = Set(try call.list(0).map(HashKey.init))
            return .list(unique(try box(call).elements.filter { kept.contains(HashKey($0)) }))
        }
        table.define("|", "union") { call in .list(unique(try box(call).elements + call.list(0))) }
        table.define("intersect?") { call in
            let kept = Set(try call.list(0).map(HashKey.init))
            return .bool(try box(call).elements.contains { kept.contains(HashKey($0)) })
        }
        table.define("*") { call in
            if case .string(let separator) = call[0] {
                return .text(try joined(box(call).elements, separator.text, call))
            }
            return .list(
                Array(repeatElement(try box(call).elements, count: min(10_000, max(0, try call.integer(0)))).joined()))
        }
        table.define("join") { call in .text(try joined(box(call).elements, call.optionalText(0) ?? "", call)) }
        table.define("compact") { call in .list(try box(call).elements.filter { !$0.isNil }) }
        table.define("compact_blank") { call in
            .list(try box(call).elements.filter { try call.interpreter.send($0, "present?").isTruthy })
        }
        table.define("flatten") { call in
            .list(try flattened(box(call).elements, depth: call.count > 0 ? call.integer(0) : -1))
        }
        table.define("reverse") { call in .list(try box(call).elements.reversed()) }
        table.define("rotate") { call in
            let elements = try box(call).elements
            guard !elements.isEmpty else { return .list([]) }
            let count = call.count > 0 ? try call.integer(0) : 1
            let shift = ((count % elements.count) + elements.count) % elements.count
            return .list(Array(elements[shift...] + elements[..<shift]))
        }
        table.define("transpose") { call in
            let rows = try box(call).elements.map { $0.elements ?? [] }
            return .list(
                (rows.first ?? []).indices.map { column in .list(rows.map { column < $0.count ? $0[column] : .nil }) })
        }
        table.define("product") { call in
            let rows = try call.arguments.reduce(try box(call).elements.map { [$0] }) { rows, other in
                let values = try call.interpreter.list(from: other)
                return rows.flatMap { row in values.map { row + [$0] } }
            }
            return .list(rows.map { .list($0) })
        }
        table.define("combination") { call in
            let elements = try box(call).elements
            guard try call.integer(0) == 2 else { throw call.unsupported("another number than 2") }
            return .list(elements.indices.flatMap { i in elements[(i + 1)...].map { .list([elements[i], $0]) } })
        }
        table.define("permutation") { call in
            let elements = try box(call).elements
            let length = call.count > 0 ? try call.integer(0) : elements.count
            guard (0...4).contains(length) else { throw call.unsupported("a length above 4") }
            let rows = (0..<length).reduce([[Int]()]) { rows, _ in
                rows.flatMap { row in elements.indices.filter { !row.contains($0) }.map { row + [$0] } }
            }
            let values = rows.map { row in Value.list(row.map { elements[$0] }) }
            guard call.block != nil else { return .list(values) }
            for value in values { _ = try call.yield(value) }
            return call.receiver
        }
        table.define("pack") { call in .text(try Packing.pack(box(call).elements, format: call.text(0), call)) }
        table.define("to_sentence") { call in
            let texts = try box(call).elements.map { try call.interpreter.string(of: $0) }
            return .text(
                texts.count < 3
                    ? texts.joined(separator: " and ")
                    : texts.dropLast().joined(separator: ", ") + ", and " + texts[texts.count - 1])
        }
        table.define("shelljoin") { call in
            .text(
                try box(call).elements.map { ShellText.escaped(try call.interpreter.string(of: $0)) }.joined(
                    separator: " "))
        }
        table.define("in_groups_of") { call in
            let size = max(1, try call.integer(0))
            let elements = try box(call).elements
            return .list(
                stride(from: 0, to: elements.count, by: size).map { start in
                    .list((start..<start + size).map { $0 < elements.count ? elements[$0] : .nil })
                })
        }
    }

    static func unique(_ elements: [Value]) -> [Value] {
        var seen: Set<HashKey> = []
        return elements.filter { seen.insert(HashKey($0)).inserted }
    }

    static func joined(_ elements: [Value], _ separator: String, _ call: Call) throws -> String {
        try elements.map { element in
            if case .array(let box) = element { return try joined(box.elements, separator, call) }
            return try call.interpreter.string(of: element)
        }.joined(separator: separator)
    }

    static func flattened(_ elements: [Value], depth: Int) -> [Value] {
        elements.flatMap { element -> [Value] in
            guard depth != 0, case .array(let box) = element else { return [element] }
            return flattened(box.elements, depth: depth - 1)
        }
    }

    private static func defineChanges(_ table: inout MethodTable) {
        table.define("<<") { call in
            try box(call).elements.append(call[0])
            return call.receiver
        }
        table.define("push", "append") { call in
            try box(call).elements += call.arguments
            return call.receiver
        }
        table.define("unshift", "prepend") { call in
            let box = try box(call)
            box.elements = call.arguments + box.elements
            return call.receiver
        }
        table.define("concat") { call in
            let box = try box(call)
            for index in call.arguments.indices { box.elements += try call.list(index) }
            return call.receiver
        }
        table.define("insert") { call in
            let box = try box(call)
            let index = try call.integer(0)
            let position = index < 0 ? box.elements.count + index + 1 : index
            while box.elements.count < position { box.elements.append(.nil) }
            box.elements.insert(contentsOf: call.arguments.dropFirst(), at: max(0, position))
            return call.receiver
        }
        table.define("[]=") { call in
            let box = try box(call)
            if case .range(let range) = call[0], let indices = range.indices(in: box.elements.count) {
                box.elements.replaceSubrange(indices, with: call[1].elements ?? [call[1]])
                return call[1]
            }
            let index = try call.integer(0)
            let position = index < 0 ? index + box.elements.count : index
            guard position >= 0, position < 1_000_000 else {
                throw call.raising("IndexError", "index \(index) too small")
            }
            while box.elements.count <= position { box.elements.append(.nil) }
            box.elements[position] = call[call.count - 1]
            return call[call.count - 1]
        }
        table.define("replace") { call in
            try box(call).elements = call.list(0)
            return call.receiver
        }
        table.define("fill") { call in
            let box = try box(call)
            box.elements = box.elements.map { _ in call[0] }
            return call.receiver
        }
        for name in [
            "map", "collect", "compact", "flatten", "uniq", "reverse", "sort", "sort_by", "reject", "select", "filter",
            "rotate", "shuffle",
        ] {
            table.define(name + "!") { call in
                guard let plain = ArrayMethods.table[name] else { return .nil }
                let box = try box(call)
                let before = box.elements.count
                box.elements = try plain(call).elements ?? []
                let answersNil = ["compact", "flatten", "uniq", "reject", "select", "filter"].contains(name)
                return answersNil && box.elements.count == before ? .nil : call.receiver
            }
        }
        table.define("shuffle") { call in .list(try box(call).elements) }
        table.define("freeze") { call in call.receiver }
    }

    private static func defineRemoval(_ table: inout MethodTable) {
        table.define("pop") { call in
            let box = try box(call)
            guard call.count > 0 else { return box.elements.popLast() ?? .nil }
            let taken = Array(box.elements.suffix(try call.integer(0)))
            box.elements.removeLast(taken.count)
            return .list(taken)
        }
        table.define("shift") { call in
            let box = try box(call)
            guard call.count > 0 else { return box.elements.isEmpty ? .nil : box.elements.removeFirst() }
            let taken = Array(box.elements.prefix(try call.integer(0)))
            box.elements.removeFirst(taken.count)
            return .list(taken)
        }
        table.define("delete") { call in
            let box = try box(call)
            let before = box.elements.count
            try box.elements.removeAll { try call.interpreter.areEqual($0, call[0]) }
            return box.elements.count == before ? .nil : call[0]
        }
        table.define("delete_at") { call in
            let box = try box(call)
            let index = try call.integer(0)
            let position = index < 0 ? index + box.elements.count : index
            return box.elements.indices.contains(position) ? box.elements.remove(at: position) : .nil
        }
        table.define("delete_if", "reject!") { call in
            let block = try call.needBlock()
            let box = try box(call)
            let before = box.elements.count
            try box.elements.removeAll { try call.interpreter.call(block, [$0]).isTruthy }
            return call.name == "reject!" && before == box.elements.count ? .nil : call.receiver
        }
        table.define("keep_if", "select!", "filter!") { call in
            let block = try call.needBlock()
            let box = try box(call)
            let before = box.elements.count
            try box.elements.removeAll { try !call.interpreter.call(block, [$0]).isTruthy }
            return call.name != "keep_if" && before == box.elements.count ? .nil : call.receiver
        }
        table.define("slice!") { call in
            let box = try box(call)
            let taken = try slice(box.elements, call)
            if case .range(let range) = call[0], let indices = range.indices(in: box.elements.count) {
                box.elements.removeSubrange(indices)
            } else if let index = call[0].integer {
                let start = index < 0 ? index + box.elements.count : index
                let count = taken.elements.map { call.count > 1 ? $0.count : 1 } ?? 1
                if box.elements.indices.contains(start) {
                    box.elements.removeSubrange(start..<min(start + count, box.elements.count))
                }
            }
            return taken
        }
        table.define("clear") { call in
            try box(call).elements = []
            return call.receiver
        }
        table.define("extract_options!") { call in
            let box = try box(call)
            if case .hash? = box.elements.last { return box.elements.removeLast() }
            return .hash(HashBox())
        }
    }
}
