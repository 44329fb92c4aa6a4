package import VeloSystem

/// Something to download: where it is to be had, and how to know that it is right.
package struct TransferRequest: Sendable, Equatable {
    /// One place that has it, with what that place wants to hear.
    package struct Mirror: Sendable, Equatable {
        package var url: String
        package var headers: CurlHeaders

        package init(_ url: String, headers: CurlHeaders = [:]) {
            self.url = url
            self.headers = headers
        }
    }

    /// In order of preference.
    package var mirrors: [Mirror]
    package var digest: SHA256Digest?
    /// In bytes.
    package var size: Int?
    /// The most bytes to accept when the size is not known.
    package var limit: Int?

    /// `headers` go to all places; credentials among them only to those of the same origin as the first.
    package init(urls: [String], digest: SHA256Digest? = nil, size: Int? = nil, headers: CurlHeaders = [:]) {
        let first = urls.first.flatMap { CurlURL($0)?.origin }
        mirrors = urls.map { url in
            let isTrusted = first != nil && CurlURL(url)?.origin == first
            return Mirror(url, headers: isTrusted ? headers : headers.without(Self.credentials))
        }
        self.digest = digest
        self.size = size
    }

    package init(mirrors: [Mirror], digest: SHA256Digest? = nil, size: Int? = nil) {
        self.mirrors = mirrors
        self.digest = digest
        self.size = size
    }

    static let credentials = ["Authorization", "Proxy-Authorization", "Cookie"]

    /// What to call it in a message: the end of its first URL.
    package var name: String {
        guard let url = mirrors.first?.url else { return digest?.hex ?? "nothing" }
        return CurlURL(url)?.lastComponent ?? url
    }
}

/// A download that has arrived and was found right.
package struct TransferResult: Sendable, Equatable {
    package var digest: SHA256Digest
    /// In bytes.
    package var size: Int
    /// Where the last byte came from, redirects included; without credentials.
    package var url: String
    package var elapsed: Duration
    /// The most that ran at once.
    package var streams = 1
    /// Exchanges that failed and were made up for.
    package var retries = 0
    /// From the first request to the first byte.
    package var firstByte: Duration?
}
