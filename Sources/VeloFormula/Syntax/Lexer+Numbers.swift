/// Numbers: `1_000`, `0xFF`, `0b11`, `0o17`, `017`, `1.5`, `1e-3`.
extension Lexer {
    mutating func number(_ flags: Token.Flags) -> Token {
        let start = position
        var kind = TokenKind.integer
        if bytes[position] == UInt8(ascii: "0"), bytes[position + 1].isLetter, bytes[position + 1] | 0x20 != .e {
            position += 2
            while bytes[position].continuesName { position += 1 }
        } else {
            skipDigits()
            if bytes[position] == .period, bytes[position + 1].isDigit {
                kind = .float
                position += 1
                skipDigits()
            }
            if bytes[position] | 0x20 == .e, exponentLength > 0 {
                kind = .float
                position += exponentLength
                skipDigits()
            }
            if bytes[position].startsName { skipBadSuffix(start) }
        }
        state = .operation
        return Token(kind: kind, flags: flags, start: start, end: position)
    }

    /// The length of `e`, `e+` or `e-` where digits follow it.
    private var exponentLength: Int {
        let next = bytes[position + 1]
        if next.isDigit { return 1 }
        let isSigned = next == .minus || next == UInt8(ascii: "+")
        return isSigned && bytes[position + 2].isDigit ? 2 : 0
    }

    private mutating func skipDigits() {
        while bytes[position].isDigit || (bytes[position] == .underscore && bytes[position + 1].isDigit) {
            position += 1
        }
    }

    private mutating func skipBadSuffix(_ start: Int) {
        // `1if x` is a number and a word to Ruby, and to nobody else.
        while bytes[position].continuesName { position += 1 }
        report("syntax.number", start, position, "this is not a number")
    }

    /// The value of an integer token. What is malformed or does not fit is reported, and is 0.
    mutating func integerValue(_ token: Token) -> Int {
        var (radix, index) = radix(token)
        var value = 0
        var isMalformed = index >= token.end
        while index < token.end {
            let byte = bytes[index]
            index += 1
            if byte == .underscore { continue }
            guard let digit = byte.hexValue, digit < radix else {
                isMalformed = true
                break
            }
            let (shifted, overflows) = value.multipliedReportingOverflow(by: radix)
            let (sum, carries) = shifted.addingReportingOverflow(digit)
            if overflows || carries {
                report("syntax.number", token.start, token.end, "this number does not fit into 64 bits")
                return 0
            }
            value = sum
        }
        let isReported = diagnostics.last?.span == token.span
        if isMalformed, !isReported { report("syntax.number", token.start, token.end, "this is not a number") }
        return isMalformed ? 0 : value
    }

    /// The radix that a number's beginning names, and where its digits start.
    private func radix(_ token: Token) -> (radix: Int, start: Int) {
        guard bytes[token.start] == UInt8(ascii: "0"), token.end > token.start + 1 else { return (10, token.start) }
        switch bytes[token.start + 1] | 0x20 {
        case UInt8(ascii: "x"): return (16, token.start + 2)
        case UInt8(ascii: "b"): return (2, token.start + 2)
        case UInt8(ascii: "o"): return (8, token.start + 2)
        case UInt8(ascii: "d"): return (10, token.start + 2)
        default: return (8, token.start + 1)
        }
    }

    func floatValue(_ token: Token) -> Double {
        Double(bytes.text(token.start, token.end).filter { $0 != "_" }) ?? 0
    }
}

extension UInt8 {
    fileprivate static let e = UInt8(ascii: "e")

    /// The value of a hexadecimal digit.
    var hexValue: Int? {
        if isDigit { return Int(self) - 48 }
        let letter = self | 0x20
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f") ? Int(letter) - 87 : nil
    }
}
