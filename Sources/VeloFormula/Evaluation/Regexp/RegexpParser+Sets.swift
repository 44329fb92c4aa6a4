extension RegexpParser {
    mutating func parseSet() throws(RegexpSyntaxError) -> ScalarSet {
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

    mutating func parsePosixClass(into set: inout ScalarSet) throws(RegexpSyntaxError) {
        let isInverted = eat("^")
        let start = index
        while let byte = current, byte.isASCIILetter { _ = byte; index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        guard eat(":]"), var named = ScalarSet.named(name) else { throw RegexpSyntaxError(reason: "`[:\(name):]`") }
        if isInverted { named.invert() }
        set.formUnion(named)
    }

    /// A character, a range or a shorthand.
    mutating func parseMember(into set: inout ScalarSet) throws(RegexpSyntaxError) {
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

    mutating func setScalar() throws(RegexpSyntaxError) -> Unicode.Scalar {
        guard let byte = current else { throw RegexpSyntaxError(reason: "a `[` without `]`") }
        guard byte == UInt8(ascii: "\\") else { return scalar() }
        index += 1
        guard let escaped = current else { throw RegexpSyntaxError(reason: "a `\\` at the end") }
        index += 1
        return escaped == UInt8(ascii: "b") ? "\u{08}" : try escapedScalar(escaped)
    }
}
