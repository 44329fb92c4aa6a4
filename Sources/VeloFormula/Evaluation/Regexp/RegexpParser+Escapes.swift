extension RegexpParser {
    mutating func parseEscape() throws(RegexpSyntaxError) -> RegexpNode {
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
    mutating func escapedScalar(_ byte: UInt8) throws(RegexpSyntaxError) -> Unicode.Scalar {
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

    mutating func hexadecimal(most: Int) throws(RegexpSyntaxError) -> Unicode.Scalar {
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

    mutating func scalar() -> Unicode.Scalar {
        let (value, length) = UTF8Text.scalar(bytes, at: index)
        index += length
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    mutating func parseProperty(isInverted: Bool) throws(RegexpSyntaxError) -> ScalarSet {
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
}
