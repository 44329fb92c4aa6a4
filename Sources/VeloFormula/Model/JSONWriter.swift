import VeloSystem

/// Writes a JSON document, compact, straight into bytes: no tree of values is made first.
///
/// Who writes keeps the order of keys and closes what was opened; commas come by themselves.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// The last thing written was a value, so that a comma comes before the next.
    private var isBehindValue = false

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }

    /// Puts text between two documents, which are then no members of one.
    package mutating func separate(by text: String) {
        bytes.append(contentsOf: text.utf8)
        isBehindValue = false
    }

    /// Forgets what was written behind a place, between two documents.
    package mutating func forget(behind count: Int) {
        bytes.removeSubrange(count...)
        isBehindValue = false
    }

    // MARK: Structure

    package mutating func object(_ write: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "{"))
        try write(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array(_ write: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "["))
        try write(&self)
        close(UInt8(ascii: "]"))
    }

    /// The key of what is written next.
    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        isBehindValue = false
    }

    /// The same for a key that is known beforehand and has nothing to escape.
    package mutating func key(_ name: StaticString) {
        if isBehindValue { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        isBehindValue = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        isBehindValue = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        isBehindValue = true
    }

    private mutating func separate() {
        if isBehindValue { bytes.append(UInt8(ascii: ",")) }
        isBehindValue = true
    }

    // MARK: Values

    package mutating func null() { raw("null") }
    package mutating func bool(_ flag: Bool) { raw(flag ? "true" : "false") }

    package mutating func int(_ number: Int) {
        if 0..<10 ~= number {
            separate()
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            raw(String(number))
        }
    }

    package mutating func optional(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    package mutating func strings(_ texts: some Sequence<String>) {
        array { for text in texts { $0.string(text) } }
    }

    package mutating func string(_ text: String) {
        begin()
        append(text)
        end()
    }

    /// A string in pieces: `begin`, `append` as often as need be, `end`.
    package mutating func begin() {
        separate()
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func end() { bytes.append(UInt8(ascii: "\"")) }

    package mutating func append(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append($0) }
        if isDone == nil { ContiguousArray(text.utf8).withUnsafeBufferPointer { append($0) } }
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        if ByteSearch.isPlain(text) {
            bytes.append(contentsOf: text)
            return
        }
        for byte in text {
            if Self.isEscaped(byte) { escape(byte) } else { bytes.append(byte) }
        }
    }

    /// Members or elements that were written elsewhere, as they are; without a comma before them.
    package mutating func append(written: ArraySlice<UInt8>) {
        guard !written.isEmpty else { return }
        separate()
        bytes.append(contentsOf: written)
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Self.hexDigits[Int(byte >> 4)])
            bytes.append(Self.hexDigits[Int(byte & 15)])
        }
    }
}
