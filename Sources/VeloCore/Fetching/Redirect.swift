import VeloSystem

/// Where an answer sends us, and what may be said there.
enum Redirect: Equatable {
    case to(CurlURL, CurlHeaders)
    case refused(FetchError)

    /// What another host may hear: everything else the caller said was for the first one.
    private static let harmless = ["range", "if-range", "accept"]

    /// Nil when the answer is no redirect.
    init?(_ head: CurlResponseHead, from url: CurlURL, _ headers: CurlHeaders, isLast: Bool) {
        guard [301, 302, 303, 307, 308].contains(head.status), let location = head.headers["Location"] else {
            return nil
        }
        func refuse(_ target: String, _ flaw: FetchError.RedirectFlaw) -> Redirect {
            .refused(.badRedirect(url: url.description, to: target, flaw))
        }
        guard let target = url.resolving(location), ["http", "https"].contains(target.scheme) else {
            self = refuse(location, .unusable)
            return
        }
        if url.scheme == "https" && target.scheme == "http" {
            self = refuse(target.description, .insecure)
        } else if isLast {
            self = refuse(target.description, .tooMany)
        } else if target.origin == url.origin {
            self = .to(target, headers)
        } else {
            let kept = headers.fields.filter { Self.harmless.contains($0.name.lowercased()) }
            self = .to(target, CurlHeaders(kept))
        }
    }
}
