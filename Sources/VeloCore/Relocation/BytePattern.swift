/// Some bytes to look for in many others (Horspool's algorithm: it looks at about one byte in `count`).
package struct BytePattern: Sendable {
    package let bytes: [UInt8]
    private let shifts: [Int]

    /// - Precondition: The text is not empty.
    package init(_ text: String) {
        bytes = Array(text.utf8)
        precondition(!bytes.isEmpty, "an empty pattern is everywhere")
        var shifts = [Int](repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { shifts[Int(byte)] = bytes.count - 1 - index }
        self.shifts = shifts
    }

    /// Where the pattern is first found at or after `start`.
    package func first(in text: [UInt8], from start: Int = 0) -> Int? {
        let last = bytes.count - 1
        var index = start
        while index + last < text.count {
            if text[index + last] == bytes[last] && matches(text, at: index) { return index }
            index += shifts[Int(text[index + last])]
        }
        return nil
    }

    /// Every place of the pattern; where two overlap, the first.
    package func positions(in text: [UInt8]) -> [Int] {
        var found: [Int] = []
        var start = 0
        while let index = first(in: text, from: start) {
            found.append(index)
            start = index + bytes.count
        }
        return found
    }

    package func matches(_ text: [UInt8], at index: Int) -> Bool {
        guard index >= 0, index + bytes.count <= text.count else { return false }
        for offset in 0..<bytes.count where text[index + offset] != bytes[offset] { return false }
        return true
    }
}
