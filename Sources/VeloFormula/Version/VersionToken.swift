/// A piece of a version: what Homebrew's ordering compares.
struct VersionToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case number(Int)
        case letters
        case alpha, beta, pre, candidate, patch, post
        /// Stands in where one version has fewer tokens than the other.
        case missing
    }
    let kind: Kind
    let text: String
    /// The number inside a token such as `rc3`.
    let revision: Int

    static let missing = VersionToken(kind: .missing, text: "", revision: 0)

    private init(kind: Kind, text: String, revision: Int) {
        self.kind = kind
        self.text = text
        self.revision = revision
    }

    init(kind: Kind, bytes: ArraySlice<UInt8>) {
        self.kind = kind
        text = String(decoding: bytes, as: UTF8.self)
        let digits = bytes.drop { !$0.isASCIIDigit }.prefix { $0.isASCIIDigit }
        revision = Int(clamping: digits)
    }

    var isNumeric: Bool {
        if case .number = kind { return true }
        return false
    }

    /// The number of a numeric token, 0 otherwise.
    var number: Int {
        if case .number(let value) = kind { return value }
        return 0
    }

    /// All tokens of a text, from left to right; what belongs to none separates.
    static func tokens(of text: String) -> [VersionToken] {
        let bytes = Array(text.utf8)
        var tokens: [VersionToken] = []
        var index = 0
        while index < bytes.count {
            if let (kind, end) = match(bytes, at: index) {
                tokens.append(VersionToken(kind: kind, bytes: bytes[index..<end]))
                index = end
            } else {
                index += 1
            }
        }
        return tokens
    }

    private static func match(_ bytes: [UInt8], at start: Int) -> (Kind, Int)? {
        func end(of word: StaticString, needsDigits: Bool) -> Int? {
            guard bytes.hasWord(word, at: start) else { return nil }
            let wordEnd = start + word.utf8CodeUnitCount
            let digitsEnd = bytes.endOfDigits(from: wordEnd)
            return needsDigits && digitsEnd == wordEnd ? nil : digitsEnd
        }
        if let end = end(of: "alpha", needsDigits: false) ?? end(of: "a", needsDigits: true) { return (.alpha, end) }
        if let end = end(of: "beta", needsDigits: false) ?? end(of: "b", needsDigits: true) { return (.beta, end) }
        if let end = end(of: "pre", needsDigits: false) { return (.pre, end) }
        if let end = end(of: "rc", needsDigits: false) { return (.candidate, end) }
        if let end = end(of: "p", needsDigits: false) { return (.patch, end) }
        // Homebrew's pattern lets any one character stand before `post`.
        if bytes.hasWord("post", at: start + 1) {
            let digits = bytes.endOfDigits(from: start + 5)
            if digits > start + 5 { return (.post, digits) }
        }
        let digits = bytes.endOfDigits(from: start)
        if digits > start { return (.number(Int(clamping: bytes[start..<digits])), digits) }
        var letters = start
        while letters < bytes.count, bytes[letters].isASCIILetter { letters += 1 }
        return letters > start ? (.letters, letters) : nil
    }
}

extension VersionToken {
    /// Negative, zero or positive: how the left token compares with the right.
    static func order(_ left: VersionToken, _ right: VersionToken) -> Int {
        switch (left.kind, right.kind) {
        case (.missing, .missing): return 0
        case (.missing, .number(let value)): return value == 0 ? 0 : -1
        case (.number(let value), .missing): return value == 0 ? 0 : 1
        case (.missing, .alpha), (.missing, .beta), (.missing, .pre), (.missing, .candidate): return 1
        case (.alpha, .missing), (.beta, .missing), (.pre, .missing), (.candidate, .missing): return -1
        case (.missing, _): return -1
        case (_, .missing): return 1
        case (.number(let a), .number(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.number, _): return 1
        case (_, .number): return -1
        default: break
        }
        if left.kind == right.kind, left.kind != .letters { return (left.revision - right.revision).signum() }
        if let a = left.rank, let b = right.rank, a != b { return a < b ? -1 : 1 }
        if left.text == right.text { return 0 }
        return left.text.utf8.lexicographicallyPrecedes(right.text.utf8) ? -1 : 1
    }

    private var rank: Int? {
        switch kind {
        case .alpha: 0
        case .beta: 1
        case .pre: 2
        case .candidate: 3
        case .patch, .post: 4
        default: nil
        }
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isASCIILetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
    var isASCIILowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    /// What `\w` matches.
    var isWordByte: Bool { isASCIIDigit || isASCIILetter || self == UInt8(ascii: "_") }
}

extension [UInt8] {
    /// Whether a lower-case word stands here, in either case.
    func hasWord(_ word: StaticString, at start: Int) -> Bool {
        guard start + word.utf8CodeUnitCount <= count else { return false }
        return word.withUTF8Buffer { letters in
            for (offset, letter) in letters.enumerated() where self[start + offset] | 0x20 != letter { return false }
            return true
        }
    }

    func endOfDigits(from start: Int) -> Int {
        var index = start
        while index < count, self[index].isASCIIDigit { index += 1 }
        return index
    }
}

extension Int {
    /// The value of decimal digits, or the largest number where they are too many.
    init(clamping digits: some Sequence<UInt8>) {
        var value = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit) - 48)
            if overflow || carry {
                self = .max
                return
            }
            value = sum
        }
        self = value
    }
}
