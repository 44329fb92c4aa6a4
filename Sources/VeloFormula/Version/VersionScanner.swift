/// A cursor over the bytes of a URL or of its last component, with the pieces that version rules are made of.
///
/// Every `end…` function answers where the longest match that starts at an index ends, or nil.
struct VersionScanner {
    let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    subscript(index: Int) -> UInt8? { index >= 0 && index < bytes.count ? bytes[index] : nil }

    var end: Int { bytes.count }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func isDigit(_ index: Int) -> Bool { self[index]?.isASCIIDigit ?? false }

    func isByte(_ index: Int, _ set: StaticString) -> Bool {
        guard let byte = self[index] else { return false }
        return set.withUTF8Buffer { $0.contains(byte) }
    }

    func hasPrefix(_ word: StaticString, at index: Int) -> Bool {
        guard index >= 0, index + word.utf8CodeUnitCount <= bytes.count else { return false }
        return word.withUTF8Buffer { letters in
            for offset in letters.indices where bytes[index + offset] != letters[offset] { return false }
            return true
        }
    }

    /// Numbers with dots between: `1.2.3`; with `least` 0 one number will do.
    func endOfDotted(_ start: Int, least: Int, most: Int = .max) -> Int? {
        var index = bytes.endOfDigits(from: start)
        guard index > start else { return nil }
        var dots = 0
        while dots < most, self[index] == UInt8(ascii: "."), isDigit(index + 1) {
            index = bytes.endOfDigits(from: index + 1)
            dots += 1
        }
        return dots >= least ? index : nil
    }

    /// Like `endOfDotted`, ending with the text. Dotted numbers that go on after `most` parts do not count.
    func endsDotted(_ start: Int, least: Int, most: Int = .max) -> Bool {
        endOfDotted(start, least: least, most: most) == end
    }

    /// `-dist`, `.src` and the like.
    func endOfContentSuffix(_ start: Int) -> Int? {
        guard isByte(start, "._-") else { return nil }
        for word: StaticString in ["bin", "dist", "stable", "src", "sources", "source", "final", "full"]
        where bytes.hasWord(word, at: start + 1) {
            return start + 1 + word.utf8CodeUnitCount
        }
        return nil
    }

    /// `-rc1`, `beta.2`, `.alpha`
    func endOfPrerelease(_ start: Int) -> Int? {
        for begin in isByte(start, "._-") ? [start + 1, start] : [start] {
            for word: StaticString in ["alpha", "beta", "pre", "rc"] where bytes.hasWord(word, at: begin) {
                var index = begin + word.utf8CodeUnitCount
                if self[index] == UInt8(ascii: ".") { index += 1 }
                var digits = 0
                while digits < 2, isDigit(index) {
                    index += 1
                    digits += 1
                }
                return index
            }
        }
        return nil
    }
}
