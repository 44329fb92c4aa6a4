/// A piece of a regular expression.
indirect enum RegexpNode {
    case empty
    /// Bytes as they are.
    case literal([UInt8], ignoresCase: Bool)
    case any(matchesNewline: Bool)
    case set(ScalarSet)
    case assert(RegexpProgram.Assertion)
    case sequence([RegexpNode])
    case alternatives([RegexpNode])
    case group(RegexpNode, number: Int)
    case look(RegexpNode, isBehind: Bool, isNegative: Bool)
    case atomic(RegexpNode)
    case backreference(Int, ignoresCase: Bool)
    case namedBackreference(String, ignoresCase: Bool)
    case repeated(RegexpNode, least: Int, most: Int?, mode: RepeatMode)
    case keep

    enum RepeatMode { case greedy, lazy, possessive }
}

/// Reads Ruby's regular expression syntax.
struct RegexpParser {
    private let bytes: [UInt8]
    private var index = 0
    private var options: RegexpOptions
    private var depth = 0
    private(set) var groupCount = 0
    private(set) var names: [(name: String, group: Int)] = []
    /// With named groups, plain parentheses do not capture.
    private let hasNames: Bool

    init(_ source: String, options: RegexpOptions) {
        bytes = Array(source.utf8)
        self.options = options
        hasNames = Self.findsNames(bytes)
    }

