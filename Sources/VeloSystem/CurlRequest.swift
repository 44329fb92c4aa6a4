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

    /// Where users and passwords for hosts are looked up. Each request asks for its own host only.
    package enum Netrc: Sendable, Equatable {
        case none
        /// `~/.netrc`, if there is one.
        case home
        case file(String)
    }

    package enum Connection: Sendable, Equatable {
        /// One that is there: HTTP/2 carries many requests over one.
        case shared
        /// One that no other request uses meanwhile: the streams of one file gain nothing from sharing.
        case own
    }

    package var url: CurlURL
    package var method = Method.get
    package var headers = CurlHeaders()
    package var userAgent = "Velocity"
    /// Asks for compression and undoes it: for documents, never for blobs, whose digest is of the bytes on the wire.
    package var decodesContent = false
    package var allowsFiles = false
    package var proxy = Proxy.environment
    package var netrc = Netrc.none
    /// Certificates to trust instead of the system's, in PEM.
    package var authorities: String?
    package var connection = Connection.shared
    package var connectTimeout = Duration.seconds(15)
    package var stallLimit: CurlStallWatch.Limit?

    package init(_ url: CurlURL) { self.url = url }
}
