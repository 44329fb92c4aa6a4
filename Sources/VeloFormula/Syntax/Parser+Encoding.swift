/// The check that the source is UTF-8.
extension Parser {
    /// Reports bytes that are not UTF-8, once a line at most.
    mutating func checkEncoding() {
        let bytes = lexer.bytes
        if bytes.isASCII { return }
        var index = 0
        let end = lexer.dataStart ?? lexer.count
        while index < end {
            let length = Self.sequenceLength(bytes, index)
            if length > 0 {
                index += length
                continue
            }
            diagnostics.append(
                Diagnostic(
                    id: "syntax.invalid-utf8", span: SourceSpan(index, index + 1), message: "this byte is not UTF-8",
                    hint: "save the file as UTF-8"))
            while index < end, bytes[index] != .newline { index += 1 }
        }
    }

    /// The length of the character at `index`; 0 if it is malformed.
    private static func sequenceLength(_ bytes: SourceBytes, _ index: Int) -> Int {
        let first = bytes[index]
        switch first {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return isContinuation(bytes[index + 1]) ? 2 : 0
        case 0xE0...0xEF:
            let second = bytes[index + 1]
            let isInRange = first == 0xE0 ? second >= 0xA0 : first == 0xED ? second < 0xA0 : true
            return isInRange && isContinuation(second) && isContinuation(bytes[index + 2]) ? 3 : 0
        case 0xF0...0xF4:
            let second = bytes[index + 1]
            let isInRange = first == 0xF0 ? second >= 0x90 : first == 0xF4 ? second < 0x90 : true
            let isComplete =
                isContinuation(second) && isContinuation(bytes[index + 2])
                && isContinuation(bytes[index + 3])
            return isInRange && isComplete ? 4 : 0
        default: return 0
        }
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
