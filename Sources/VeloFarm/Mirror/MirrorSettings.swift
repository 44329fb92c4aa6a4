package import SystemPackage
import VeloSystem

/// Everything about mirroring, storing and serving that can be set.
package struct MirrorSettings: Sendable, Equatable {
    package var upstreams: [Upstream] = []
    /// Seconds for which a tag of upstream is believed.
    package var tagLifetime = 300.0
    /// Seconds for which upstream's not having something is believed.
    package var negativeLifetime = 60.0
    package var stall = Duration.seconds(30)
    package var taps = ["homebrew/core"]
    package var platforms: [String] = []
    package var refused: [String] = []
    package var cooldownDays = 0

    /// Without a slash at the end; nil serves only what was frozen or imported.
    package var apiUpstream: String?
    package var apiLifetime = 450.0
    package var freezesDaily = false

    package var anonymous: Set<AccessScope> = [.read, .build]
    package var connections = 8192
    package var connectionsPerClient = 0
    package var requestsPerSecond = 0
    package var blobBytes = 20 << 30
    package var headerBytes = 32 << 10
    package var idleTime = 75
    package var headTime = 15
    package var bodyTime = 120
    package var stallTime = 60
    /// Seconds that a stop waits for files under way.
    package var drainTime = 25

    package var reserve = 1 << 30
    /// Bytes of all blobs; 0 is no limit.
    package var quota = 0
    package var keptVersions = 0
    package var keptDays = 0
    package var untaggedDays = 7
    package var gcHours = 24
    package var scrubDays = 7
    /// Seconds for which what was just asked about or sent is not collected.
    package var lease = 3600.0

    package var certificate: FilePath?
    package var key: FilePath?

    package var logsJSON = false
    package var logFile: FilePath?
    package var logsRequests = false

    package init() {}

    var policy: MirrorPolicy {
        var policy = MirrorPolicy()
        policy.taps = Set(taps)
        policy.platforms = Set(platforms)
        policy.refused = refused
        policy.cooldown = Double(cooldownDays) * 86400
        return policy
    }
}

extension MirrorSettings {
    static let sections: Set<String> = ["mirror", "api", "access", "limits", "storage", "tls", "log"]

    /// Reads the sections that are about it.
    init(_ reader: inout TOMLReader) throws(ConfigurationError) {
        self.init()
        if var section = try reader.section("mirror") {
            let token = try section.text("upstream-token")
            upstreams = try Self.upstreams(section.texts("upstreams") ?? [], token)
            tagLifetime = Double(try section.number("tag-seconds") ?? 300)
            negativeLifetime = Double(try section.number("negative-seconds") ?? 60)
            stall = .seconds(try section.number("stall-seconds") ?? 30)
            taps = try section.texts("taps") ?? taps
            platforms = try section.texts("platforms") ?? []
            refused = try section.texts("refuse") ?? []
            cooldownDays = try section.number("cooldown-days") ?? 0
            try section.finish()
        }
        if var section = try reader.section("api") {
            apiUpstream = try section.text("upstream").map(Self.trimmed)
            apiLifetime = Double(try section.number("seconds") ?? 450)
            freezesDaily = try section.flag("freeze-daily") ?? false
            try section.finish()
        }
        if var section = try reader.section("access") {
            if let words = try section.texts("anonymous") { anonymous = try Self.scopes(words, "access.anonymous") }
            try section.finish()
        }
        if var section = try reader.section("limits") {
            connections = try section.number("connections") ?? connections
            connectionsPerClient = try section.number("connections-per-client") ?? 0
            requestsPerSecond = try section.number("requests-per-second") ?? 0
            blobBytes = try section.number("blob-mib").map { $0 << 20 } ?? blobBytes
            headerBytes = try section.number("header-kib").map { $0 << 10 } ?? headerBytes
            idleTime = try section.number("idle-seconds") ?? idleTime
            headTime = try section.number("head-seconds") ?? headTime
            bodyTime = try section.number("body-seconds") ?? bodyTime
            stallTime = try section.number("stall-seconds") ?? stallTime
            drainTime = try section.number("drain-seconds") ?? drainTime
            try section.finish()
        }
        try readStorage(&reader)
        if var section = try reader.section("tls") {
            certificate = try section.text("certificate").map { FilePath($0) }
            key = try section.text("key").map { FilePath($0) }
            guard (certificate == nil) == (key == nil) else { throw .badValue("tls", "one of certificate and key") }
            try section.finish()
        }
        if var section = try reader.section("log") {
            let format = try section.text("format") ?? "text"
            guard ["text", "json"].contains(format) else { throw .badValue("log.format", format) }
            logsJSON = format == "json"
            logFile = try section.text("file").map { FilePath($0) }
            logsRequests = try section.flag("requests") ?? false
            try section.finish()
        }
    }

