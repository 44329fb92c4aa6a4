/// A Set: a list without repetitions.
final class SetObject: ObjectBox {
    private(set) var elements: [Value]

    init(_ elements: [Value]) { self.elements = ArrayMethods.unique(elements) }

    override var nativeClassName: String { "Set" }
    override var nativeAncestors: [String] { ["Set", "Enumerable"] }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { "#<Set: {\(elements.count) elements}>" }
    override var hashKey: HashKey { .list(elements.map(HashKey.init)) }

    override func isEqual(to other: Value) -> Bool {
        guard case .object(let set as SetObject) = other else { return false }
        return Set(elements.map(HashKey.init)) == Set(set.elements.map(HashKey.init))
    }

    private static func set(_ call: Call) throws -> SetObject {
        guard case .object(let set as SetObject) = call.receiver else { throw call.unsupported("this object") }
        return set
    }

    private static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        table.define("each") { call in
            for element in try set(call).elements { _ = try call.yield(element) }
            return call.receiver
        }
        table.define("<<", "add") { call in
            let set = try set(call)
            set.elements = ArrayMethods.unique(set.elements + [call[0]])
            return call.receiver
        }
        table.define("add?") { call in
            let set = try set(call)
            let before = set.elements.count
            set.elements = ArrayMethods.unique(set.elements + [call[0]])
            return set.elements.count > before ? call.receiver : .nil
        }
        table.define("merge") { call in
            let set = try set(call)
            for index in call.arguments.indices {
                set.elements = ArrayMethods.unique(set.elements + (try call.list(index)))
            }
            return call.receiver
        }
        table.define("reject!", "delete_if", "select!", "keep_if", "filter!") { call in
            let set = try set(call)
            let removesChosen = call.name == "reject!" || call.name == "delete_if"
            set.elements = try set.elements.filter { try call.yields($0) != removesChosen }
            return call.receiver
        }
        table.define("delete") { call in
            try set(call).elements.removeAll { HashKey($0) == HashKey(call[0]) }
            return call.receiver
        }
        table.define("length", "size", "count") { call in .int(try set(call).elements.count) }
        table.define("empty?", "blank?") { call in .bool(try set(call).elements.isEmpty) }
        table.define("present?") { call in .bool(try !set(call).elements.isEmpty) }
        table.define("===", "include?", "member?") { call in
            .bool(try set(call).elements.contains { HashKey($0) == HashKey(call[0]) })
        }
        table.define("|", "+", "union") { call in .object(SetObject(try set(call).elements + call.list(0))) }
        table.define("-", "difference") { call in
            let removed = Set(try call.list(0).map(HashKey.init))
            return .object(SetObject(try set(call).elements.filter { !removed.contains(HashKey($0)) }))
        }
        table.define("&", "intersection") { call in
            let kept = Set(try call.list(0).map(HashKey.init))
            return .object(SetObject(try set(call).elements.filter { kept.contains(HashKey($0)) }))
        }
        table.define("subset?", "<=") { call in
            let other = Set(try call.list(0).map(HashKey.init))
            return .bool(try set(call).elements.allSatisfy { other.contains(HashKey($0)) })
        }
        table.define("superset?", ">=") { call in
            let own = Set(try set(call).elements.map(HashKey.init))
            return .bool(try call.list(0).allSatisfy { own.contains(HashKey($0)) })
        }
    }
}

/// `Struct.new(:a, :b)`: a class with a reader and a writer for each name.
enum StructMethods {
    static let statics = MethodTable { table in
        table.define("new") { call in
            guard case .type(let type) = call.receiver else { return .nil }
            if members(of: type) != nil { return try makeInstance(of: type, call) }
            let names = call.positional.compactMap(\.characters)
            let made = ClassBox(name: "Struct", superclass: type)
            made.variables["@members"] = .list(names.map { .symbol($0) })
            made.variables["@keyword_init"] = call.keyword("keyword_init") ?? .nil
            for name in names {
                made.methods[name] = .reader("@" + name)
                made.methods[name + "="] = .writer("@" + name)
            }
            if let block = call.block {
                _ = try call.interpreter.call(block, [], selfValue: .type(made), definitionTarget: made)
            }
            return .type(made)
        }
        table.define("members") { call in
            guard case .type(let type) = call.receiver else { return .nil }
            return members(of: type).map { .list($0) } ?? .nil
        }
    }

    static let instance = MethodTable { table in
        table.define("to_a", "deconstruct", "values") { call in .list(values(call)) }
        table.define("to_h") { call in
            let names = structMembers(call)
            return .hash(HashBox(zip(names, values(call)).map { ($0, $1) }))
        }
        table.define("members") { call in .list(structMembers(call)) }
        table.define("[]") { call in
            if let index = call[0].integer { return ArrayMethods.element(values(call), index) ?? .nil }
            return call.interpreter.variables(of: call.receiver)?.variables["@" + (try call.text(0))] ?? .nil
        }
    }

    private static func members(of type: ClassBox) -> [Value]? {
        var next: ClassBox? = type
        while let current = next {
            if let names = current.variables["@members"]?.elements { return names }
            next = current.superclass
        }
        return nil
    }

    private static func structMembers(_ call: Call) -> [Value] {
        guard case .object(let object) = call.receiver, let type = object.userClass else { return [] }
        return members(of: type) ?? []
    }

    private static func values(_ call: Call) -> [Value] {
        let variables = call.interpreter.variables(of: call.receiver)?.variables ?? [:]
        return structMembers(call).map { variables["@" + ($0.characters ?? "")] ?? .nil }
    }

    static func makeInstance(of type: ClassBox, _ call: Call) throws -> Value {
        let object = ObjectBox(userClass: type)
        let names = (members(of: type) ?? []).compactMap(\.characters)
        if let keywords = call.keywords {
            for name in names { object.variables["@" + name] = keywords[symbol: name] ?? .nil }
        } else {
            for (index, name) in names.enumerated() { object.variables["@" + name] = call[index] }
        }
        return .object(object)
    }
}

/// An OpenStruct.
final class OpenStructObject: ObjectBox {
    let fields: HashBox
    init(_ fields: HashBox) { self.fields = fields }
    override var nativeClassName: String { "OpenStruct" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("[]") { call in
            guard case .object(let object as OpenStructObject) = call.receiver else { return .nil }
            return object.fields[.symbol(try call.text(0))] ?? .nil
        }
        table.define("[]=") { call in
            guard case .object(let object as OpenStructObject) = call.receiver else { return .nil }
            object.fields[.symbol(try call.text(0))] = call[1]
            return call[1]
        }
        table.define("to_h") { call in
            guard case .object(let object as OpenStructObject) = call.receiver else { return .nil }
            return .hash(object.fields.copy())
        }
    }
}
