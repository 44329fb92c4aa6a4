package import VeloSystem

/// An answer that was kept in memory.
package struct TransferResponse: Sendable, Equatable {
    /// 200 to 299, or 304 when a condition was asked and nothing has changed.
    package var status: Int
    package var headers: CurlHeaders
    package var body: [UInt8]
    /// Where it came from, redirects included.
    package var url: String
}

extension TransferEngine {
    /// Fetches a small document, following redirects and retrying. Compression on the wire is undone.
    ///
    /// With `If-None-Match` or `If-Modified-Since` among the headers, 304 is an answer and not an error.
    /// - Throws: `FetchError`; a refusal such as 404 is `.status`.
    package func get(
        _ url: String, headers: CurlHeaders = [:], events: @escaping TransferEvents = { _ in }
    ) async throws -> TransferResponse {
        try await document(url, headers, .document, .get, events)
    }

    /// Sends a document and fetches the answer. Repeated only when the server cannot have seen it, or said later.
    /// Redirects are not followed.
    package func post(
        _ url: String, body: [UInt8], headers: CurlHeaders = [:], events: @escaping TransferEvents = { _ in }
    ) async throws -> TransferResponse {
        try await document(url, headers, .submission, .post(body), events)
    }

    private func document(
        _ url: String, _ headers: CurlHeaders, _ purpose: TransferMachine.Purpose, _ method: CurlRequest.Method,
        _ events: @escaping TransferEvents
    ) async throws -> TransferResponse {
        var request = TransferRequest(urls: [url], headers: headers)
        request.limit = policy.documentLimit
        var machine = TransferMachine(request, policy: policy, purpose: purpose)
        let body = MemoryBody()
        let answer = try await run(&machine, method, into: body, events: events)
        return TransferResponse(
            status: answer.head.status, headers: answer.head.headers, body: body.bytes, url: answer.url.description)
    }
}
