import CLibCurl

/// One libcurl easy handle: a single exchange, redirects not followed.
///
/// Made, run and released on the thread of one `CurlMulti`.
@safe package final class CurlTransfer {
    let handle: UnsafeMutableRawPointer
    private let receiver: any CurlReceiver
    private let words: UnsafeMutablePointer<CChar>
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var reader = CurlHeadReader()
    private var isStopped = false
    private let isFile: Bool
    private(set) var isPaused = false
    let stallLimit: CurlStallWatch.Limit?

    package init(_ request: CurlRequest, to receiver: any CurlReceiver) {
        CurlMulti.prepareLibrary()
        guard let handle = unsafe curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        unsafe self.handle = handle
        unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.receiver = receiver
        stallLimit = request.stallLimit
        isFile = request.url.scheme == "file"
        setConnection(request)
        setRequest(request)
        setCallbacks()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(fields)
        unsafe words.deallocate()
    }

    /// Offers again what the receiver put off. Not to be called from the receiver.
    package func resume() {
        guard isPaused else { return }
        isPaused = false
        _ = unsafe curl_easy_pause(handle, CURLPAUSE_CONT)
    }

    /// Bytes of bodies moved so far, in both directions.
    var bytesMoved: Int {
        var received: curl_off_t = 0
        var sent: curl_off_t = 0
        _ = unsafe velo_curl_get_offset(handle, CURLINFO_SIZE_DOWNLOAD_T, &received)
        _ = unsafe velo_curl_get_offset(handle, CURLINFO_SIZE_UPLOAD_T, &sent)
        return Int(received + sent)
    }

    /// Whether the answer came over HTTP/2.
    package var isMultiplexed: Bool {
        var version = 0
        _ = unsafe velo_curl_get_long(handle, CURLINFO_HTTP_VERSION, &version)
        return version >= Int(CURL_HTTP_VERSION_2_0)
    }

    /// Whether a connection was opened for it.
    package var madeConnection: Bool {
        var count = 0
        _ = unsafe velo_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &count)
        return count > 0
    }

    func outcome(_ code: CURLcode) -> CurlOutcome {
        if isStopped { return .stopped }
        guard code == CURLE_OK else { return .failed(CurlFailure(code: code, words: unsafe String(cString: words))) }
        // An empty file has neither head nor body; an answer over HTTP has a head, or has broken off.
        if !isFile && reader.head == nil {
            return .failed(CurlFailure(.interrupted, "the answer ended within its head"))
        }
        if let head = reader.assumeHead(), !receiver.receive(head) { return .stopped }
        return .complete
    }

    private func setConnection(_ request: CurlRequest) {
        set(CURLOPT_URL, request.url.text)
        // No signals from a library's thread.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, request.allowsFiles ? "http,https,file" : "http,https")
        // Redirects are decided by whoever knows what the headers are for.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, 256 * 1024)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        switch request.connection {
        case .shared:
            // Better to wait for a connection that turns out to carry many than to open one for each.
            if request.url.scheme == "https" { set(CURLOPT_PIPEWAIT, 1) }
        case .own:
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        }
        if let authorities = request.authorities { set(CURLOPT_CAINFO, authorities) }
        switch request.netrc {
        case .none: break
        case .home:
            set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
        case .file(let path):
            set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
            set(CURLOPT_NETRC_FILE, path)
        }
        switch request.proxy {
        case .environment: break
        case .none: set(CURLOPT_PROXY, "")
        case .url(let url): set(CURLOPT_PROXY, url)
        }
    }

    private func setRequest(_ request: CurlRequest) {
        set(CURLOPT_USERAGENT, request.userAgent)
        // Empty means every encoding that this libcurl can undo.
        if request.decodesContent { set(CURLOPT_ACCEPT_ENCODING, "") }
        if case .post(let body) = request.method {
            set(CURLOPT_POST, 1)
            _ = unsafe velo_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            _ = unsafe body.withUnsafeBytes {
                // An empty array may have no address, which would mean "read it from a callback".
                let address = unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(words))
                return unsafe velo_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, address)
            }
            // Without this, a large body waits a second for a go-ahead that few servers send.
            add(field: "Expect:")
        }
        for field in request.headers.fields where !field.isForged {
            // A name with a semicolon is how libcurl is told to send an empty value.
            add(field: field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        _ = unsafe velo_curl_set_list(handle, CURLOPT_HTTPHEADER, fields)
    }

    private func setCallbacks() {
        _ = unsafe velo_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe velo_curl_set_header(
            handle,
            { bytes, size, count, context in
                guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
                let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
                return unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().take(line: Array(line))
            }, context)
        _ = unsafe velo_curl_set_write(
            handle,
            { bytes, size, count, context in
                guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
                let body = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
                return unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().take(body: body.bytes)
            }, context)
    }

    private func take(line: [UInt8]) -> Int {
        if let head = reader.take(line), !receiver.receive(head) {
            isStopped = true
            return 0
        }
        return line.count
    }

    private func take(body: RawSpan) -> Int {
        if let head = reader.assumeHead(), !receiver.receive(head) {
            isStopped = true
            return 0
        }
        switch receiver.receive(body) {
        case .taken: return body.byteCount
        case .later:
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        case .stop:
            isStopped = true
            return 0
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { _ = unsafe velo_curl_set_long(handle, option, value) }
    private func set(_ option: CURLoption, _ text: String) { _ = unsafe velo_curl_set_string(handle, option, text) }
    private func add(field: String) {
        if let longer = unsafe curl_slist_append(fields, field) { unsafe fields = longer }
    }
}

extension CurlHeaders.Field {
    /// A line break would smuggle in fields, or a whole request.
    fileprivate var isForged: Bool { (name + value).utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 } }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
