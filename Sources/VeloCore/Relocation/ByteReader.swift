package import VeloSystem

/// Numbers, strings and slices of some bytes, in either byte order, never beyond their end.
///
/// Offsets are unsigned 64-bit numbers as file formats have them: one from a hostile file that is too large is an error
/// like any other.
package struct ByteReader {
    package struct OutOfBounds: Error, Sendable, Equatable {
        package var offset: UInt64
        package var count: UInt64
    }

    package let file: EditableFile
    package let isBigEndian: Bool

    package init(_ file: EditableFile, isBigEndian: Bool = false) {
        self.file = file
        self.isBigEndian = isBigEndian
    }

    package init(_ bytes: [UInt8], isBigEndian: Bool = false) {
        self.init(EditableFile(bytes), isBigEndian: isBigEndian)
    }

    package var count: Int { file.count }

    /// The indices of `count` bytes.
    package func range(_ offset: UInt64, _ count: UInt64) throws(OutOfBounds) -> Range<Int> {
        let size = UInt64(file.count)
        guard offset <= size, count <= size - offset else { throw OutOfBounds(offset: offset, count: count) }
        return Int(offset)..<Int(offset + count)
    }

    package func slice(_ offset: UInt64, _ count: UInt64) throws(OutOfBounds) -> ArraySlice<UInt8> {
        let range = try range(offset, count)
        let bytes = file.bytes(range)
        guard bytes.count == range.count else { throw OutOfBounds(offset: offset, count: count) }
        return bytes[...]
    }

    package func number<Number: FixedWidthInteger & UnsignedInteger>(
        at offset: UInt64, as type: Number.Type = Number.self
    ) throws(OutOfBounds) -> Number {
        let range = try range(offset, UInt64(MemoryLayout<Number>.size))
        let value = Number(truncatingIfNeeded: file.number(range))
        return isBigEndian ? value.byteSwapped : value
    }

    /// The bytes up to the next NUL, which has to come before `end`.
    package func cString(at offset: UInt64, before end: UInt64) throws(OutOfBounds) -> ArraySlice<UInt8> {
        guard offset <= end else { throw OutOfBounds(offset: offset, count: 1) }
        var text: [UInt8] = []
        for index in try range(offset, end - offset) {
            let byte = file.byte(index)
            if byte == 0 { return text[...] }
            text.append(byte)
        }
        throw OutOfBounds(offset: offset, count: end - offset + 1)
    }

    /// A number as `count` bytes in this byte order.
    package func encoded(_ value: UInt64, _ count: Int) -> [UInt8] {
        let shifts = (0..<count).map { 8 * UInt64($0) }
        return (isBigEndian ? shifts.reversed() : shifts).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

/// Bytes that go to a place in a file, which may be beyond its end.
package struct BytePatch: Sendable, Equatable {
    package var offset: Int
    package var bytes: [UInt8]

    package init(offset: Int, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }

    /// Writes the patches in order.
    package static func apply(_ patches: [BytePatch], to file: EditableFile) throws(SystemError) {
        for patch in patches { try file.write(patch.bytes, at: patch.offset) }
    }

    /// The bytes with the patches applied in order; a gap before one is filled with zeros.
    package static func apply(_ patches: [BytePatch], to bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for patch in patches {
            let end = patch.offset + patch.bytes.count
            if end > result.count { result.append(contentsOf: repeatElement(0, count: end - result.count)) }
            result.replaceSubrange(patch.offset..<end, with: patch.bytes)
        }
        return result
    }
}
