/// Recognises binaries into whose strings another prefix cannot be written in place: those whose strings do not end at a
/// NUL, where the length is stored elsewhere and the next one begins right behind; and those that point into the middle.
enum FixedStrings {
    /// What compilers leave in programs whose strings are slices.
    private static let marks = [(BytePattern(" Go buildinf:"), "Go"), (BytePattern("/rustc/"), "Rust")]

    /// Why the strings of a binary that hold a prefix cannot be exchanged; nil where nothing speaks against it.
    static func reason(in bytes: [UInt8], at strings: [BinaryString], holding prefix: BytePattern) -> String? {
        guard !strings.isEmpty else { return nil }
        for (mark, language) in marks where mark.first(in: bytes) != nil {
            return "strings of \(language) have their length elsewhere"
        }
        for string in strings {
            let text = Array(bytes[string.offset..<string.offset + string.length])
            if prefix.positions(in: text).contains(where: { isJoined(text, before: $0) }) {
                return "the prefix stands in a string that continues another one"
            }
        }
        if InnerPointers(in: bytes, to: strings, holding: prefix)?.exist == true {
            return "something points into the middle of a string that holds the prefix"
        }
        return nil
    }

    /// Whether a word stands right before a place, other than an option such as `-isystem`.
    private static func isJoined(_ text: [UInt8], before place: Int) -> Bool {
        var start = place
        while start > 0, isWord(text[start - 1]) { start -= 1 }
        return place - start >= 2 && !(start > 0 && text[start - 1] == UInt8(ascii: "-"))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
    }
}