    private static func findsNames(_ bytes: [UInt8]) -> Bool {
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

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func eat(_ text: StaticString) -> Bool {
        guard VersionScanner.hasPrefix(bytes, text, at: index) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    private mutating func parseAlternatives() throws(RegexpSyntaxError) -> RegexpNode {
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

    private mutating func parseSequence() throws(RegexpSyntaxError) -> RegexpNode {
        var nodes: [RegexpNode] = []
        while let byte = current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if options.isExtended, skipsExtended(byte) { continue }
            guard let atom = try parseAtom() else { continue }
            nodes.append(try parseRepeats(of: atom))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// Blanks and comments under `x`.
    private mutating func skipsExtended(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: "#") {
            while let next = current, next != UInt8(ascii: "\n") { _ = next; index += 1 }
            return true
        }
        guard byte == 32 || (9...13).contains(byte) else { return false }
        index += 1
        return true
    }

    private mutating func parseRepeats(of atom: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
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
    private mutating func parseBraces() -> (Int, Int?)? {
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

    private mutating func parseAtom() throws(RegexpSyntaxError) -> RegexpNode? {
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

    private mutating func parseGroup() throws(RegexpSyntaxError) -> RegexpNode? {
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

    private mutating func closed(_ node: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
        guard eat(")") else { throw RegexpSyntaxError(reason: "a `(` without `)`") }
        return node
    }

    private mutating func parseName() throws(RegexpSyntaxError) -> String {
        let start = index
        while let byte = current, byte.isWordByte { _ = byte; index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        guard !name.isEmpty, eat(">") || eat("'") else { throw RegexpSyntaxError(reason: "a group's name") }
        return name
    }

    /// `(?i)`, `(?mi-x:…)`
    private mutating func parseInlineOptions() throws(RegexpSyntaxError) -> RegexpNode? {
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
    private func resolve(_ node: RegexpNode) throws(RegexpSyntaxError) -> RegexpNode {
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

    private func resolveAll(_ nodes: [RegexpNode]) throws(RegexpSyntaxError) -> [RegexpNode] {
        var resolved: [RegexpNode] = []
        for node in nodes { resolved.append(try resolve(node)) }
        return resolved
    }

    // MARK: Escapes and sets

    private mutating func parseEscape() throws(RegexpSyntaxError) -> RegexpNode {
        index += 1
        guard let byte = current else { throw RegexpSyntaxError(reason: "a `\\` at the end") }
        index += 1
        if let set = ScalarSet.shorthand(byte) { return .set(set) }
        switch byte {
        case UInt8(ascii: "A"): return .assert(.textStart)
        case UInt8(ascii: "z"): return .assert(.textEnd)
        case UInt8(ascii: "Z"): return .assert(.textEndOrNewline)
        case UInt8(ascii: "b"): return .assert(.boundary)
        case UInt8(ascii: "B"): return .assert(.notBoundary)
        case UInt8(ascii: "G"): return .assert(.searchStart)
        case UInt8(ascii: "K"): return .keep
        case UInt8(ascii: "R"):
            var set = ScalarSet()
            set.insert(10...13)
            return .alternatives([.literal([13, 10], ignoresCase: false), .set(set)])
        case UInt8(ascii: "k"):
            guard eat("<") || eat("'") else { throw RegexpSyntaxError(reason: "`\\k`") }
            let name = try parseName()
            if let number = Int(name) { return .backreference(number, ignoresCase: options.ignoresCase) }
            return .namedBackreference(name, ignoresCase: options.ignoresCase)
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            return .set(try parseProperty(isInverted: byte == UInt8(ascii: "P")))
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            return .backreference(Int(byte) - 48, ignoresCase: options.ignoresCase)
        case UInt8(ascii: "X"), UInt8(ascii: "g"):
            throw RegexpSyntaxError(reason: "`\\\(Character(Unicode.Scalar(byte)))`")
        default:
            let scalar = try escapedScalar(byte)
            return .literal(Array(String(Character(scalar)).utf8), ignoresCase: options.ignoresCase)
        }
    }

    /// The scalar that `\n`, `\x41`, `\u00e9` and the like stand for; other characters stand for themselves.
    private mutating func escapedScalar(_ byte: UInt8) throws(RegexpSyntaxError) -> Unicode.Scalar {
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "v"): return "\u{0B}"
        case UInt8(ascii: "a"): return "\u{07}"
        case UInt8(ascii: "e"): return "\u{1B}"
        case UInt8(ascii: "0"): return "\0"
        case UInt8(ascii: "x"): return try hexadecimal(most: 2)
        case UInt8(ascii: "u"): return try hexadecimal(most: 4)
        default:
            if byte < 0x80 { return Unicode.Scalar(byte) }
            index -= 1
            return scalar()
        }
    }

    private mutating func hexadecimal(most: Int) throws(RegexpSyntaxError) -> Unicode.Scalar {
        var text = ""
        let hasBraces = eat("{")
        while let byte = current, text.count < (hasBraces ? 6 : most), Unicode.Scalar(byte).properties.isASCIIHexDigit {
            text.append(Character(Unicode.Scalar(byte)))
            index += 1
        }
        if hasBraces, !eat("}") { throw RegexpSyntaxError(reason: "`\\u{`") }
        guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw RegexpSyntaxError(reason: "a hexadecimal character")
        }
        return scalar
    }

    private mutating func scalar() -> Unicode.Scalar {
        let (value, length) = UTF8Text.scalar(bytes, at: index)
        index += length
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private mutating func parseProperty(isInverted: Bool) throws(RegexpSyntaxError) -> ScalarSet {
        guard eat("{"), let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else {
            throw RegexpSyntaxError(reason: "`\\p`")
        }
        var name = String(decoding: bytes[index..<end], as: UTF8.self)
        index = end + 1
        let isCircumflexed = name.hasPrefix("^")
        if isCircumflexed { name.removeFirst() }
        guard var set = ScalarSet.named(name) else { throw RegexpSyntaxError(reason: "`\\p{\(name)}`") }
        if isInverted != isCircumflexed { set.invert() }
        return set
    }

    private mutating func parseSet() throws(RegexpSyntaxError) -> ScalarSet {
        var set = ScalarSet()
        let isInverted = eat("^")
        var isFirst = true
        while true {
            guard let byte = current else { throw RegexpSyntaxError(reason: "a `[` without `]`") }
            if byte == UInt8(ascii: "]"), !isFirst {
                index += 1
                break
            }
            isFirst = false
            if eat("[:") {
                try parsePosixClass(into: &set)
            } else if byte == UInt8(ascii: "[") {
                index += 1
                set.formUnion(try parseSet())
            } else if eat("&&") {
                var other = ScalarSet()
                if eat("[") {
                    other = try parseSet()
                } else {
                    while let next = current, next != UInt8(ascii: "]") {
                        _ = next
                        try parseMember(into: &other)
                    }
                }
                set.formIntersection(other)
            } else {
                try parseMember(into: &set)
            }
        }
        if options.ignoresCase { set.foldCase() }
        if isInverted { set.invert() }
        return set
    }

    private mutating func parsePosixClass(into set: inout ScalarSet) throws(RegexpSyntaxError) {
        let isInverted = eat("^")
        let start = index
        while let byte = current, byte.isASCIILetter { _ = byte; index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        guard eat(":]"), var named = ScalarSet.named(name) else { throw RegexpSyntaxError(reason: "`[:\(name):]`") }
        if isInverted { named.invert() }
        set.formUnion(named)
    }

    /// A character, a range or a shorthand.
    private mutating func parseMember(into set: inout ScalarSet) throws(RegexpSyntaxError) {
        if current == UInt8(ascii: "\\"), index + 1 < bytes.count {
            let letter = bytes[index + 1]
            if let shorthand = ScalarSet.shorthand(letter) {
                index += 2
                set.formUnion(shorthand)
                return
            }
            if letter | 0x20 == UInt8(ascii: "p") {
                index += 2
                set.formUnion(try parseProperty(isInverted: letter == UInt8(ascii: "P")))
                return
            }
        }
        let first = try setScalar()
        guard current == UInt8(ascii: "-"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "]"),
            !VersionScanner.hasPrefix(bytes, "-[", at: index)
        else {
            set.insert(first.value)
            return
        }
        index += 1
        let last = try setScalar()
        guard first.value <= last.value else { throw RegexpSyntaxError(reason: "a range that runs backwards") }
        set.insert(first.value...last.value)
    }

    private mutating func setScalar() throws(RegexpSyntaxError) -> Unicode.Scalar {
        guard let byte = current else { throw RegexpSyntaxError(reason: "a `[` without `]`") }
        guard byte == UInt8(ascii: "\\") else { return scalar() }
        index += 1
        guard let escaped = current else { throw RegexpSyntaxError(reason: "a `\\` at the end") }
        index += 1
        return escaped == UInt8(ascii: "b") ? "\u{08}" : try escapedScalar(escaped)
    }
}

extension VersionScanner {
    static func hasPrefix(_ bytes: [UInt8], _ word: StaticString, at index: Int) -> Bool {
        guard index + word.utf8CodeUnitCount <= bytes.count else { return false }
        return word.withUTF8Buffer { $0.elementsEqual(bytes[index..<index + $0.count]) }
    }
}
