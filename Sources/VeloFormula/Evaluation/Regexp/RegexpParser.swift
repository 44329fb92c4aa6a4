/// Reads Ruby's regular expression syntax.
struct RegexpParser {
    let bytes: [UInt8]
    var index = 0
    var options: RegexpOptions
    var depth = 0
    private(set) var groupCount = 0
    private(set) var names: [(name: String, group: Int)] = []
    /// With named groups, plain parentheses do not capture.
    let hasNames: Bool

    init(_ source: String, options: RegexpOptions) {
        bytes = Array(source.utf8)
        self.options = options
        hasNames = Self.findsNames(bytes)
    }

    static func findsNames(_ bytes: [UInt8]) -> Bool {
        let text = VersionScanner(bytes)
        return bytes.indices.contains { index in
            (text.hasPrefix("(?<", at: index) && !text.isByte(index + 3, "=!")) || text.hasPrefix("(?'", at: index)
        }
    }

    mutating func parse() throws(RegexpSyntaxError) -> RegexpNode {
        let node = try parseAlternatives()
        guard index == bytes.count else { throw RegexpSyntaxError(reason: "unmatched `)`") }
        return try resolve(node)
    }

    var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func eat(_ text: StaticString) -> Bool {
        guard VersionScanner.hasPrefix(bytes, text, at: index) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    mutating func parseAlternatives() throws(RegexpSyntaxError) -> RegexpNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw RegexpSyntaxError(reason: "it is nested too deep") }
        // Options given inside a group end with it.
        let outer = options
        defer { options = outer }
        var branches: [RegexpNode] = [try parseSequence()]
        while eat("|") { branches.append(try parseSequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    mutating func parseSequence() throws(RegexpSyntaxError) -> RegexpNode {
        var nodes: [RegexpNode] = []
        while let byte = current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if options.isExtended, skipsExtended(byte) { continue }
            guard let atom = try parseAtom() else { continue }
            nodes.append(try parseRepeats(of: atom))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// Blanks and comments under `x`.
    mutating func skipsExtended(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: "#") {
            while let next = current, next != UInt8(ascii: "\n") { _ = next; index += 1 }
            return true
        }
        guard byte == 32 || (9...13).contains(byte) else { return false }
        index += 1
        return true
    }

    mutating func parseRepeats(of atom: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
        var node = atom
        while let byte = current {
            var bounds: (Int, Int?)
            switch byte {
            case UInt8(ascii: "*"): bounds = (0, nil); index += 1
            case UInt8(ascii: "+"): bounds = (1, nil); index += 1
            case UInt8(ascii: "?"): bounds = (0, 1); index += 1
            case UInt8(ascii: "{"):
                guard let braces = parseBraces() else { return node }
                bounds = braces
            default: return node
            }
            if bounds.0 > 1000 || bounds.1 ?? 0 > 1000 { throw RegexpSyntaxError(reason: "a count above 1000") }
            let isBraces = byte == UInt8(ascii: "{")
            let mode: RegexpNode.RepeatMode = eat("?") ? .lazy : !isBraces && eat("+") ? .possessive : .greedy
            node = .repeated(node, least: bounds.0, most: bounds.1, mode: mode)
        }
        return node
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else is literal.
    mutating func parseBraces() -> (Int, Int?)? {
        var position = index + 1
        let low = bytes.endOfDigits(from: position)
        let least = low > position ? Int(clamping: bytes[position..<low]) : nil
        position = low
        var most = least
        if position < bytes.count, bytes[position] == UInt8(ascii: ",") {
            let high = bytes.endOfDigits(from: position + 1)
            most = high > position + 1 ? Int(clamping: bytes[position + 1..<high]) : nil
            if least == nil, most == nil { return nil }
            position = high
        } else if least == nil {
            return nil
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "}") else { return nil }
        index = position + 1
        return (least ?? 0, most)
    }

    mutating func parseAtom() throws(RegexpSyntaxError) -> RegexpNode? {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "("): return try parseGroup()
        case UInt8(ascii: "["):
            index += 1
            return .set(try parseSet())
        case UInt8(ascii: "."):
            index += 1
            return .any(matchesNewline: options.dotMatchesNewline)
        case UInt8(ascii: "^"):
            index += 1
            return .assert(.lineStart)
        case UInt8(ascii: "$"):
            index += 1
            return .assert(.lineEnd)
        case UInt8(ascii: "\\"): return try parseEscape()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw RegexpSyntaxError(reason: "nothing to repeat")
        default:
            // A whole scalar, so that a repeat takes all its bytes.
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let end = min(index + length, bytes.count)
            defer { index = end }
            return .literal(Array(bytes[index..<end]), ignoresCase: options.ignoresCase)
        }
    }

    // MARK: Groups

    mutating func parseGroup() throws(RegexpSyntaxError) -> RegexpNode? {
        index += 1
        guard eat("?") else {
            if hasNames { return try closed(try parseAlternatives()) }
            groupCount += 1
            let number = groupCount
            return .group(try closed(try parseAlternatives()), number: number)
        }
        if eat(":") { return try closed(try parseAlternatives()) }
        if eat("=") { return .look(try closed(try parseAlternatives()), isBehind: false, isNegative: false) }
        if eat("!") { return .look(try closed(try parseAlternatives()), isBehind: false, isNegative: true) }
        if eat("<=") { return .look(try closed(try parseAlternatives()), isBehind: true, isNegative: false) }
        if eat("<!") { return .look(try closed(try parseAlternatives()), isBehind: true, isNegative: true) }
        if eat(">") { return .atomic(try closed(try parseAlternatives())) }
        if eat("#") {
            while let byte = current, byte != UInt8(ascii: ")") { _ = byte; index += 1 }
            index += 1
            return nil
        }
        if eat("<") || eat("'") {
            let name = try parseName()
            groupCount += 1
            let number = groupCount
            names.append((name, number))
            return .group(try closed(try parseAlternatives()), number: number)
        }
        return try parseInlineOptions()
    }

    mutating func closed(_ node: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
        guard eat(")") else { throw RegexpSyntaxError(reason: "a `(` without `)`") }
        return node
    }

    mutating func parseName() throws(RegexpSyntaxError) -> String {
        let start = index
        while let byte = current, byte.isWordByte { _ = byte; index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        guard !name.isEmpty, eat(">") || eat("'") else { throw RegexpSyntaxError(reason: "a group's name") }
        return name
    }

    /// `(?i)`, `(?mi-x:…)`
    mutating func parseInlineOptions() throws(RegexpSyntaxError) -> RegexpNode? {
        var isOn = true
        var changed = options
        while let byte = current {
            index += 1
            switch byte {
            case UInt8(ascii: "i"): changed.ignoresCase = isOn
            case UInt8(ascii: "m"): changed.dotMatchesNewline = isOn
            case UInt8(ascii: "x"): changed.isExtended = isOn
            case UInt8(ascii: "u"), UInt8(ascii: "a"), UInt8(ascii: "d"): continue
            case UInt8(ascii: "-"): isOn = false
            case UInt8(ascii: ":"):
                let outer = options
                options = changed
                let node = try closed(try parseAlternatives())
                options = outer
                return node
            case UInt8(ascii: ")"):
                options = changed
                return nil
            default: throw RegexpSyntaxError(reason: "the group `(?\(Character(Unicode.Scalar(byte)))`")
            }
        }
        throw RegexpSyntaxError(reason: "a `(` without `)`")
    }

    /// Turns names into numbers.
    func resolve(_ node: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
        switch node {
        case .namedBackreference(let name, let ignoresCase):
            guard let group = names.last(where: { $0.name == name })?.group else {
                throw RegexpSyntaxError(reason: "no group is named `\(name)`")
            }
            return .backreference(group, ignoresCase: ignoresCase)
        case .sequence(let nodes): return .sequence(try resolveAll(nodes))
        case .alternatives(let nodes): return .alternatives(try resolveAll(nodes))
        case .group(let inner, let number): return .group(try resolve(inner), number: number)
        case .look(let inner, let isBehind, let isNegative):
            return .look(try resolve(inner), isBehind: isBehind, isNegative: isNegative)
        case .atomic(let inner): return .atomic(try resolve(inner))
        case .repeated(let inner, let least, let most, let mode):
            return .repeated(try resolve(inner), least: least, most: most, mode: mode)
        default: return node
        }
    }

    func resolveAll(_ nodes: [RegexpNode]) throws(RegexpSyntaxError) -> [RegexpNode] {
        var resolved: [RegexpNode] = []
        for node in nodes { resolved.append(try resolve(node)) }
        return resolved
    }

    // MARK: Escapes and sets
}

extension VersionScanner {
    static func hasPrefix(_ bytes: [UInt8], _ word: StaticString, at index: Int) -> Bool {
        guard index + word.utf8CodeUnitCount <= bytes.count else { return false }
        return word.withUTF8Buffer { $0.elementsEqual(bytes[index..<index + $0.count]) }
    }
}
