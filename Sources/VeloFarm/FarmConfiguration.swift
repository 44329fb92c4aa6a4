package import SystemPackage
import VeloBuild
package import VeloFormula
import VeloSystem

/// How a farm runs: decided once, when it starts, and handed down.
///
/// What is not given as a flag comes from the environment, then from the file, then from here.
package struct FarmConfiguration: Sendable, Equatable {
    package var data: FilePath
    /// The address to listen on.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    /// Builds at a time.
    package var workers: Int
    package var platform: PlatformTag
    /// How clients reach the server, where that is not `http://HOST:PORT`: without a slash at its end.
    package var publicURL: String?
    package var buildTimeLimit: Duration
    package var buildSilenceLimit: Duration
    /// Build dependencies that the host satisfies, and the commands that do, separated by spaces.
    package var externals: [String: String]
    package var mirror = MirrorSettings()

    /// What the policy lets the host do for formulae, as far as this host can.
    package static var defaultExternals: [String: String] {
        HostCommands().present().mapValues { $0.joined(separator: " ") }
    }

    package var folder: DataFolder { DataFolder(data) }

    /// `HOST:PORT` as a URL has it.
    package static func url(host: String, port: Int) -> String {
        switch host {
        case "0.0.0.0": "http://127.0.0.1:\(port)"
        case "::": "http://[::1]:\(port)"
        default: host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
        }
    }
}

/// One layer of settings: what a command line, an environment or a file says, and nothing else.
package struct FarmSettings: Sendable, Equatable {
    package var data: String?
    package var listen: String?
    package var port: Int?
    package var workers: Int?
    package var platform: String?
    package var publicURL: String?
    /// Seconds.
    package var buildTimeLimit: Int?
    package var buildSilenceLimit: Int?
    package var externals: [String: String]?
    package var mirror: MirrorSettings?

    package init() {}

    /// Fills what this layer leaves open from the next one down.
    package func over(_ lower: FarmSettings) -> FarmSettings {
        var result = self
        result.data = data ?? lower.data
        result.listen = listen ?? lower.listen
        result.port = port ?? lower.port
        result.workers = workers ?? lower.workers
        result.platform = platform ?? lower.platform
        result.publicURL = publicURL ?? lower.publicURL
        result.buildTimeLimit = buildTimeLimit ?? lower.buildTimeLimit
        result.buildSilenceLimit = buildSilenceLimit ?? lower.buildSilenceLimit
        result.externals = externals ?? lower.externals
        result.mirror = mirror ?? lower.mirror
        return result
    }

    /// Checks the values and fills in the defaults.
    ///
    /// - Parameters:
    ///   - home: the person's home folder; nil for a system service.
    ///   - own: the platform this runs on.
    package func resolved(home: FilePath?, own: PlatformTag) throws(ConfigurationError) -> FarmConfiguration {
        let tag: PlatformTag
        if let platform {
            guard let named = PlatformTag(platform), named != .all else { throw .badValue("platform", platform) }
            guard named == own else { throw .foreignPlatform(platform, own: own.description) }
            tag = named
        } else {
            tag = own
        }
        let port = try Self.checked("port", self.port ?? 8440, in: 0...65535)
        let url = publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") { throw .badValue("public-url", url) }
        var configuration = FarmConfiguration(
            data: data.map { FilePath($0) } ?? Self.defaultData(home), host: listen ?? "127.0.0.1", port: port,
            workers: try Self.checked("workers", workers ?? 1, in: 0...256), platform: tag, publicURL: url,
            buildTimeLimit: .seconds(try Self.checked("build.time-limit", buildTimeLimit ?? 7200, in: 1...604_800)),
            buildSilenceLimit: .seconds(
                try Self.checked("build.silence-limit", buildSilenceLimit ?? 1800, in: 1...604_800)),
            externals: externals ?? FarmConfiguration.defaultExternals)
        configuration.mirror = mirror ?? MirrorSettings()
        return configuration
    }

    private static func checked(
        _ key: String, _ value: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        guard range.contains(value) else { throw .badValue(key, String(value)) }
        return value
    }

    private static func defaultData(_ home: FilePath?) -> FilePath {
        home.map { $0.pushing(".local/share/velod") } ?? "/var/lib/velod"
    }
}

extension FarmConfiguration {
    /// Looks whether what is set can be used, beyond its form: the certificate, the data folder. Blocking.
    package func check() throws {
        if let chain = mirror.certificate, let key = mirror.key { _ = try Certificate(chain: chain, key: key) }
        try FileTree.makeFolder(data)
        guard FileTree.isWritable(data) else { throw SystemError("open", data, errno: .permissionDenied) }
    }
}
