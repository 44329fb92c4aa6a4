/// Conversions and comparisons that the language makes by itself.
extension Interpreter {
    /// `to_s`
    func string(of value: Value) throws -> String {
        switch value {
        case .nil: return ""
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .float(let number): return NumberText.text(of: number)
        case .symbol(let text), .path(let text): return text
        case .string(let box): return box.text
        case .array, .hash, .range: return try inspect(value)
        case .regexp(let regexp): return regexp.embeddedSource
        case .proc: return "#<Proc>"
        case .type(let type): return type.name
        case .object(let object):
            if let (entry, owner, isClassMethod) = method(named: "to_s", of: value) {
                let call = Call(
                    interpreter: self, receiver: value, name: "to_s", arguments: [], hasKeywords: false, block: nil,
                    frame: frame(for: value), span: site)
                let text = try invoke(entry, owner: owner, isClassMethod: isClassMethod, call)
                return text.characters ?? object.displayText
            }
            return object.displayText
        }
    }

    /// `inspect`
    func inspect(_ value: Value) throws -> String {
        switch value {
        case .nil: return "nil"
        case .symbol(let text): return ":" + SymbolMethods.quotedIfNeeded(text)
        case .string(let box): return StringMethods.inspect(box.text)
        case .path(let text): return "#<Pathname:\(text)>"
        case .array(let box): return "[" + (try box.elements.map(inspect)).joined(separator: ", ") + "]"
        case .hash(let box):
            if box.count == 0 { return "{}" }
            return "{"
                + (try box.pairs.map { "\(try inspect($0.key))=>\(try inspect($0.value))" }).joined(separator: ", ")
                + "}"
        case .range(let range):
            let dots = range.isExclusive ? "..." : ".."
            return (range.lower.isNil ? "" : try inspect(range.lower)) + dots
                + (range.upper.isNil ? "" : try inspect(range.upper))
        case .regexp(let regexp): return "/\(regexp.source)/\(regexp.options.flagText)"
        case .object(let object as ExceptionObject):
            return "#<\(object.userClass?.name ?? object.className): \(object.message)>"
        case .object(let object as VersionObject): return "#<Version: \(object.version.text.debugDescription)>"
        default: return try string(of: value)
        }
    }

    /// What `Array()` and `*` make of a value.
    func list(from value: Value, spreadsHash: Bool = true) throws -> [Value] {
        switch value {
        case .nil: return []
        case .array(let box): return box.elements
        case .hash(let box): return spreadsHash ? box.pairs.map { .list([$0.key, $0.value]) } : [value]
        case .range: return try spreadsHash ? RangeMethods.elements(of: value, self) : [value]
        case .object(let object as SetObject): return object.elements
        case .object(let object):
            if object.userClass != nil, let (entry, owner, isClassMethod) = method(named: "to_a", of: value) {
                let call = Call(
                    interpreter: self, receiver: value, name: "to_a", arguments: [], hasKeywords: false, block: nil,
                    frame: frame(for: value), span: site)
                return try list(from: invoke(entry, owner: owner, isClassMethod: isClassMethod, call))
            }
            if spreadsHash, let native = object.nativeMethods["to_a"] {
                let call = Call(
                    interpreter: self, receiver: value, name: "to_a", arguments: [], hasKeywords: false, block: nil,
                    frame: topFrame, span: site)
                return try native(call).elements ?? [value]
            }
            return [value]
        default: return [value]
        }
    }

    func flattened(_ values: [Value]) throws -> [Value] {
        var result: [Value] = []
        for value in values {
            if case .array(let box) = value {
                result += try flattened(box.elements)
            } else {
                result.append(value)
            }
        }
        return result
    }

    // MARK: Comparison

