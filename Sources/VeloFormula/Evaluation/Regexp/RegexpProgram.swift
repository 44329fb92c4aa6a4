/// A Ruby regular expression, compiled for a backtracking machine that works on UTF-8.
struct RegexpProgram: Sendable {
    indirect enum Instruction: Sendable {
        case byte(UInt8)
        /// An ASCII letter in either case; lower case here.
        case letter(UInt8)
        case any
        case anyButNewline
        case set(ScalarSet)
        case assert(Assertion)
        case save(Int)
        /// Goes on at the first and, should that fail, at the second.
        case split(Int, Int)
        case jump(Int)
        case backreference(Int, ignoresCase: Bool)
        /// A lookaround: its instructions follow up to `accept`, then `next`.
        case look(isBehind: Bool, isNegative: Bool, next: Int)
        /// A group that gives nothing back once it matched.
        case atomic(next: Int)
        /// Remembers where an iteration starts; an iteration that consumed nothing ends its loop.
        case markIteration(Int)
        case leaveIfEmpty(Int, exit: Int)
        /// `\K`
        case keep
        case accept
    }
    enum Assertion: Sendable {
        case lineStart, lineEnd, textStart, textEnd, textEndOrNewline, boundary, notBoundary, searchStart
    }

    let instructions: [Instruction]
    let groupCount: Int
    let markCount: Int
    /// Names of groups with their numbers, in order.
    let names: [(name: String, group: Int)]
    /// Every match starts with this byte.
    let firstByte: UInt8?

    init(_ source: String, options: RegexpOptions) throws(RegexpSyntaxError) {
        var parser = RegexpParser(source, options: options)
        let node = try parser.parse()
        var compiler = RegexpCompiler()
        compiler.emit(.save(0))
        try compiler.compile(node)
        compiler.emit(.save(1))
        compiler.emit(.accept)
        instructions = compiler.instructions
        groupCount = parser.groupCount + 1
        markCount = compiler.markCount
        names = parser.names
        if instructions.count > 1, case .byte(let byte) = instructions[1] {
            firstByte = byte
        } else {
            firstByte = nil
        }
    }
}

/// The letters after a regular expression.
struct RegexpOptions: Sendable, Hashable {
    var ignoresCase = false
    /// `m`: the dot matches newlines.
    var dotMatchesNewline = false
    var isExtended = false

    init() {}

    init(flags: String) {
        ignoresCase = flags.contains("i")
        dotMatchesNewline = flags.contains("m")
        isExtended = flags.contains("x")
    }

    /// Ruby's order: `mix`
    var flagText: String { (dotMatchesNewline ? "m" : "") + (ignoresCase ? "i" : "") + (isExtended ? "x" : "") }
}

/// Why a regular expression is not understood.
struct RegexpSyntaxError: Error {
    let reason: String
}

extension RegexpBox {
    /// `(?i-mx:source)`: how it reads inside another expression or as a string.
    var embeddedSource: String {
        let on = options.flagText
        let off = "mix".filter { !on.contains($0) }
        return "(?\(on)\(off.isEmpty ? "" : "-" + off):\(source))"
    }
}

/// A set of scalars: a bit for each ASCII character, ranges for the rest.
struct ScalarSet: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var ranges: [ClosedRange<UInt32>] = []
    /// Unicode letters and digits beyond ASCII belong to it too.
    private var hasWideLetters = false
    private var isInverted = false
    /// Sets that this one is intersected with (`&&`).
    private var intersections: [ScalarSet] = []
    private var unions: [ScalarSet] = []

    mutating func insert(_ range: ClosedRange<UInt32>) {
        for value in range.clamped(to: 0...127) where range.contains(value) {
            if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
        }
        if range.upperBound > 127 { ranges.append(max(128, range.lowerBound)...range.upperBound) }
    }

    mutating func insert(_ value: UInt32) { insert(value...value) }
    mutating func insert(_ text: StaticString) { text.withUTF8Buffer { for byte in $0 { insert(UInt32(byte)) } } }
    mutating func formUnion(_ other: ScalarSet) { unions.append(other) }
    mutating func formIntersection(_ other: ScalarSet) { intersections.append(other) }
    mutating func invert() { isInverted.toggle() }
    mutating func insertWideLetters() { hasWideLetters = true }

    /// Adds the other case of every ASCII letter.
    mutating func foldCase() {
        for lower in UInt32(97)...122 {
            let upper = lower - 32
            if has(lower) { insert(upper) } else if has(upper) { insert(lower) }
        }
    }

    private func has(_ value: UInt32) -> Bool {
        value < 64 ? low >> UInt64(value) & 1 == 1 : high >> UInt64(value - 64) & 1 == 1
    }

    func contains(_ value: UInt32) -> Bool {
        var isMember = value < 128 ? has(value) : ranges.contains { $0.contains(value) }
        if !isMember, value > 127, hasWideLetters, let scalar = Unicode.Scalar(value) {
            isMember = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        if !isMember { isMember = unions.contains { $0.contains(value) } }
        if isMember { isMember = intersections.allSatisfy { $0.contains(value) } }
        return isMember != isInverted
    }

    /// `d`, `w`, `s`, `h` and their opposites in capitals.
    static func shorthand(_ letter: UInt8) -> ScalarSet? {
        var set = ScalarSet()
        switch letter | 0x20 {
        case UInt8(ascii: "d"): set.insert(48...57)
        case UInt8(ascii: "w"):
            set.insert(48...57)
            set.insert(65...90)
            set.insert(97...122)
            set.insert(95)
        case UInt8(ascii: "s"): set.insert(" \t\r\n\u{0C}\u{0B}")
        case UInt8(ascii: "h"):
            set.insert(48...57)
            set.insert(65...70)
            set.insert(97...102)
        default: return nil
        }
        if letter & 0x20 == 0 { set.invert() }
        return set
    }

    /// `[:alpha:]` and the like, and `\p{Alpha}`.
    static func named(_ name: String) -> ScalarSet? {
        var set = ScalarSet()
        switch name.lowercased() {
        case "alpha", "l", "letter": set.insert(65...90); set.insert(97...122); set.insertWideLetters()
        case "digit", "nd": set.insert(48...57)
        case "alnum": set.insert(48...57); set.insert(65...90); set.insert(97...122); set.insertWideLetters()
        case "upper", "lu": set.insert(65...90)
        case "lower", "ll": set.insert(97...122)
        case "space": set.insert(" \t\r\n\u{0C}\u{0B}")
        case "blank": set.insert(" \t")
        case "punct": set.insert("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
        case "xdigit": set.insert(48...57); set.insert(65...70); set.insert(97...102)
        case "word":
            set.insert(48...57); set.insert(65...90); set.insert(97...122); set.insert(95); set.insertWideLetters()
        case "cntrl": set.insert(0...31); set.insert(127)
        case "print": set.insert(32...126); set.insert(160...0x10FFFF)
        case "graph": set.insert(33...126); set.insert(161...0x10FFFF)
        case "ascii": set.insert(0...127)
        default: return nil
        }
        return set
    }
}
