/// A value of the formula language.
///
/// Strings, arrays and hashes are boxes because formulae change them in place.
enum Value {
    case `nil`
    case bool(Bool)
    case int(Int)
    case float(Double)
    case symbol(String)
    case string(StringBox)
    case array(ArrayBox)
    case hash(HashBox)
    case range(RangeBox)
    case regexp(RegexpBox)
    case proc(ProcBox)
    /// A Pathname; it cannot change.
    case path(String)
    /// A class or a module.
    case type(ClassBox)
    case object(ObjectBox)

    static func text(_ text: String) -> Value { .string(StringBox(text)) }
    static func list(_ elements: [Value]) -> Value { .array(ArrayBox(elements)) }
    static func texts(_ texts: some Sequence<String>) -> Value { .list(texts.map { .text($0) }) }
    static func optionalText(_ text: String?) -> Value { text.map { .text($0) } ?? .nil }

    var isTruthy: Bool {
        switch self {
        case .nil, .bool(false): false
        default: true
        }
    }

    var isNil: Bool {
        if case .nil = self { return true }
        return false
    }

    /// The characters of a string, symbol or path; nil for anything else.
    var characters: String? {
        switch self {
        case .string(let box): box.text
        case .symbol(let text), .path(let text): text
        case .object(let object): object.implicitText
        default: nil
        }
    }

    var elements: [Value]? {
        if case .array(let box) = self { return box.elements }
        return nil
    }

    var integer: Int? {
        switch self {
        case .int(let number): number
        case .float(let number): Int(exactly: number.rounded(.towardZero))
        default: nil
        }
    }
}

final class StringBox {
    var text: String
    var isFrozen = false
    init(_ text: String) { self.text = text }
}

final class ArrayBox {
    var elements: [Value]
    init(_ elements: [Value]) { self.elements = elements }
}

final class RangeBox {
    let lower: Value
    let upper: Value
    let isExclusive: Bool

    init(_ lower: Value, _ upper: Value, isExclusive: Bool) {
        self.lower = lower
        self.upper = upper
        self.isExclusive = isExclusive
    }

    /// The indices that an integer range selects in a collection, as Ruby counts: negative ones from the end.
    func indices(in count: Int) -> Range<Int>? {
        var start = lower.integer ?? 0
        var end = upper.isNil ? count : (upper.integer ?? 0)
        if start < 0 { start += count }
        if !upper.isNil {
            if end < 0 { end += count }
            if !isExclusive { end += 1 }
        }
        guard start >= 0, start <= count else { return nil }
        return start..<max(start, min(end, count))
    }
}

final class RegexpBox {
    let source: String
    let options: RegexpOptions
    let program: RegexpProgram

    init(_ source: String, options: RegexpOptions) throws {
        self.source = source
        self.options = options
        program = try RegexpProgram(source, options: options)
    }
}

/// A block, a lambda, or something native that is called like one.
final class ProcBox {
    enum Body {
        case code(BlockNode, Frame)
        case native((Call) throws -> Value)
    }
    let body: Body
    var isLambda: Bool

    init(_ body: Body, isLambda: Bool = false) {
        self.body = body
        self.isLambda = isLambda
    }

    var arity: Int {
        guard case .code(let block, _) = body else { return -1 }
        return block.parameters.count
    }
}

/// A hash in insertion order. Small ones are searched, larger ones indexed.
final class HashBox {
    private(set) var pairs: [(key: Value, value: Value)] = []
    private var index: [HashKey: Int]?
    var fallback: Value = .nil
    var fallbackBlock: ProcBox?

    init() {}

    init(_ pairs: [(key: Value, value: Value)]) {
        for (key, value) in pairs { self[key] = value }
    }

    convenience init(symbols: [(String, Value)]) {
        self.init(symbols.map { (key: .symbol($0.0), value: $0.1) })
    }

    var count: Int { pairs.count }
    var keys: [Value] { pairs.map(\.key) }
    var values: [Value] { pairs.map(\.value) }

    private static let indexThreshold = 8

    private func position(of key: Value) -> Int? {
        if let index { return index[HashKey(key)] }
        switch key {
        case .symbol(let wanted):
            return pairs.firstIndex { if case .symbol(let text) = $0.key { text == wanted } else { false } }
        case .string(let wanted):
            return pairs.firstIndex { if case .string(let box) = $0.key { box.text == wanted.text } else { false } }
        default:
            let wanted = HashKey(key)
            return pairs.firstIndex { HashKey($0.key) == wanted }
        }
    }

    func reserve(_ count: Int) { pairs.reserveCapacity(count) }

    subscript(key: Value) -> Value? {
        get { position(of: key).map { pairs[$0].value } }
        set {
            guard let newValue else {
                remove(key)
                return
            }
            if let position = position(of: key) {
                pairs[position].value = newValue
                return
            }
            var stored = key
            if case .string(let box) = key, !box.isFrozen { stored = .text(box.text) }
            pairs.append((stored, newValue))
            if index != nil {
                index?[HashKey(key)] = pairs.count - 1
            } else if pairs.count > Self.indexThreshold {
                rebuildIndex()
            }
        }
    }

    subscript(symbol name: String) -> Value? {
        for pair in pairs {
            if case .symbol(let text) = pair.key, text == name { return pair.value }
        }
        return nil
    }

    @discardableResult
    func remove(_ key: Value) -> Value? {
        guard let position = position(of: key) else { return nil }
        let value = pairs.remove(at: position).value
        if index != nil { rebuildIndex() }
        return value
    }

    func removeAll(where shouldRemove: ((key: Value, value: Value)) throws -> Bool) rethrows {
        try pairs.removeAll(where: shouldRemove)
        if index != nil { rebuildIndex() }
    }

    func replace(with pairs: [(key: Value, value: Value)]) {
        self.pairs = []
        index = nil
        for (key, value) in pairs { self[key] = value }
    }

    private func rebuildIndex() {
        index = Dictionary(pairs.indices.map { (HashKey(pairs[$0].key), $0) }, uniquingKeysWith: { first, _ in first })
    }

    func copy() -> HashBox {
        let copy = HashBox(pairs)
        copy.fallback = fallback
        copy.fallbackBlock = fallbackBlock
        return copy
    }
}

/// A value as the key of a hash: equal where Ruby's `eql?` says so.
enum HashKey: Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case symbol(String)
    case string(String)
    case path(String)
    case list([HashKey])
    case map([HashKey])
    case identity(ObjectIdentifier)

    init(_ value: Value) {
        switch value {
        case .nil: self = .none
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .int(number)
        case .float(let number): self = .float(number)
        case .symbol(let text): self = .symbol(text)
        case .string(let box): self = .string(box.text)
        case .path(let text): self = .path(text)
        case .array(let box): self = .list(box.elements.map(HashKey.init))
        case .hash(let box): self = .map(box.pairs.flatMap { [HashKey($0.key), HashKey($0.value)] })
        case .range(let box): self = .list([.bool(box.isExclusive), HashKey(box.lower), HashKey(box.upper)])
        case .regexp(let box): self = .list([.symbol("regexp"), .string(box.source)])
        case .proc(let box): self = .identity(ObjectIdentifier(box))
        case .type(let box): self = .identity(ObjectIdentifier(box))
        case .object(let box): self = box.hashKey
        }
    }
}
