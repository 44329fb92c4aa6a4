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

    /// The value of an integer token's text; nil if it is malformed or does not fit.
    func integerValue(_ token: Token) -> Int? {
        var index = token.start
        var radix = 10
        if bytes[index] == UInt8(ascii: "0"), token.end > index + 1 {
            switch bytes[index + 1] | 0x20 {
            case UInt8(ascii: "x"): (radix, index) = (16, index + 2)
            case UInt8(ascii: "b"): (radix, index) = (2, index + 2)
            case UInt8(ascii: "o"): (radix, index) = (8, index + 2)
            case UInt8(ascii: "d"): (radix, index) = (10, index + 2)
            default: (radix, index) = (8, index + 1)
            }
        }
        guard index < token.end else { return nil }
        var value = 0
        while index < token.end {
            let byte = bytes[index]
            index += 1
            if byte == .underscore { continue }
            guard let digit = byte.hexValue, digit < radix else { return nil }
            let (shifted, overflows) = value.multipliedReportingOverflow(by: radix)
            let (sum, carries) = shifted.addingReportingOverflow(digit)
            if overflows || carries { return nil }
            value = sum
        }
        return value
    }

    func floatValue(_ token: Token) -> Double? {
        var text = ""
        for index in token.start..<token.end where bytes[index] != .underscore {
            text.unicodeScalars.append(UnicodeScalar(bytes[index]))
        }
        return Double(text)
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
