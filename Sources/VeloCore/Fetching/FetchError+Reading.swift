import VeloSystem

extension FetchError {
    /// Says in our terms why libcurl gave up.
    static func reading(
        _ failure: CurlFailure, _ url: CurlURL, received: Int, expected: Int?, _ policy: TransferPolicy
    ) -> FetchError {
        let (text, host) = (url.description, url.host)
        switch failure.kind {
        case .unsupported where url.scheme.hasPrefix("http"):
            return .interrupted(url: text, reason: failure.words)
        case .unusableURL, .unsupported: return .unusableURL(text, reason: failure.words)
        case .unresolvedHost, .connection: return .unreachable(url: text, host: host, reason: failure.words)
        case .unresolvedProxy: return .proxyUnreachable(url: text, reason: failure.words)
        case .connectTimeout: return .connectTimeout(url: text, host: host, limit: policy.connectTimeout)
        case .certificate: return .untrusted(url: text, host: host, reason: failure.words)
        case .stalled: return .stalled(url: text, limit: policy.stallLimit)
        case .truncated: return .truncated(url: text, received: received, expected: expected)
        case .interrupted, .other: return .interrupted(url: text, reason: failure.words)
        }
    }
}
