import VeloSystem

/// A registry or mirror that what is missing here is taken from.
package struct Upstream: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A container registry with Homebrew's names: ghcr.io, another velod.
        case registry
        /// Files under their flat names.
        case flat
    }

    package var kind: Kind
    /// Without a slash at the end, and without `/v2`.
    package var url: String
    /// The value of `Authorization` for it; what brew sends to ghcr.io when there is none.
    package var authorization: String?

    /// `https://ghcr.io`, or `flat+https://mirror.example/bottles`. User and password in it become `Basic`.
    package init?(_ text: String, authorization: String? = nil) {
        var text = text
        kind = text.hasPrefix("flat+") ? .flat : .registry
        if kind == .flat { text.removeFirst(5) }
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix("/v2") { text.removeLast(3) }
        guard let parsed = CurlURL(text), ["http", "https"].contains(parsed.scheme) else { return nil }
        url = text
        self.authorization = authorization ?? (kind == .registry && parsed.host == "ghcr.io" ? "Bearer QQ==" : nil)
    }

    func manifest(_ name: String, _ reference: String) -> String { "\(url)/v2/\(name)/manifests/\(reference)" }

    func blob(_ name: String, _ digest: SHA256Digest) -> String { "\(url)/v2/\(name)/blobs/\(digest.ociDigest)" }

    func tags(_ name: String) -> String { "\(url)/v2/\(name)/tags/list?n=1000" }

    func flat(_ flatName: String) -> String { "\(url)/\(flatName)" }

    /// Tokens are for a repository: what stands before `manifests` or `blobs`.
    func tokenKey(_ address: String) -> String {
        for part in ["/manifests/", "/blobs/", "/tags/"] {
            if let range = address.firstRange(of: part) { return String(address[..<range.lowerBound]) }
        }
        return url
    }
}
