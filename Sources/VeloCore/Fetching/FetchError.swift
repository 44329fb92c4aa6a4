package import VeloSystem

/// Why something could not be fetched.
package enum FetchError: Problem, Equatable {
    case digestMismatch(url: String, expected: SHA256Digest, actual: SHA256Digest)
    /// A local file is not what it was said to be.
    case wrongFile(path: String, expected: SHA256Digest, actual: SHA256Digest)
    case sizeMismatch(url: String, expected: Int, actual: Int)
    /// The connection ended before the body did.
    case truncated(url: String, received: Int, expected: Int?)
    case tooLarge(url: String, limit: Int)
    /// The server's answer is not the file. `message` is the text that came with it, at most 4 KiB.
    case status(url: String, code: Int, message: String?, retryAfter: Duration?)
    case unreachable(url: String, host: String, reason: String)
    case proxyUnreachable(url: String, reason: String)
    case untrusted(url: String, host: String, reason: String)
    case interrupted(url: String, reason: String)
    case stalled(url: String, limit: CurlStallWatch.Limit)
    case connectTimeout(url: String, host: String, limit: Duration)
    case badRedirect(url: String, to: String, RedirectFlaw)
    /// It contradicts itself or the request: a range that was not asked for, for one.
    case confused(url: String, reason: String)
    case unusableURL(String, reason: String)
    /// Every place was tried.
    case everyMirror(name: String, [FetchError])
    /// Other downloads have found the host failing, and it is left alone for a while.
    case avoided(url: String, host: String, wait: Duration)
    /// It became another file while it was fetched.
    case changed(url: String)
    /// The whole took longer than was allowed.
    case timedOut(url: String, limit: Duration)
    case offline(missing: [String])
    case cancelled(url: String)

    package enum RedirectFlaw: Sendable, Equatable { case unusable, insecure, tooMany }
}

extension FetchError {
    package var summary: String {
        switch self {
        case .digestMismatch(let url, let expected, let actual):
            "what came from `\(url)` has the sha256 \(actual), not \(expected)"
        case .wrongFile(let path, let expected, let actual):
            "`\(path)` has the sha256 \(actual), not \(expected)"
        case .sizeMismatch(let url, let expected, let actual):
            "`\(url)` has \(actual) bytes, not \(expected)"
        case .truncated(let url, let received, let expected):
            "`\(url)` ended after \(received)\(expected.map { " of \($0)" } ?? "") bytes"
        case .tooLarge(let url, let limit):
            "`\(url)` is larger than the \(limit) bytes allowed"
        case .status(let url, let code, let message, _):
            "`\(url)` answered \(code)\(Self.phrases[code].map { " \($0)" } ?? "")\(Self.firstLine(message))"
        case .unreachable(let url, let host, let reason):
            "could not reach `\(host)` for `\(url)`: \(reason)"
        case .proxyUnreachable(let url, let reason):
            "could not reach the proxy for `\(url)`: \(reason)"
        case .untrusted(let url, let host, let reason):
            "could not trust `\(host)` for `\(url)`: \(reason)"
        case .interrupted(let url, let reason):
            "the transfer of `\(url)` broke off: \(reason)"
        case .stalled(let url, let limit):
            "`\(url)` sent fewer than \(limit.floor) bytes in \(limit.window)"
        case .connectTimeout(let url, let host, let limit):
            "`\(host)` did not answer within \(limit) for `\(url)`"
        case .badRedirect(let url, let target, let flaw):
            "`\(url)` leads to `\(target)`, \(flaw.description)"
        case .confused(let url, let reason):
            "`\(url)` gave an answer that makes no sense: \(reason)"
        case .unusableURL(let url, let reason):
            "could not use the URL `\(url)`: \(reason)"
        case .everyMirror(let name, let failures):
            "no mirror gave `\(name)`: " + failures.map(\.summary).joined(separator: "; ")
        case .avoided(let url, let host, let wait):
            "`\(host)` has failed again and again, so `\(url)` was not asked for; the next try is in \(Self.seconds(wait))"
        case .changed(let url):
            "`\(url)` became another file while it was fetched"
        case .timedOut(let url, let limit):
            "`\(url)` was not here within \(Self.seconds(limit))"
        case .offline(let missing):
            "offline, and not in the cache: " + missing.map { "`\($0)`" }.joined(separator: ", ")
        case .cancelled(let url):
            "the transfer of `\(url)` was cancelled"
        }
    }

    package var hints: [String] {
        switch self {
        case .digestMismatch:
            [
                "the bytes were deleted; run the command again, or use another mirror",
                "if it happens again, the file may have been replaced: compare its sha256 with what upstream publishes",
            ]
        case .sizeMismatch: ["the mirror may be out of date; update the catalog, or use another mirror"]
        case .truncated, .interrupted, .stalled, .timedOut, .cancelled:
            ["run the command again: it goes on where it stopped"]
        case .status(_, 401, _, _), .status(_, 403, _, _): ["check the token for this server"]
        case .status(_, 407, _, _): ["the proxy wants a user and a password in `https_proxy`"]
        case .status(_, 429, _, let wait?), .status(_, 503, _, let wait?): ["the server asks to wait \(wait)"]
        case .unreachable, .connectTimeout:
            ["check the address and the network; behind a proxy, set `https_proxy` and `http_proxy`"]
        case .proxyUnreachable: ["check `https_proxy`, `http_proxy` and `all_proxy`, or list the host in `no_proxy`"]
        case .untrusted: ["check the clock, and that the package `ca-certificates` is installed"]
        case .badRedirect(_, _, .insecure): ["use a mirror that keeps to https"]
        case .everyMirror(_, let failures):
            failures.flatMap(\.hints).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        case .avoided: ["wait a little, or use another mirror"]
        case .changed: ["run the command again when the server is at rest, or use another mirror"]
        case .offline: ["run the same command once without offline mode"]
        case .wrongFile, .tooLarge, .status, .badRedirect, .confused, .unusableURL: []
        }
    }

    package var severity: ProblemSeverity {
        switch self {
        case .truncated, .unreachable, .proxyUnreachable, .interrupted, .stalled, .connectTimeout, .cancelled,
            .avoided, .changed, .timedOut:
            .temporary
        case .status(_, let code, _, _): TransferMachine.isTransient(status: code) ? .temporary : .refused
        case .everyMirror(_, let failures):
            failures.contains { $0.severity == .temporary } ? .temporary : .refused
        case .digestMismatch, .wrongFile, .sizeMismatch, .tooLarge, .untrusted, .badRedirect, .confused, .unusableURL,
            .offline:
            .refused
        }
    }

    /// The status with which a server refused, if that is what happened.
    package var statusCode: Int? {
        if case .status(_, let code, _, _) = self { return code }
        return nil
    }

    private static func firstLine(_ message: String?) -> String {
        guard let line = message?.split(whereSeparator: \.isNewline).first else { return "" }
        return ": " + (line.count > 200 ? line.prefix(200) + "…" : line)
    }

    private static func seconds(_ duration: Duration) -> String {
        let seconds = max(1, Int((duration / .seconds(1)).rounded(.up)))
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }

    private static let phrases = [
        400: "bad request", 401: "unauthorized", 403: "forbidden", 404: "not found", 407: "proxy wants credentials",
        408: "request timeout", 410: "gone", 429: "too many requests", 500: "internal error", 502: "bad gateway",
        503: "unavailable", 504: "gateway timeout",
    ]
}

extension FetchError.RedirectFlaw: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusable: "which is no usable URL"
        case .insecure: "which is not encrypted"
        case .tooMany: "one redirect too many"
        }
    }
}
