/// One lexical element of a formula, by its place in the source; no text is copied.
struct Token {
    var kind: TokenKind
    var flags: Flags = []
    /// Bytes that come before the content of a literal: 1 for `"`, 3 for `%w[`, 1 for `:`.
    var lead: UInt8 = 0
    var start: Int
    var end: Int

    var span: SourceSpan { SourceSpan(start, end) }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let spaceBefore = Flags(rawValue: 1)
        static let newlineBefore = Flags(rawValue: 2)
        /// The content holds escapes or carriage returns, so it is not its own value.
        static let hasEscapes = Flags(rawValue: 4)
        /// Single-quote rules: only the delimiter and the backslash can be escaped.
        static let isRaw = Flags(rawValue: 8)
        /// A quoted string that a colon follows: a hash key.
        static let isLabel = Flags(rawValue: 16)
        static let spansLines = Flags(rawValue: 32)
    }
}

/// What a token is. Where Ruby reads one character in two ways, the lexer has already decided.
enum TokenKind: UInt8 {
    case endOfFile, newline, semicolon

    // Names and plain literals
    case identifier, constant, instanceVariable, classVariable, globalVariable
    /// `name:`
    case label
    case integer, float, character
    /// `:name`, `:+`
    case symbol
    /// A quoted string without interpolation.
    case string
    /// `%w[]` and `%i[]` without interpolation.
    case words, symbols

    // Literals that are read piece by piece
    case literalBegin, content, interpolationBegin, interpolationEnd, wordBreak, literalEnd

    // Brackets. `arrayBegin` starts a literal, `indexBegin` follows its receiver.
    case leftParen, rightParen, arrayBegin, indexBegin, rightBracket, leftBrace, rightBrace

    // Punctuation
    case comma, dot, safeDot, colon, colonColon, topColonColon, arrow, lambda, question, assign, operatorAssign

    // Prefix operators
    case bang, tilde, unaryMinus, unaryPlus, splat, doubleSplat, blockPass

    // Infix operators
    case plus, minus, star, slash, percent, power, shiftLeft, shiftRight, ampersand, pipe, caret
    case less, lessEqual, greater, greaterEqual, compare, equal, caseEqual, notEqual, match, notMatch
    case andAnd, orOr, dotDot, dotDotDot

    // Reserved words
    case aliasWord, andWord, beginWord, breakWord, caseWord, classWord, defWord, definedWord, doWord, elseWord
    case elsifWord, endWord, ensureWord, falseWord, forWord, ifWord, inWord, moduleWord, nextWord, nilWord
    case notWord, orWord, redoWord, rescueWord, retryWord, returnWord, selfWord, superWord, thenWord, trueWord
    case undefWord, unlessWord, untilWord, whenWord, whileWord, yieldWord, fileWord, lineWord, encodingWord
}

/// The reserved words, found by their bytes without making a string.
struct ReservedWords {
    private var slots = [(packed: UInt64, kind: TokenKind)](repeating: (0, .identifier), count: 128)

    /// The whole table; built once and copied by reference into each lexer.
    static let table = ReservedWords()

    private init() {
        for (word, kind) in Self.words {
            let packed = word.utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            var slot = Self.slot(of: packed)
            while slots[slot].packed != 0 { slot = (slot + 1) & 127 }
            slots[slot] = (packed, kind)
        }
    }

    /// The word's kind, `identifier` if it is not reserved.
    ///
    /// `packed` holds the bytes of a word of at most eight, the last one lowest.
    func kind(_ packed: UInt64) -> TokenKind {
        var slot = Self.slot(of: packed)
        while slots[slot].packed != 0 {
            if slots[slot].packed == packed { return slots[slot].kind }
            slot = (slot + 1) & 127
        }
        return .identifier
    }

    private static func slot(of packed: UInt64) -> Int {
        Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) >> 57)
    }

    private static let words: [(String, TokenKind)] = [
        ("alias", .aliasWord), ("and", .andWord), ("begin", .beginWord), ("break", .breakWord), ("case", .caseWord),
        ("class", .classWord), ("def", .defWord), ("defined?", .definedWord), ("do", .doWord), ("else", .elseWord),
        ("elsif", .elsifWord), ("end", .endWord), ("ensure", .ensureWord), ("false", .falseWord), ("for", .forWord),
        ("if", .ifWord), ("in", .inWord), ("module", .moduleWord), ("next", .nextWord), ("nil", .nilWord),
        ("not", .notWord), ("or", .orWord), ("redo", .redoWord), ("rescue", .rescueWord), ("retry", .retryWord),
        ("return", .returnWord), ("self", .selfWord), ("super", .superWord), ("then", .thenWord), ("true", .trueWord),
        ("undef", .undefWord), ("unless", .unlessWord), ("until", .untilWord), ("when", .whenWord),
        ("while", .whileWord), ("yield", .yieldWord), ("__FILE__", .fileWord), ("__LINE__", .lineWord),
    ]
}
