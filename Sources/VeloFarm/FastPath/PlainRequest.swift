import Glibc

/// A GET or HEAD without a body, read from bytes as they came, and no more of it than an answer from the cache needs.
struct PlainRequest: Equatable {
    enum Outcome: Equatable {
        /// The head has not come whole yet.
        case incomplete
        /// Something else: for the server proper. `count` bytes are the whole request where that can be told.
        case other(count: Int?)
        case plain(PlainRequest, count: Int)
    }

    var isHead = false
    var keepsOpen = true
    /// With its query, as it came.
    var target = ""
    var range: String?
    var ifRange: String?
    var ifNoneMatch: String?
    var authorization: String?
    /// A condition that only the server proper weighs.
    var hasDateCondition = false

    /// Reads the first request of some bytes.
    static func read(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard let base = bytes.baseAddress else { return .incomplete }
        var request = PlainRequest()
        var isOurs = false
        var hasBody = false
        var start = 0
        var isFirst = true
        while let newline = memchr(base + start, 0x0A, bytes.count - start) {
            let end = UnsafeRawPointer(newline) - base
            var last = end
            if last > start, bytes[last - 1] == 0x0D { last -= 1 }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<last])
            start = end + 1
            if isFirst {
                // Blank lines before a request are left out by whoever reads it properly.
                if line.isEmpty { return .other(count: nil) }
                isOurs = request.takeFirstLine(line)
                isFirst = false
            } else if line.isEmpty {
                guard !hasBody else { return .other(count: nil) }
                return isOurs ? .plain(request, count: start) : .other(count: nil)
            } else {
                hasBody = request.take(line) || hasBody
            }
        }
        return .incomplete
    }

    /// Whether the head that some bytes begin with, or what has come of it, is longer than that.
    static func isHeadLarger(_ bytes: UnsafeRawBufferPointer, than limit: Int) -> Bool {
        guard bytes.count > limit else { return false }
        // It would end in here.
        let end = Array("\r\n\r\n".utf8)
        return bytes.prefix(limit).firstRange(of: end) == nil
    }

    /// True for `GET TARGET HTTP/1.1` and the same with HEAD.
    private mutating func takeFirstLine(_ line: UnsafeRawBufferPointer) -> Bool {
        let methodLength: Int
        if Self.begins(line, "GET ") {
            methodLength = 4
        } else if Self.begins(line, "HEAD ") {
            (methodLength, isHead) = (5, true)
        } else {
            return false
        }
        guard line.count > methodLength + 9 else { return false }
        let version = UnsafeRawBufferPointer(rebasing: line[(line.count - 9)...])
        guard Self.begins(version, " HTTP/1.1") else { return false }
        let path = line[methodLength..<(line.count - 9)]
        guard path.first == UInt8(ascii: "/"), path.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        target = String(decoding: path, as: UTF8.self)
        return true
    }

    /// Takes a header line; true when it says that a body follows, or something else that is not plain.
    private mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        switch line[0] | 0x20 {
        case UInt8(ascii: "r"):
            if let value = Self.value(line, "range") { range = value }
        case UInt8(ascii: "i"):
            if let value = Self.value(line, "if-none-match") {
                ifNoneMatch = value
            } else if let value = Self.value(line, "if-range") {
                ifRange = value
            } else if Self.value(line, "if-modified-since") != nil {
                hasDateCondition = true
            }
        case UInt8(ascii: "a"):
            if let value = Self.value(line, "authorization") { authorization = value }
        case UInt8(ascii: "c"):
            if let value = Self.value(line, "connection") {
                let words = value.lowercased()
                if words.contains("close") { keepsOpen = false }
                return words.contains("upgrade")
            }
            if let value = Self.value(line, "content-length") { return value != "0" }
        case UInt8(ascii: "t"): return Self.value(line, "transfer-encoding") != nil
        case UInt8(ascii: "e"): return Self.value(line, "expect") != nil
        case UInt8(ascii: "u"): return Self.value(line, "upgrade") != nil
        default: break
        }
        return false
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= word.utf8CodeUnitCount else { return false }
        return memcmp(base, word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    /// The value of a header line whose name, in any case, is `name` in lower case.
    private static func value(_ line: UnsafeRawBufferPointer, _ name: StaticString) -> String? {
        let length = name.utf8CodeUnitCount
        guard line.count > length, line[length] == UInt8(ascii: ":") else { return nil }
        for index in 0..<length {
            let byte = line[index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard lower == name.utf8Start[index] else { return nil }
        }
        var first = length + 1
        var last = line.count
        while first < last, line[first] == 0x20 || line[first] == 0x09 { first += 1 }
        while last > first, line[last - 1] == 0x20 || line[last - 1] == 0x09 { last -= 1 }
        return String(decoding: line[first..<last], as: UTF8.self)
    }
}
