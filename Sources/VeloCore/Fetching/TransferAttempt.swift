package import VeloSystem

/// One exchange with a server: what is asked, and how its answer is to be taken.
package struct TransferAttempt: Sendable, Equatable {
    /// What to do with the body that follows a head.
    package enum Disposition: Sendable, Equatable {
        /// It is the file from `offset` on; `total` is the size of the whole, where it is known.
        case store(offset: Int, total: Int?)
        /// It is about the file: a redirect or a refusal. A little of it may explain why.
        case explain
        /// There is no more: what is in hand is the whole.
        case complete
        case refuse(FetchError)
    }

    package var url: CurlURL
    package var headers: CurlHeaders
    /// Bytes in hand that the answer should continue; 0 asks for the whole.
    package var offset: Int
    var purpose: TransferMachine.Purpose
    var expectedSize: Int?
    var limit: Int?
    /// What the bytes in hand were known by, at this mirror.
    var validator: String?

    package func disposition(of head: CurlResponseHead) -> Disposition {
        switch head.status {
        case 206 where purpose == .file: partial(head)
        case 416 where offset > 0: unsatisfied(head)
        case 304 where purpose == .document: .store(offset: 0, total: nil)
        case 200..<300 where purpose != .file: document(head)
        // 203: a proxy changed something on the way. The digest will tell.
        case 200, 203: whole(head)
        default: .explain
        }
    }

    private func whole(_ head: CurlResponseHead) -> Disposition {
        if let length = head.contentLength {
            if let expectedSize, length != expectedSize {
                return .refuse(.sizeMismatch(url: url.description, expected: expectedSize, actual: length))
            }
            if let limit, length > limit { return .refuse(.tooLarge(url: url.description, limit: limit)) }
        }
        return .store(offset: 0, total: head.contentLength ?? expectedSize)
    }

    private func document(_ head: CurlResponseHead) -> Disposition {
        if let limit, let length = head.contentLength, length > limit {
            return .refuse(.tooLarge(url: url.description, limit: limit))
        }
        // Compressed, the length is not that of what arrives.
        return .store(offset: 0, total: head.headers["Content-Encoding"] == nil ? head.contentLength : nil)
    }

    private func partial(_ head: CurlResponseHead) -> Disposition {
        guard offset > 0 else { return confused("a range that was not asked for") }
        guard let range = head.headers["Content-Range"].flatMap(ContentRange.init), let first = range.first else {
            return confused("a range without its place")
        }
        guard first == offset else { return confused("bytes from \(first) on instead of \(offset)") }
        if let total = range.total, let expectedSize, total != expectedSize {
            return .refuse(.sizeMismatch(url: url.description, expected: expectedSize, actual: total))
        }
        if let validator, let tag = Self.validator(of: head), tag != validator {
            return confused("a range of another version of the file")
        }
        if let limit, let total = range.total, total > limit {
            return .refuse(.tooLarge(url: url.description, limit: limit))
        }
        return .store(offset: offset, total: range.total ?? expectedSize)
    }

    private func unsatisfied(_ head: CurlResponseHead) -> Disposition {
        guard let total = head.headers["Content-Range"].flatMap(ContentRange.init)?.total, total == offset,
            expectedSize == nil || expectedSize == total
        else { return confused("nothing after byte \(offset)") }
        return .complete
    }

    private func confused(_ reason: String) -> Disposition {
        .refuse(.confused(url: url.description, reason: reason))
    }

    /// What a later request may name in `If-Range`: a strong entity tag, else the date.
    static func validator(of head: CurlResponseHead) -> String? {
        if let tag = head.headers["ETag"], !tag.hasPrefix("W/") { return tag }
        return head.headers["Last-Modified"]
    }
}

/// A `Content-Range` field: `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
struct ContentRange: Equatable {
    var first: Int?
    var total: Int?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/")
        guard parts.count == 2 else { return nil }
        total = Int(parts[1])
        guard total != nil || parts[1] == "*" else { return nil }
        guard parts[0] != "*" else { return }
        let ends = parts[0].split(separator: "-")
        guard ends.count == 2, let from = Int(ends[0]), let to = Int(ends[1]), from <= to else { return nil }
        first = from
    }
}
