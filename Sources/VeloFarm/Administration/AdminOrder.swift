import VeloCore

/// What an administrator wants of a farm: carried out by its server, or on the data folder when none runs.
package enum AdminOrder: Codable, Sendable {
    case addToken(name: String, scopes: [AccessScope], expires: Double?)
    case removeToken(name: String)
    case listTokens
    case collect(isDryRun: Bool)
    case scrub
    case check
    case addRules(tap: String, names: [String])
    case removeRules(tap: String, names: [String])
    case listRules
    case sync(names: [String])
    case pin(reference: String, reason: String)
    case unpin(reference: String)
    case listPins
    case addSources(paths: [String])
    case freezeSnapshot(day: String?)
    case listSnapshots
    case backup(folder: String)
    case importBottles(folder: String, tap: String?)
    case exportSet(ExportRequest)
    case importSet(path: String, trusted: [String], isDryRun: Bool)
}

/// What came of it.
package struct AdminReport: Codable, Sendable {
    /// For standard output.
    package var lines: [String] = []
    /// What was left out or is incomplete; the order itself was carried out.
    package var problems: [String] = []
    /// The same as JSON, for `--json`.
    package var json: String?

    package init(lines: [String] = [], problems: [String] = []) {
        self.lines = lines
        self.problems = problems
    }

    init(lines: [String], value: some Encodable) throws {
        self.lines = lines
        json = String(decoding: try WireCoding.encode(value, pretty: true), as: UTF8.self)
    }
}

/// What goes into an export, and where to.
package struct ExportRequest: Codable, Sendable, Equatable {
    /// Formulae; empty for everything.
    package var names: [String]
    /// A folder, or a file that ends in `.tar`.
    package var target: String
    /// A former export, whose blobs are left out.
    package var base: String?
    /// Bottle tags; empty for all.
    package var platforms: [String]
    package var includesSources: Bool

    package init(names: [String], target: String, base: String?, platforms: [String], includesSources: Bool) {
        self.names = names
        self.target = target
        self.base = base
        self.platforms = platforms
        self.includesSources = includesSources
    }
}
