package import VeloSystem

/// One exchange for a document: what is asked, and how its answer is to be taken.
package struct TransferAttempt: Sendable, Equatable {
    /// What to do with the body that follows a head.
    package enum Disposition: Sendable, Equatable {
        /// It is the document; `total` is its size, where it is known.
        case store(total: Int?)
        /// It is a redirect or a refusal. A little of it may explain why.
        case explain
        case refuse(FetchError)
    }

    package var url: CurlURL
    package var headers: CurlHeaders
    var limit: Int?

    package func disposition(of head: CurlResponseHead) -> Disposition {
        switch head.status {
        // Nothing has changed: an answer, without a body.
        case 200..<300, 304: document(head)
        default: .explain
        }
    }

    private func document(_ head: CurlResponseHead) -> Disposition {
        if let limit, let length = head.contentLength, length > limit {
            return .refuse(.tooLarge(url: url.description, limit: limit))
        }
        // Compressed, the length is not that of what arrives.
        return .store(total: head.headers["Content-Encoding"] == nil ? head.contentLength : nil)
    }
}
