import CLibCurl

/// Header fields in the order of the wire; names compare without regard to case.
package struct CurlHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field]

    package init(_ fields: [Field] = []) { self.fields = fields }

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }

    /// The first field of that name; setting replaces all of them, nil removes them.
    package subscript(_ name: String) -> String? {
        get { fields.first { Self.isSame($0.name, name) }?.value }
        set {
            fields.removeAll { Self.isSame($0.name, name) }
            if let newValue { fields.append(Field(name, newValue)) }
        }
    }

    package mutating func append(_ name: String, _ value: String) { fields.append(Field(name, value)) }

    /// Without the fields of the given names.
    package func without(_ names: [String]) -> CurlHeaders {
        CurlHeaders(fields.filter { field in !names.contains { Self.isSame($0, field.name) } })
    }

    /// Seconds since 1970 of a field that holds a date; nil when it is missing, or none.
    package func date(_ name: String) -> Int? {
        guard let text = self[name] else { return nil }
        let seconds = unsafe curl_getdate(text, nil)
        return seconds >= 0 ? seconds : nil
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

/// Status and header fields of a response, as they stood before its body.
package struct CurlResponseHead: Hashable, Sendable {
    package var status: Int
    package var headers: CurlHeaders

    package init(status: Int, headers: CurlHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    /// Nil when the field is missing, or not a number.
    package var contentLength: Int? { headers["Content-Length"].flatMap { Int($0) } }
}

/// Collects header lines as they arrive and says when the head of the final response is complete.
///
/// Interim responses (1xx) are dropped, and so are trailers, which come after the body.
struct CurlHeadReader {
    private var status: Int?
    private var headers = CurlHeaders()
    private(set) var head: CurlResponseHead?

    /// Takes one line with its line end; returns the head on the line that completes it.
    mutating func take(_ line: [UInt8]) -> CurlResponseHead? {
        guard head == nil else { return nil }
        let text = String(decoding: line, as: UTF8.self).trimmingEnd()
        if text.hasPrefix("HTTP/") {
            let words = text.split(separator: " ", maxSplits: 2)
            status = words.count > 1 ? Int(words[1]) : nil
            headers = CurlHeaders()
        } else if text.isEmpty {
            // Files have no status line: what can be read is there.
            let status = self.status ?? 200
            guard status >= 200 else { return nil }
            head = CurlResponseHead(status: status, headers: headers)
            return head
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(String(text[..<colon]), String(value))
        }
        return nil
    }

    /// For a body that no head came before, as with files.
    mutating func assumeHead() -> CurlResponseHead? {
        guard head == nil else { return nil }
        head = CurlResponseHead(status: 200, headers: headers)
        return head
    }
}

extension String {
    fileprivate func trimmingEnd() -> Substring {
        guard let last = unicodeScalars.lastIndex(where: { !["\r", "\n", " ", "\t"].contains($0) }) else { return "" }
        return self[...last]
    }
}
