/// What to ask for, and how patiently.
package struct CurlRequest: Sendable {
    package enum Method: Sendable, Equatable {
        case get
        case post([UInt8])
    }

    package enum Proxy: Sendable, Equatable {
        /// As `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` say.
        case environment
        case none
        case url(String)
    }

    package var url: CurlURL
    package var method = Method.get
    package var headers = CurlHeaders()
    package var userAgent = "Velocity"
    /// Asks for compression and undoes it: for documents, never for blobs, whose digest is of the bytes on the wire.
    package var decodesContent = false
    package var allowsFiles = false
    package var proxy = Proxy.environment
    package var connectTimeout = Duration.seconds(15)
    package var stallLimit: CurlStallWatch.Limit?

    package init(_ url: CurlURL) { self.url = url }
}