    /// `==`
    func areEqual(_ left: Value, _ right: Value) throws -> Bool {
        switch (left, right) {
        case (.nil, .nil): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.int(let a), .int(let b)): return a == b
        case (.float(let a), .float(let b)): return a == b
        case (.int(let a), .float(let b)), (.float(let b), .int(let a)): return Double(a) == b
        case (.symbol(let a), .symbol(let b)): return a == b
        case (.string(let a), .string(let b)): return a.text == b.text
        case (.path(let a), .path(let b)): return a == b
        case (.array(let a), .array(let b)):
            guard a.elements.count == b.elements.count else { return false }
            for (x, y) in zip(a.elements, b.elements) where try !areEqual(x, y) { return false }
            return true
        case (.hash(let a), .hash(let b)):
            guard a.count == b.count else { return false }
            for (key, value) in a.pairs {
                guard let other = b[key], try areEqual(value, other) else { return false }
            }
            return true
        case (.object(let object), _):
            if object.userClass != nil, let (entry, owner, isClassMethod) = method(named: "==", of: left) {
                let call = Call(
                    interpreter: self, receiver: left, name: "==", arguments: [right], hasKeywords: false, block: nil,
                    frame: frame(for: left), span: site)
                return try invoke(entry, owner: owner, isClassMethod: isClassMethod, call).isTruthy
            }
            return object.isEqual(to: right)
        case (_, .object(let object)) where object is VersionObject: return object.isEqual(to: left)
        default: return HashKey(left) == HashKey(right)
        }
    }

    /// `===`
    func caseEqual(_ pattern: Value, _ value: Value) throws -> Bool {
        switch pattern {
        case .type(let type): return isKind(value, of: type)
        case .regexp(let regexp):
            guard let text = value.characters else { return false }
            return try match(regexp, text) != nil
        case .range(let range): return try RangeMethods.covers(range, value, self)
        case .proc(let proc): return try call(proc, [value]).isTruthy
        case .object(let method as MethodObject): return try call(method.proc, [value]).isTruthy
        default: return try areEqual(pattern, value)
        }
    }

    /// `<=>`; nil where the values have no order.
    func compare(_ left: Value, _ right: Value) throws -> Int? {
        switch (left, right) {
        case (.int(let a), .int(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.int, .float), (.float, .int), (.float, .float):
            let a = NumberMethods.double(left)
            let b = NumberMethods.double(right)
            return a < b ? -1 : a == b ? 0 : 1
        case (.string(let a), .string(let b)): return Self.order(a.text, b.text)
        case (.symbol(let a), .symbol(let b)): return Self.order(a, b)
        case (.path(let a), .path(let b)): return Self.order(a.pathOrderKey, b.pathOrderKey)
        case (.array(let a), .array(let b)):
            for (x, y) in zip(a.elements, b.elements) {
                guard let order = try compare(x, y) else { return nil }
                if order != 0 { return order }
            }
            return (a.elements.count - b.elements.count).signum()
        case (.object(let object), _):
            if object.userClass != nil, let (entry, owner, isClassMethod) = method(named: "<=>", of: left) {
                let call = Call(
                    interpreter: self, receiver: left, name: "<=>", arguments: [right], hasKeywords: false, block: nil,
                    frame: frame(for: left), span: site)
                return try invoke(entry, owner: owner, isClassMethod: isClassMethod, call).integer
            }
            return object.order(right)
        case (_, .object(let object as VersionObject)): return object.order(left).map { -$0 }
        default: return try areEqual(left, right) ? 0 : nil
        }
    }

    static func order(_ left: String, _ right: String) -> Int {
        if left == right { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    // MARK: Classes

    func className(of value: Value) -> String {
        switch value {
        case .object(let object): object.userClass?.name ?? object.nativeClassName
        case .type(let type): type.nativeClassName
        default: nativeAncestors(of: value)[0]
        }
    }

    /// The names of the classes of a value that the language brings, nearest first.
    func nativeAncestors(of value: Value) -> [String] {
        switch value {
        case .nil: ["NilClass", "Object"]
        case .bool(true): ["TrueClass", "Object"]
        case .bool(false): ["FalseClass", "Object"]
        case .int: ["Integer", "Numeric", "Comparable", "Object"]
        case .float: ["Float", "Numeric", "Comparable", "Object"]
        case .symbol: ["Symbol", "Comparable", "Object"]
        case .string: ["String", "Comparable", "Object"]
        case .array: ["Array", "Enumerable", "Object"]
        case .hash: ["Hash", "Enumerable", "Object"]
        case .range: ["Range", "Enumerable", "Object"]
        case .regexp: ["Regexp", "Object"]
        case .proc: ["Proc", "Object"]
        case .path: ["Pathname", "Object"]
        case .type(let type): type.isModule ? ["Module", "Object"] : ["Class", "Module", "Object"]
        case .object(let object): object.nativeAncestors + ["Object", "Kernel", "BasicObject"]
        }
    }

    func isKind(_ value: Value, of type: ClassBox) -> Bool {
        if case .object(let object) = value, let userClass = object.userClass, userClass.isKind(of: type) {
            return true
        }
        return type.native != nil && isKind(value, ofClassNamed: type.name)
    }

    func isKind(_ value: Value, ofClassNamed name: String) -> Bool {
        if case .object(let object) = value, let userClass = object.userClass, userClass.hasAncestor(named: name) {
            return true
        }
        return nativeAncestors(of: value).contains(name)
    }
}

extension String {
    /// Paths are compared with the slash before everything else.
    fileprivate var pathOrderKey: String { String(map { $0 == "/" ? "\0" : $0 }) }
}