    private mutating func readStorage(_ reader: inout TOMLReader) throws(ConfigurationError) {
        guard var section = try reader.section("storage") else { return }
        reserve = try section.number("reserve-mib").map { $0 << 20 } ?? reserve
        quota = try section.number("quota-mib").map { $0 << 20 } ?? 0
        keptVersions = try section.number("keep-versions") ?? 0
        keptDays = try section.number("keep-days") ?? 0
        untaggedDays = try section.number("untagged-days") ?? untaggedDays
        gcHours = try section.number("gc-hours") ?? gcHours
        scrubDays = try section.number("scrub-days") ?? scrubDays
        lease = Double(try section.number("lease-seconds") ?? 3600)
        try section.finish()
    }

    static func scopes(_ words: [String], _ key: String) throws(ConfigurationError) -> Set<AccessScope> {
        var scopes: Set<AccessScope> = []
        for word in words {
            guard let scope = AccessScope(rawValue: word) else { throw .badValue(key, word) }
            scopes.insert(scope)
        }
        return scopes
    }

    static func upstreams(_ texts: [String], _ token: String?) throws(ConfigurationError) -> [Upstream] {
        var upstreams: [Upstream] = []
        for (number, text) in texts.enumerated() {
            // The token is the first one's: others shall not see it.
            guard let upstream = Upstream(text, authorization: number == 0 ? token.map { "Bearer \($0)" } : nil) else {
                throw .badValue("mirror.upstreams", text)
            }
            upstreams.append(upstream)
        }
        return upstreams
    }

    private static func trimmed(_ url: String) -> String {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    /// What the environment says: `VELOD_UPSTREAMS` (separated by blanks), `VELOD_UPSTREAM_TOKEN`, `VELOD_API_UPSTREAM`,
    /// `VELOD_ANONYMOUS` (scopes, separated by blanks; empty for none), `VELOD_TLS_CERTIFICATE`, `VELOD_TLS_KEY`.
    package mutating func apply(environment: [String: String]) throws(ConfigurationError) {
        if let text = environment["VELOD_UPSTREAMS"] {
            let words = text.split(separator: " ").map(String.init)
            upstreams = try Self.upstreams(words, environment["VELOD_UPSTREAM_TOKEN"])
        } else if let token = environment["VELOD_UPSTREAM_TOKEN"], !upstreams.isEmpty {
            upstreams[0].authorization = "Bearer \(token)"
        }
        if let text = environment["VELOD_API_UPSTREAM"] { apiUpstream = text.isEmpty ? nil : Self.trimmed(text) }
        if let text = environment["VELOD_ANONYMOUS"] {
            anonymous = try Self.scopes(text.split(separator: " ").map(String.init), "VELOD_ANONYMOUS")
        }
        if let path = environment["VELOD_TLS_CERTIFICATE"] { certificate = FilePath(path) }
        if let path = environment["VELOD_TLS_KEY"] { key = FilePath(path) }
        guard (certificate == nil) == (key == nil) else { throw .badValue("tls", "one of certificate and key") }
    }
}
