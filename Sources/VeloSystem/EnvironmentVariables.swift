import Glibc

/// Every environment variable that velo reads, in one list.
package enum EnvironmentVariable: String, CaseIterable, Sendable {
    case prefix = "VELO_PREFIX"
    case mirror = "VELO_MIRROR"
    case token = "VELO_TOKEN"
    case key = "VELO_KEY"
    case cache = "VELO_CACHE"
    case offline = "VELO_OFFLINE"
    case progress = "VELO_PROGRESS"
    case downloads = "VELO_DOWNLOADS"
    case streams = "VELO_STREAMS"
    case authorities = "VELO_CA_FILE"
    case config = "VELO_CONFIG"
    case noColor = "NO_COLOR"
    case ci = "CI"
    case term = "TERM"
    case columns = "COLUMNS"
    case home = "HOME"
    case path = "PATH"
    case configHome = "XDG_CONFIG_HOME"
    case cacheHome = "XDG_CACHE_HOME"

    /// What it does, for `velo config list` and the documentation.
    package var explanation: String {
        switch self {
        case .prefix: "the folder to install into; `~/.velo` if unset"
        case .mirror: "addresses of mirrors, in order, separated by blanks or commas"
        case .token: "what lets velo in at the mirrors; sent to nobody else"
        case .key: "public keys, `ed25519:…`: one of them has to have signed a mirror's catalog"
        case .cache: "where downloads and catalogs are kept; `$XDG_CACHE_HOME/velo` or `~/.cache/velo` if unset"
        case .offline: "anything but `0` and `false`: never ask a mirror, use what is in the cache"
        case .progress: "`auto`, `bar`, `plain` or `none`"
        case .downloads: "how many bottles are downloaded at once; 4 if unset"
        case .streams: "over how many streams a file is brought, 1 to 64; `auto` if unset"
        case .authorities: "a PEM file with the certificates to trust, instead of the system's"
        case .config: "the settings file; `$XDG_CONFIG_HOME/velo/config` or `~/.config/velo/config` if unset"
        case .noColor: "anything: no colour"
        case .ci: "anything: plain progress, one line for each step"
        case .term: "`dumb` means a terminal without cursor movement and colour"
        case .columns: "the terminal's width, where it cannot be asked"
        case .home: "your home folder"
        case .path: "where commands are looked for; `velo doctor` checks that the prefix is in it"
        case .configHome: "where settings are kept"
        case .cacheHome: "where caches are kept"
        }
    }
}

/// The environment as it was when the program started, or as a test wants it.
package struct EnvironmentVariables: Sendable {
    private let values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    /// This process's own.
    package static func ofProcess() -> EnvironmentVariables {
        var values: [String: String] = [:]
        for variable in EnvironmentVariable.allCases {
            guard let value = unsafe getenv(variable.rawValue) else { continue }
            values[variable.rawValue] = unsafe String(cString: value)
        }
        return EnvironmentVariables(values)
    }

    /// Nil when it is unset or empty.
    package subscript(variable: EnvironmentVariable) -> String? {
        values[variable.rawValue].flatMap { $0.isEmpty ? nil : $0 }
    }
}
