/// Looking for bytes in many at once, eight in a step.
///
/// Eight bytes are read as one number. Where a byte is one that is looked for, its top bit ends up set in the number of
/// marks; above the lowest mark a carry may have set another that means nothing.
package struct ByteSearch: Sendable {
    private let wanted: [5 of UInt64]

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Finds whichever of five bytes comes first; fewer are given by naming one of them more than once.
    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8, _ fifth: UInt8) {
        wanted = [
            UInt64(first) * Self.ones, UInt64(second) * Self.ones, UInt64(third) * Self.ones,
            UInt64(fourth) * Self.ones, UInt64(fifth) * Self.ones,
        ]
    }

    /// The first place at or behind `start` that holds one of the bytes, or the end.
    package func index(in bytes: [UInt8], from start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { memory in
            var index = max(start, 0)
            while index + 8 <= memory.count {
                let eight = unsafe UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let found = marks(eight)
                if found != 0 { return index + found.trailingZeroBitCount >> 3 }
                index += 8
            }
            // A byte and seven that are none: a number of which only the lowest mark is asked for.
            while index < memory.count, marks(UInt64(unsafe memory[index])) & 0x80 == 0 { index += 1 }
            return max(index, start)
        }
    }

    private func marks(_ eight: UInt64) -> UInt64 {
        Self.zeros(eight ^ wanted[0]) | Self.zeros(eight ^ wanted[1]) | Self.zeros(eight ^ wanted[2])
            | Self.zeros(eight ^ wanted[3]) | Self.zeros(eight ^ wanted[4])
    }

    private static func zeros(_ eight: UInt64) -> UInt64 { (eight &- ones) & ~eight & tops }

    /// Whether text can stand in a JSON string as it is: no control characters, no quotes, no backslashes.
    package static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let memory = UnsafeRawBufferPointer(text)
        let quotes = UInt64(UInt8(ascii: "\"")) * ones
        let backslashes = UInt64(UInt8(ascii: "\\")) * ones
        var index = 0
        while index + 8 <= memory.count {
            let eight = unsafe memory.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let controls = (eight &- 0x20 * ones) & ~eight & tops
            if (controls | zeros(eight ^ quotes) | zeros(eight ^ backslashes)) != 0 { return false }
            index += 8
        }
        while index < memory.count {
            let byte = unsafe memory[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
            index += 1
        }
        return true
    }
}
