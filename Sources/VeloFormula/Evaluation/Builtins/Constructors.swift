/// `new` and other class methods of the plain classes.
enum Constructors {
    static let string = MethodTable { table in
        table.define("new") { call in .text(call.positional.isEmpty ? "" : try call.text(0)) }
    }

    static let array = MethodTable { table in
        table.define("new") { call in
            if let elements = call[0].elements { return .list(elements) }
            let count = min(1_000_000, max(0, call.count > 0 ? try call.integer(0) : 0))
            guard let block = call.block else { return .list(Array(repeating: call[1], count: count)) }
            return .list(try (0..<count).map { try call.interpreter.call(block, [.int($0)]) })
        }
        table.define("[]") { call in .list(call.arguments) }
    }

    static let hash = MethodTable { table in
        table.define("new") { call in
            let hash = HashBox()
            hash.fallback = call[0]
            hash.fallbackBlock = call.block
            return .hash(hash)
        }
        table.define("[]") { call in
            if case .hash(let box) = call[0] { return .hash(box.copy()) }
            return .hash(
                HashBox(
                    try call.list(0).map { pair in
                        guard let parts = pair.elements, parts.count == 2 else {
                            throw call.unsupported("these arguments")
                        }
                        return (parts[0], parts[1])
                    }))
        }
    }

    static let range = MethodTable { table in
        table.define("new") { call in .range(RangeBox(call[0], call[1], isExclusive: call[2].isTruthy)) }
    }

    static let proc = MethodTable { table in
        table.define("new") { call in .proc(try call.needBlock()) }
    }

    static let set = MethodTable { table in
        table.define("new") { call in
            let elements = call.count > 0 ? try call.list(0) : []
            guard let block = call.block else { return .object(SetObject(elements)) }
            return .object(SetObject(try elements.map { try call.interpreter.call(block, [$0]) }))
        }
        table.define("[]") { call in .object(SetObject(call.arguments)) }
    }

    static let openStruct = MethodTable { table in
        table.define("new") { call in
            guard case .hash(let box)? = call.arguments.first else { return .object(OpenStructObject(HashBox())) }
            return .object(OpenStructObject(box.copy()))
        }
    }

    static let pathname = MethodTable { table in
        table.define("new") { call in .path(try call.interpreter.string(of: call[0])) }
        table.define("pwd", "getwd") { call in .path(call.interpreter.folder) }
        table.define("glob") { call in
            let base = try call.keywordText("base")
            let found = try call.list(0).flatMap { try call.interpreter.glob($0.characters ?? "", base: base) }
            guard let block = call.block else { return .list(found.map { .path($0) }) }
            for path in found { _ = try call.interpreter.call(block, [.path(path)]) }
            return .nil
        }
    }

    static let resource = MethodTable { table in
        table.define("new") { call in
            let draft = ResourceDraft(name: call.count > 0 ? try call.text(0) : "")
            if let block = call.block { _ = try call.interpreter.call(block, [], selfValue: .object(draft)) }
            guard let resource = draft.finished(defaultVersion: PackageVersion(""), call.interpreter.context.era) else {
                return .object(draft)
            }
            return .object(ResourceObject(resource))
        }
    }

    static let classes = MethodTable { table in
        table.define("new") { call in
            guard case .type(let maker) = call.receiver else { return .nil }
            var above: ClassBox?
            if case .type(let type) = call[0] { above = type }
            let made = ClassBox(name: "", isModule: maker.name == "Module", superclass: above)
            if let block = call.block {
                _ = try call.interpreter.call(block, [.type(made)], selfValue: .type(made), definitionTarget: made)
            }
            return .type(made)
        }
    }
}

extension Interpreter {
    /// An instance of a class that the file defines.
    func makeInstance(of type: ClassBox, _ call: Call) throws -> Value {
        if type.native != nil || type.isModule {
            throw call.refusing("unsupported.method", "`\(type.name).new` is not supported")
        }
        let object = ObjectBox(userClass: type)
        if let (entry, owner) = instanceMethod("initialize", in: type) {
            let inner = Call(
                interpreter: self, receiver: .object(object), name: "initialize", arguments: call.arguments,
                hasKeywords: call.hasKeywords, block: call.block, frame: call.frame, span: call.span)
            _ = try invoke(entry, owner: owner, isClassMethod: false, inner)
        }
        return .object(object)
    }
}
