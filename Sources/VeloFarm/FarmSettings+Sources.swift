package import SystemPackage
import TOMLKit
import VeloSystem

extension FarmSettings {
    /// What the environment says: `VELOD_DATA`, `VELOD_LISTEN`, `VELOD_PORT`, `VELOD_WORKERS`, `VELOD_PLATFORM`,
    /// `VELOD_PUBLIC_URL`, `VELOD_BUILD_TIME_LIMIT`, `VELOD_BUILD_SILENCE_LIMIT`, and `VELOD_EXTERNALS` as
    /// `cmake=cmake,ninja=ninja`.
    package init(environment: [String: String]) throws(ConfigurationError) {
        func number(_ key: String) throws(ConfigurationError) -> Int? {
            guard let text = environment[key] else { return nil }
            guard let value = Int(text) else { throw .badValue(key, text) }
            return value
        }
        data = environment["VELOD_DATA"]
        listen = environment["VELOD_LISTEN"]
        port = try number("VELOD_PORT")
        workers = try number("VELOD_WORKERS")
        platform = environment["VELOD_PLATFORM"]
        publicURL = environment["VELOD_PUBLIC_URL"]
        buildTimeLimit = try number("VELOD_BUILD_TIME_LIMIT")
        buildSilenceLimit = try number("VELOD_BUILD_SILENCE_LIMIT")
        if let text = environment["VELOD_EXTERNALS"] {
            var pairs: [String: String] = [:]
            for pair in text.split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw .badValue("VELOD_EXTERNALS", text) }
                pairs[parts[0]] = parts[1]
            }
            externals = pairs
        }
    }

    /// What a file says, in the form of `deploy/velod.example.toml`.
    package init(file: FilePath) throws {
        try self.init(toml: FileTree.readText(file), name: file.string)
    }

    init(toml text: String, name: String) throws {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw ConfigurationError.syntax(name, line: error.source.begin.line, error.description)
        }
        var reader = TOMLReader(file: name, table: table, prefix: "")
        data = try reader.text("data")
        listen = try reader.text("listen")
        port = try reader.number("port")
        workers = try reader.number("workers")
        platform = try reader.text("platform")
        publicURL = try reader.text("public-url")
        if var build = try reader.section("build") {
            buildTimeLimit = try build.number("time-limit")
            buildSilenceLimit = try build.number("silence-limit")
            try build.finish()
        }
        if var section = try reader.section("externals") {
            var pairs: [String: String] = [:]
            for key in section.keys { pairs[key] = try section.text(key) }
            externals = pairs
        }
        let isAboutMirror = reader.keys.contains { MirrorSettings.sections.contains($0) }
        let chosen = try MirrorSettings(&reader)
        if isAboutMirror { mirror = chosen }
        try reader.finish()
    }
}

/// Takes values out of a table and knows which were not asked for: a key with a slip of the finger is an error.
struct TOMLReader {
    let file: String
    let table: TOMLTable
    let prefix: String
    private var seen: Set<String> = []

    init(file: String, table: TOMLTable, prefix: String) {
        self.file = file
        self.table = table
        self.prefix = prefix
    }

    var keys: [String] { table.keys.sorted() }

    mutating func text(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.string else { throw .wrongType(file, key: prefix + key, wanted: "a text in quotes") }
        return text
    }

    mutating func number(_ key: String) throws(ConfigurationError) -> Int? {
        guard let value = take(key) else { return nil }
        guard let number = value.int else { throw .wrongType(file, key: prefix + key, wanted: "a whole number") }
        return number
    }

    mutating func flag(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let flag = value.bool else { throw .wrongType(file, key: prefix + key, wanted: "true or false") }
        return flag
    }

    mutating func texts(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let value = take(key) else { return nil }
        let texts = value.array.map { array in array.compactMap { $0.tomlValue.string } }
        guard let texts, texts.count == value.array?.count else {
            throw .wrongType(file, key: prefix + key, wanted: "a list of texts in quotes")
        }
        return texts
    }

    mutating func section(_ key: String) throws(ConfigurationError) -> TOMLReader? {
        guard let value = take(key) else { return nil }
        guard let table = value.table else { throw .wrongType(file, key: prefix + key, wanted: "a section") }
        return TOMLReader(file: file, table: table, prefix: "\(prefix)\(key).")
    }

    private mutating func take(_ key: String) -> TOMLValue? {
        seen.insert(key)
        return table[key]?.tomlValue
    }

    func finish() throws(ConfigurationError) {
        if let unknown = keys.first(where: { !seen.contains($0) }) { throw .unknownKey(file, prefix + unknown) }
    }
}

/// A setting that cannot be used.
package enum ConfigurationError: Problem, Equatable {
    case badValue(String, String)
    case foreignPlatform(String, own: String)
    case syntax(String, line: Int, String)
    case unknownKey(String, String)
    case wrongType(String, key: String, wanted: String)

    package var summary: String {
        switch self {
        case .badValue(let key, let value): "`\(value)` is not a value for `\(key)`"
        case .foreignPlatform(let platform, let own): "this host builds for `\(own)`, not for `\(platform)`"
        case .syntax(let file, let line, let message): "`\(file)`, line \(line): \(message)"
        case .unknownKey(let file, let key): "`\(file)` has the key `\(key)`, which velod does not know"
        case .wrongType(let file, let key, let wanted): "`\(key)` in `\(file)` must be \(wanted)"
        }
    }

    package var hints: [String] {
        switch self {
        case .unknownKey, .wrongType: ["`deploy/velod.example.toml` lists every key with its default"]
        default: []
        }
    }
}
