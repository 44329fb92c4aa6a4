/// One 512-byte header of a tar file: ustar, with GNU's and pax's ways around its limits.
///
/// ```
/// 0 name 100 · 100 mode 8 · 124 size 12 · 136 mtime 12 · 148 checksum 8 · 156 type 1 · 157 link 100
/// 257 "ustar" · 345 prefix 155
/// ```
struct TarHeader {
    static let size = 512

    enum Flaw: Error {
        case checksum
        case number
    }

    let type: UInt8
    let size: Int
    let mode: UInt32
    let modified: Int
    let name: [UInt8]
    let link: [UInt8]

    /// Nil for a block of zeros, which ends the file.
    init?(_ block: UnsafeRawBufferPointer) throws(Flaw) {
        guard unsafe block[0] != 0 || block.contains(where: { $0 != 0 }) else { return nil }
        let stated = try unsafe Self.number(block, 148, 8)
        var unsigned = 8 * 32
        var signed = 8 * 32
        for index in 0..<Self.size where !(148..<156).contains(index) {
            let byte = unsafe block[index]
            unsigned += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        // Some old programs summed signed characters.
        guard stated == unsigned || stated == signed else { throw .checksum }
        type = unsafe block[156]
        size = try unsafe Self.number(block, 124, 12)
        mode = UInt32(truncatingIfNeeded: try unsafe Self.number(block, 100, 8) & 0o7777)
        modified = try unsafe Self.number(block, 136, 12)
        var name = unsafe Self.text(block, 0, 100)
        // GNU's own format has other fields in the place of the prefix; its magic is followed by a blank.
        let isUstar = unsafe block[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0])
        if isUstar, unsafe block[345] != 0 {
            name = unsafe Self.text(block, 345, 155) + [UInt8(ascii: "/")] + name
        }
        self.name = name
        link = unsafe Self.text(block, 157, 100)
        guard size >= 0 else { throw .number }
    }

    private static func text(_ block: UnsafeRawBufferPointer, _ start: Int, _ length: Int) -> [UInt8] {
        unsafe Array(block[start..<start + length].prefix { $0 != 0 })
    }

    /// Octal digits among blanks and NULs, or a big-endian number whose first bit is set.
    private static func number(_ block: UnsafeRawBufferPointer, _ start: Int, _ length: Int) throws(Flaw) -> Int {
        let first = unsafe block[start]
        if first & 0x80 != 0 {
            // Negative when the next bit is set, too: times before 1970.
            var value = first & 0x40 != 0 ? -1 : 0
            for index in start..<start + length {
                let byte = unsafe index == start ? (first & 0x40 != 0 ? first : first & 0x7f) : block[index]
                guard value < Int.max >> 9, value > Int.min >> 9 else { throw .number }
                value = value << 8 | Int(byte)
            }
            return value
        }
        var value = 0
        var hasDigits = false
        for index in start..<start + length {
            let byte = unsafe block[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                guard value < Int.max >> 4 else { throw .number }
                value = value << 3 | Int(byte - UInt8(ascii: "0"))
                hasDigits = true
            case UInt8(ascii: " "), 0:
                if hasDigits { return value }
            default: throw .number
            }
        }
        return value
    }
}

/// The records of a pax header: `LENGTH KEY=VALUE\n` each.
struct PaxRecords {
    private(set) var values: [String: [UInt8]] = [:]

    /// Nil when they are not in that form.
    init?(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count, bytes[start] != 0 {
            var length = 0
            var index = start
            while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
                length = length * 10 + Int(bytes[index] - UInt8(ascii: "0"))
                guard length <= bytes.count else { return nil }
                index += 1
            }
            let end = start + length
            guard index > start, index < bytes.count, bytes[index] == UInt8(ascii: " "), end <= bytes.count,
                index + 1 < end, bytes[end - 1] == UInt8(ascii: "\n"),
                let equals = bytes[(index + 1)..<(end - 1)].firstIndex(of: UInt8(ascii: "="))
            else { return nil }
            values[String(decoding: bytes[(index + 1)..<equals], as: UTF8.self)] = Array(
                bytes[(equals + 1)..<(end - 1)])
            start = end
        }
    }

    /// Seconds of a decimal number, whose fraction is dropped.
    func number(_ key: String) -> Int? {
        guard let value = values[key] else { return nil }
        return Int(String(decoding: value.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self))
    }

    /// Whether the entry's content is not simply its bytes.
    var isSparse: Bool { values.keys.contains { $0.hasPrefix("GNU.sparse") || $0 == "SCHILY.realsize" } }
}
