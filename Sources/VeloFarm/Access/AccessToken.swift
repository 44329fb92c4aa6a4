import FoundationEssentials
import GRDB
import VeloCore
import VeloSystem

/// What a token lets somebody do.
package enum AccessScope: String, Codable, Sendable, CaseIterable {
    /// Download.
    case read
    /// Send and delete images.
    case push
    /// Order builds.
    case build
    /// Change taps, tokens and the mirror; includes the others.
    case admin
}

/// A token as it is stored and listed: its secret is only known to whoever was given it.
package struct AccessToken: Codable, Sendable, Equatable {
    package var id: Int
    package var name: String
    package var scopes: [AccessScope]
    /// Seconds since 1970.
    package var created: Double
    package var expires: Double?
    package var used: Double?

    func allows(_ scope: AccessScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}

/// The text of a token: `velo_` and 43 characters, from 32 random bytes. Kept nowhere.
package struct TokenSecret: Sendable {
    package let text: String

    package static let prefix = "velo_"

    package init() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let characters = (0..<43).map { _ in letters.randomElement(using: &generator) ?? 0x30 }
        text = Self.prefix + String(decoding: characters, as: UTF8.self)
    }

    /// A secret of 256 random bits needs no slow hash: nobody can try them.
    static func hash(_ text: String) -> String { SHA256Digest.of(Array(text.utf8)).hex }
}

/// The tokens of a farm.
package struct TokenStore: Sendable {
    let database: FarmDatabase
    let now: @Sendable () -> Double

    /// Makes a token; the secret is shown once.
    ///
    /// - Throws: `AccessError.nameTaken`
    package func add(
        name: String, scopes: [AccessScope], expires: Double?
    ) async throws -> (token: AccessToken, secret: TokenSecret) {
        guard !name.isEmpty, name.utf8.count <= 100, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw AccessError.badName(name)
        }
        let secret = TokenSecret()
        let now = now()
        return try await database.pool.write { db in
            let isTaken = try Bool.fetchOne(db, sql: "SELECT 1 FROM tokens WHERE name = ?", arguments: [name])
            guard isTaken != true else { throw AccessError.nameTaken(name) }
            try db.execute(
                sql: "INSERT INTO tokens (name, hash, scopes, created, expires) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    name, TokenSecret.hash(secret.text), scopes.map(\.rawValue).joined(separator: " "), now, expires,
                ])
            let token = AccessToken(
                id: Int(db.lastInsertedRowID), name: name, scopes: scopes, created: now, expires: expires)
            return (token, secret)
        }
    }

    package func list() async throws -> [AccessToken] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tokens ORDER BY name").map(Self.token)
        }
    }

    package func remove(_ name: String) async throws {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM tokens WHERE name = ?", arguments: [name])
            guard db.changesCount > 0 else { throw AccessError.unknown(name) }
        }
    }

    /// The token of a secret, unless it has run out.
    func token(secret: String) async throws -> AccessToken? {
        let now = now()
        let token = try await database.pool.read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM tokens WHERE hash = ?", arguments: [TokenSecret.hash(secret)]
            ).map(Self.token)
        }
        guard let token, token.expires.map({ $0 > now }) ?? true else { return nil }
        return token
    }

    func hasAny() async throws -> Bool {
        try await database.pool.read { try Bool.fetchOne($0, sql: "SELECT 1 FROM tokens LIMIT 1") ?? false }
    }

    func markUsed(_ id: Int) async throws {
        let now = now()
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE tokens SET used = ? WHERE id = ? AND (used IS NULL OR used < ?)",
                arguments: [now, id, now - 60])
        }
    }

    private static func token(_ row: Row) -> AccessToken {
        let scopes: String = row["scopes"]
        return AccessToken(
            id: row["id"], name: row["name"],
            scopes: scopes.split(separator: " ").compactMap { AccessScope(rawValue: String($0)) },
            created: row["created"], expires: row["expires"], used: row["used"])
    }
}

/// Why access was not given, or a token not made.
package enum AccessError: Problem, Equatable {
    case nameTaken(String)
    case badName(String)
    case unknown(String)

    package var summary: String {
        switch self {
        case .nameTaken(let name): "there is a token `\(name)` already"
        case .badName(let name): "`\(name)` cannot be a token's name"
        case .unknown(let name): "there is no token `\(name)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .nameTaken(let name): ["remove it first with `velod token remove \(name)`, or choose another name"]
        case .badName: ["up to 100 printable characters without blanks"]
        case .unknown: ["`velod token list` shows those there are"]
        }
    }
}
