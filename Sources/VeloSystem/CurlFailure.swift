import CLibCurl

/// A transfer that libcurl gave up on, in its words.
package struct CurlFailure: Problem, Equatable {
    package enum Kind: Sendable {
        /// A scheme that is not allowed; with one that is, an answer that is not HTTP.
        case unsupported
        case unusableURL, unresolvedHost, unresolvedProxy, connection, connectTimeout, certificate
        /// Fewer bytes arrived in a while than the limit asks for.
        case stalled
        /// The connection ended before the body did.
        case truncated
        /// The connection broke, or what came over it made no sense.
        case interrupted
        case other
    }

    package var kind: Kind
    package var words: String

    package init(_ kind: Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }

    package var summary: String { words }

    init(code: CURLcode, words: String) {
        self.words = words.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : words
        kind =
            switch code {
            case CURLE_UNSUPPORTED_PROTOCOL: .unsupported
            case CURLE_URL_MALFORMAT, CURLE_FILE_COULDNT_READ_FILE: .unusableURL
            case CURLE_COULDNT_RESOLVE_HOST: .unresolvedHost
            case CURLE_COULDNT_RESOLVE_PROXY: .unresolvedProxy
            case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connection
            // The only timer that libcurl itself holds is that for connecting.
            case CURLE_OPERATION_TIMEDOUT: .connectTimeout
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR:
                .certificate
            case CURLE_PARTIAL_FILE: .truncated
            case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_HTTP3,
                CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
                .interrupted
            default: .other
            }
    }
}
