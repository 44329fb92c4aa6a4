/// Scalars in UTF-8 bytes. Ruby counts strings in scalars, not in characters as Swift does.
enum UTF8Text {
    /// The bytes of a scalar, by its first byte.
    static func length(_ lead: UInt8) -> Int { lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

    /// The scalar that starts at a byte and how many bytes it takes; a stray byte stands for itself.
    static func scalar(_ bytes: [UInt8], at index: Int) -> (UInt32, Int) {
        let lead = bytes[index]
        let length = length(lead)
        guard length > 1, index + length <= bytes.count else { return (UInt32(lead), 1) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for byte in bytes[index + 1..<index + length] { value = value << 6 | UInt32(byte & 0x3F) }
        return (value, length)
    }

    static func count(_ text: String) -> Int { text.unicodeScalars.count }

    /// The scalars of a range of scalar positions.
    static func slice(_ text: String, _ range: Range<Int>) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
        let end = scalars.index(start, offsetBy: range.count)
        return String(scalars[start..<end])
    }

    /// The scalar position of a byte.
    static func position(ofByte offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<offset].reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    }

    /// The byte at which a scalar position stands, or nil past the end.
    static func byte(ofPosition position: Int, in bytes: [UInt8]) -> Int? {
        var index = 0
        for _ in 0..<position {
            guard index < bytes.count else { return nil }
            index += length(bytes[index])
        }
        return min(index, bytes.count)
    }

    static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard !needle.isEmpty else { return start <= bytes.count ? start : nil }
        guard bytes.count >= needle.count, start <= bytes.count - needle.count else { return nil }
        var index = start
        let last = bytes.count - needle.count
        while index <= last {
            guard let first = bytes[index...last].firstIndex(of: needle[0]) else { return nil }
            if bytes[first..<first + needle.count].elementsEqual(needle) { return first }
            index = first + 1
        }
        return nil
    }

    static func findLast(_ needle: [UInt8], in bytes: [UInt8], upTo limit: Int) -> Int? {
        var index = min(limit, bytes.count - needle.count)
        while index >= 0 {
            if bytes[index..<index + needle.count].elementsEqual(needle) { return index }
            index -= 1
        }
        return nil
    }

    static func string(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
}
