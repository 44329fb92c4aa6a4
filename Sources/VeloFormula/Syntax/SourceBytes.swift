import VeloSystem

/// The bytes of a source as lexer and parser look at them: behind the end there are zeros, so that looking ahead needs
/// no bounds of its own.
struct SourceBytes {
    private let array: [UInt8]

    init(_ array: [UInt8]) { self.array = array }

    subscript(index: Int) -> UInt8 { index < array.count ? array[index] : 0 }

    var isASCII: Bool { array.reduce(0, |) < 0x80 }

    /// The first place at or behind `start` whose byte is in the set, or the end.
    func first(of set: ByteSet, from start: Int) -> Int {
        let array = array
        var index = start
        while index < array.count, !set.contains(array[index]) { index += 1 }
        return index
    }

    /// The first place at or behind `start` that a search stops at, or the end.
    func first(_ search: ByteSearch, from start: Int) -> Int { search.index(in: array, from: start) }

    /// The first place at or behind `start` whose byte is not in the set, or the end.
    func first(notOf set: ByteSet, from start: Int) -> Int {
        let array = array
        var index = start
        while index < array.count, set.contains(array[index]) { index += 1 }
        return index
    }

    func hasPrefix(_ word: StaticString, at index: Int) -> Bool {
        guard index + word.utf8CodeUnitCount <= array.count else { return false }
        return word.withUTF8Buffer { letters in
            for offset in 0..<letters.count where array[index + offset] != letters[offset] { return false }
            return true
        }
    }

    /// The bytes from `start` to `end` as text; malformed ones become U+FFFD.
    func text(_ start: Int, _ end: Int) -> String {
        let end = min(end, array.count)
        return start < end ? String(decoding: array[start..<end], as: UTF8.self) : ""
    }
}

/// A set of ASCII bytes, asked with a shift and a mask.
struct ByteSet {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ bytes: UInt8...) {
        for byte in bytes { insert(byte) }
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 128 { high |= 1 << UInt64(byte - 64) }
    }

    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 != 0 }
        return byte < 128 && high >> UInt64(byte & 63) & 1 != 0
    }

    static let lineEnd = ByteSet(.newline)
    static let blanks = ByteSet(.space, .tab, .carriageReturn, 0x0B, 0x0C)
}
