package import SystemPackage
package import VeloCore
package import VeloSystem

/// What can be set, in the file, by variable or by flag.
package enum SettingKey: String, CaseIterable, Sendable {
    case prefix, mirror, token, key, cache, downloads, streams, progress, color, offline

    package var explanation: String {
        switch self {
        case .prefix: "the folder to install into"
        case .mirror: "addresses of mirrors, in order, separated by blanks or commas"
        case .token: "what lets velo in at the mirrors; sent to nobody else"
        case .key: "public keys, `ed25519:…`: one of them has to have signed a mirror's catalog"
        case .cache: "where downloads and catalogs are kept"
        case .downloads: "how many bottles are downloaded at once"
        case .streams: "`auto`, or over how many streams a file is brought"
        case .progress: "`auto`, `bar`, `plain` or `none`"
        case .color: "`auto`, `always` or `never`"
        case .offline: "`true`: never ask a mirror"
        }
    }

    var variable: EnvironmentVariable? {
        switch self {
        case .prefix: .prefix
        case .mirror: .mirror
        case .token: .token
        case .key: .key
        case .cache: .cache
        case .downloads: .downloads
        case .streams: .streams
        case .progress: .progress
        case .offline: .offline
        case .color: nil
        }
    }

    /// Not for the eyes of who looks over a shoulder, or reads a log.
    var isSecret: Bool { self == .token }

    /// - Throws: `SettingsError.badValue`
    func check(_ value: String, from origin: Setting.Origin) throws(SettingsError) {
        let isGood =
            switch self {
            case .prefix, .cache, .mirror: !value.isEmpty
            // It becomes part of a header.
            case .token: !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            case .key: !words(value).isEmpty && words(value).allSatisfy { CatalogSignature.publicKey($0) != nil }
            case .downloads: Int(value).map { (1...64).contains($0) } ?? false
            case .streams: value == "auto" || Int(value).map { (1...64).contains($0) } ?? false
            case .progress: ["auto", "bar", "plain", "none"].contains(value)
            case .color: ["auto", "always", "never"].contains(value)
            // Like other switches among environment variables: anything else turns it on.
            case .offline: origin == .environment || ["true", "false"].contains(value)
            }
        guard isGood else { throw .badValue(self, value, origin) }
    }

    fileprivate var expectation: String {
        switch self {
        case .downloads: "a number from 1 to 64"
        case .streams: "`auto`, or a number from 1 to 64"
        case .progress, .color: explanation
        case .offline: "`true` or `false`"
        case .prefix, .cache: "a path"
        case .mirror: "an address"
        case .key: "a key as `curl MIRROR/catalog/key` prints it"
        case .token: "a word without blanks, as `velod token add` prints it"
        }
    }
}

/// A value, and who said so.
package struct Setting: Sendable, Equatable {
    /// The stronger ones first.
    package enum Origin: String, Sendable { case flag, environment, file, standard = "default" }

    package var value: String
    package var origin: Origin

    package init(value: String, origin: Origin) {
        self.value = value
        self.origin = origin
    }
}

/// All settings of a run, resolved once: flags > environment > file > default.
package struct Settings: Sendable {
    private let values: [SettingKey: Setting]
    private let workingFolder: FilePath
    private let home: String

    /// - Throws: `SettingsError` for a value that makes no sense, wherever it comes from.
    package init(
        flags: [SettingKey: String], environment: EnvironmentVariables, file: SettingsFile, workingFolder: FilePath
    ) throws(SettingsError) {
        self.workingFolder = workingFolder
        home = environment[.home] ?? "/"
        let cacheHome = environment[.cacheHome] ?? "\(home)/.cache"
        let standards: [SettingKey: String] = [
            .prefix: "\(home)/.velo", .mirror: "", .cache: "\(cacheHome)/velo", .downloads: "4",
            .streams: "auto", .progress: "auto", .color: environment[.noColor] == nil ? "auto" : "never",
            .offline: "false",
        ]
        var values: [SettingKey: Setting] = [:]
        for key in SettingKey.allCases {
            var setting = Setting(value: standards[key] ?? "", origin: .standard)
            if let value = file[key] { setting = Setting(value: value, origin: .file) }
            if let value = key.variable.flatMap({ environment[$0] }) {
                setting = Setting(value: value, origin: .environment)
            }
            if let value = flags[key] { setting = Setting(value: value, origin: .flag) }
            if setting.origin != .standard { try key.check(setting.value, from: setting.origin) }
            values[key] = setting
        }
        self.values = values
    }

    /// Bound to the mirrors.
    package var credentials: [TransferCredential] {
        let token = self[.token].value
        return token.isEmpty ? [] : mirrors.compactMap { TransferCredential(for: $0, .bearer(token)) }
    }

    package subscript(key: SettingKey) -> Setting { values[key] ?? Setting(value: "", origin: .standard) }

    package var prefix: Prefix { Prefix(at: path(self[.prefix].value)) }
    package var cache: FilePath { path(self[.cache].value) }
    package var mirrors: [String] { words(self[.mirror].value) }
    package var keys: [String] { words(self[.key].value) }
    package var downloads: Int { Int(self[.downloads].value) ?? 4 }
    package var isOffline: Bool { !["", "0", "false"].contains(self[.offline].value) }

    /// Absolute, with `~` as the home folder.
    private func path(_ text: String) -> FilePath {
        if text == "~" { return FilePath(home) }
        let path = text.hasPrefix("~/") ? FilePath(home).pushing(FilePath(String(text.dropFirst(2)))) : FilePath(text)
        return workingFolder.pushing(path).lexicallyNormalized()
    }
}

/// A setting that cannot be.
package enum SettingsError: Problem {
    case badValue(SettingKey, String, Setting.Origin)
    case unknownKey(String)
    case badLine(FilePath, line: Int, String)
    case unreadable(FilePath, cause: any Error)

    package var summary: String {
        switch self {
        case .badValue(let key, let value, let origin):
            "`\(Self.place(key, origin))` is \(key.isSecret ? "not usable" : "`\(value)`"), and should be \(key.expectation)"
        case .unknownKey(let key): "there is no setting called `\(key)`"
        case .badLine(let path, let line, let text): "`\(path)`, line \(line): `\(text)` is not `key = value`"
        case .unreadable(let path, _): "the settings file `\(path)` cannot be read"
        }
    }

    package var cause: (any Error)? {
        guard case .unreadable(_, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        switch self {
        case .unknownKey: ["settings are \(SettingKey.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))"]
        case .badValue(let key, _, .file): ["set it anew: `velo config set \(key.rawValue) VALUE`"]
        case .badLine: ["mend the line, or begin it with `#`"]
        case .badValue, .unreadable: []
        }
    }

    private static func place(_ key: SettingKey, _ origin: Setting.Origin) -> String {
        switch origin {
        case .flag: "--\(key.rawValue)"
        case .environment: key.variable?.rawValue ?? key.rawValue
        case .file, .standard: key.rawValue
        }
    }
}

/// Several values in one, separated by blanks or commas.
private func words(_ text: String) -> [String] {
    text.split { $0 == "," || $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
}
