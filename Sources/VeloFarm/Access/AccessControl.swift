import FoundationEssentials
import HTTPTypes
import Hummingbird
import Synchronization
import VeloSystem

/// Who asks.
struct Identity: Sendable, Equatable {
    /// A token's name; nil for anybody.
    var name: String?
    var scopes: Set<AccessScope>

    func may(_ scope: AccessScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}

/// Decides who may do what: by token, or by what everybody may.
///
/// A token comes as `Bearer`, as the password of `Basic` with any user, or in brew's two variables, which are the same.
/// What `brew` and other clients send when they have none (`Bearer QQ==`, an empty password) means nobody.
final class AccessControl: Sendable {
    let tokens: TokenStore
    /// What needs no token.
    let anonymous: Set<AccessScope>
    /// Header values that were found good for reading, and until when that is believed.
    private let readers = Mutex<[String: Double]>([:])
    private let now: @Sendable () -> Double

    private static let trustTime = 30.0
    /// For commands on this machine: lives as long as the process, and is written only into `velod.json`.
    let localSecret = TokenSecret()

    init(tokens: TokenStore, anonymous: Set<AccessScope>, now: @escaping @Sendable () -> Double) {
        self.tokens = tokens
        self.anonymous = anonymous
        self.now = now
    }

    /// Without looking anything up: false means that it has to be looked up.
    func mayReadAtOnce(_ authorization: String?) -> Bool {
        if anonymous.contains(.read) { return true }
        guard let authorization else { return false }
        let now = now()
        return readers.withLock { $0[authorization].map { $0 > now } ?? false }
    }

    /// Tokens changed: nobody is believed any more.
    func forget() { readers.withLock { $0 = [:] } }

    /// Nil when a token of ours is sent that is none, or has run out.
    func identity(_ authorization: String?) async throws -> Identity? {
        guard let authorization, let secret = Self.secret(authorization) else {
            return Identity(name: nil, scopes: anonymous)
        }
        guard secret.hasPrefix(TokenSecret.prefix) else { return Identity(name: nil, scopes: anonymous) }
        if secret == localSecret.text { return Identity(name: "local", scopes: [.admin]) }
        guard let token = try await tokens.token(secret: secret) else { return nil }
        // Only for people to read: with a full disk, tokens still let in.
        try? await tokens.markUsed(token.id)
        if token.allows(.read) {
            let now = now()
            let end = min(now + Self.trustTime, token.expires ?? .infinity)
            readers.withLock { readers in
                if readers.count > 10_000 { readers = [:] }
                readers[authorization] = end
            }
        }
        return Identity(name: token.name, scopes: Set(token.scopes).union(anonymous))
    }

    /// The token in a header's value: after `Bearer`, or the password of `Basic`.
    static func secret(_ authorization: String) -> String? {
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        let value = words[1].drop { $0 == " " }
        switch words[0].lowercased() {
        case "bearer": return String(value)
        case "basic":
            guard let bytes = Data(base64Encoded: String(value)) else { return nil }
            let pair = String(decoding: bytes, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return pair.count == 2 ? String(pair[1]) : nil
        default: return nil
        }
    }
}

/// How often one client may ask: so many at once, so many a second after.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: Double
        /// When the log last said that it was empty.
        var told = -Double.infinity
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private let perSecond: Double
    private let burst: Double
    private let now: @Sendable () -> Double

    init(perSecond: Int, now: @escaping @Sendable () -> Double) {
        self.perSecond = Double(perSecond)
        burst = Double(perSecond) * 2
        self.now = now
    }

    /// Once a minute for each client: a log that grows with every request that is refused would be worth attacking.
    func isWorthTelling(_ client: String) -> Bool {
        let now = now()
        return buckets.withLock { buckets in
            guard let told = buckets[client]?.told, now - told >= 60 else { return false }
            buckets[client]?.told = now
            return true
        }
    }

    func allows(_ client: String) -> Bool {
        let now = now()
        return buckets.withLock { buckets in
            // Full buckets are as good as none.
            if buckets.count > 20_000 { buckets = buckets.filter { now - $0.value.filled < 2 } }
            var bucket = buckets[client] ?? Bucket(tokens: burst, filled: now)
            bucket.tokens = min(burst, bucket.tokens + max(0, now - bucket.filled) * perSecond)
            bucket.filled = now
            defer { buckets[client] = bucket }
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
    }
}
