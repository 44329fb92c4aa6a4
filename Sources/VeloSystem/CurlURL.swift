import CLibCurl

/// A URL that libcurl accepts, normalised by it.
package struct CurlURL: Hashable, Sendable, CustomStringConvertible {
    /// As it goes to libcurl: it may hold a user and a password. Show `description` instead.
    package let text: String
    package let scheme: String
    /// Empty for files.
    package let host: String
    /// Nil for schemes without one.
    package let port: Int?
    /// Without user and password.
    package let description: String

    /// Nil unless the text is an absolute URL.
    package init?(_ text: String) {
        guard let parts = CurlURLParts() else { return nil }
        guard parts.set(text, flags: 0) else { return nil }
        self.init(parts)
    }

    /// The URL that a reference in this document leads to, as in a `Location` field. Spaces in it are encoded.
    package func resolving(_ reference: String) -> CurlURL? {
        guard let parts = CurlURLParts() else { return nil }
        guard parts.set(text, flags: 0), parts.set(reference, flags: CURLU_URLENCODE) else { return nil }
        return CurlURL(parts)
    }

    private init?(_ parts: borrowing CurlURLParts) {
        guard let text = parts.get(CURLUPART_URL), let scheme = parts.get(CURLUPART_SCHEME) else { return nil }
        self.text = text
        self.scheme = scheme
        host = parts.get(CURLUPART_HOST)?.lowercased() ?? ""
        port = parts.get(CURLUPART_PORT, flags: CURLU_DEFAULT_PORT).flatMap { Int($0) }
        parts.dropCredentials()
        description = parts.get(CURLUPART_URL) ?? scheme
    }

    /// Scheme, host and port: what credentials are bound to.
    package var origin: String { "\(scheme)://\(host):\(port ?? 0)" }

    /// What follows the last slash of the path, or the host.
    package var lastComponent: String {
        let path = description.prefix { $0 != "?" && $0 != "#" }.drop { $0 != ":" }.dropFirst(3)
        return path.split(separator: "/").last.map(String.init) ?? host
    }
}

/// libcurl's parsed URL, freed with its owner.
@safe private struct CurlURLParts: ~Copyable {
    private let handle: OpaquePointer

    init?() {
        guard let handle = unsafe curl_url() else { return nil }
        unsafe self.handle = handle
    }

    deinit { unsafe curl_url_cleanup(handle) }

    func set(_ text: String, flags: Int32) -> Bool {
        unsafe curl_url_set(handle, CURLUPART_URL, text, UInt32(flags)) == CURLUE_OK
    }

    func get(_ part: CURLUPart, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text = unsafe text else {
            return nil
        }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    func dropCredentials() {
        _ = unsafe curl_url_set(handle, CURLUPART_USER, nil, 0)
        _ = unsafe curl_url_set(handle, CURLUPART_PASSWORD, nil, 0)
    }
}
