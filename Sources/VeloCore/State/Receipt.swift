package import SystemPackage
package import VeloSystem

/// `INSTALL_RECEIPT.json` in a keg: how it was made, and how it came to be installed.
///
/// Homebrew reads and writes the same file. Unknown members are ignored; the order is Homebrew's:
///
/// ```json
/// {
///   "homebrew_version": "4.6.0",
///   "installed_on_request": true,
///   "runtime_dependencies": [{"full_name": "zlib", "version": "1.3", …}],
///   "source": {"path": null, "tap": "velo/recipes", "spec": "stable", "versions": {"stable": "2.10", …}},
///   …
/// }
/// ```
package struct Receipt: Codable, Sendable, Equatable {
    package struct Source: Codable, Sendable, Equatable {
        package struct Versions: Codable, Sendable, Equatable {
            package var stable: String?
            package var head: String?
            package var versionScheme: Int?
            package var compatibilityVersion: Int?
        }

        package var path: String?
        package var tap: String?
        package var tapGitHead: String?
        package var spec: String?
        package var scmRevision: String?
        package var versions: Versions?

        package init(tap: String?, tapGitHead: String?, stableVersion: String?, versionScheme: Int) {
            self.tap = tap
            self.tapGitHead = tapGitHead
            spec = "stable"
            versions = Versions(stable: stableVersion, versionScheme: versionScheme)
        }

        /// Of a bottle whose tap nobody told us.
        static let unknown = Source(tap: nil, tapGitHead: nil, stableVersion: nil, versionScheme: 0)
    }

    package var homebrewVersion: String?
    package var usedOptions: [String]?
    package var unusedOptions: [String]?
    package var builtAsBottle: Bool?
    package var pouredFromBottle: Bool?
    package var loadedFromApi: Bool?
    package var loadedFromInternalApi: Bool?
    package var installedOnRequest: Bool?
    package var changedFiles: [String]?
    /// Seconds since 1970.
    package var time: Int?
    package var sourceModifiedTime: Int?
    package var stdlib: String?
    package var compiler: String?
    package var aliases: [String]?
    package var runtimeDependencies: [Tab.RuntimeDependency]?
    package var source: Source?
    package var arch: String?
    package var builtOn: Tab.BuiltOn?
    /// Ours, in a bottle's own receipt alone: see `Tab`.
    package var builtPrefix: String?
    package var binaryStrings: [Tab.BinaryStrings]?
    package var fixedFiles: [String: String]?
    /// Ours: see `Tab`.
    package var externals: [String: String]?

    /// The receipt of a keg that is being poured.
    package init(tab: Tab, record: PourRecord) {
        homebrewVersion = tab.homebrewVersion
        externals = tab.externals
        usedOptions = []
        unusedOptions = []
        builtAsBottle = true
        pouredFromBottle = true
        loadedFromApi = false
        loadedFromInternalApi = false
        installedOnRequest = record.installedOnRequest
        changedFiles = tab.changedFiles
        time = record.time
        sourceModifiedTime = tab.sourceModifiedTime
        compiler = tab.compiler
        aliases = record.aliases
        runtimeDependencies = record.runtimeDependencies ?? tab.runtimeDependencies
        source = record.source
        arch = tab.arch
        builtOn = tab.builtOn
    }

    /// Nil when the keg has none.
    package static func read(_ keg: Keg) throws(ReceiptError) -> Receipt? {
        let path = keg.receipt
        do {
            guard try FileTree.status(path) != nil else { return nil }
            return try WireCoding.decode(Receipt.self, from: try FileTree.read(path, limit: 16 << 20))
        } catch {
            throw ReceiptError(path: path, cause: error)
        }
    }

    package func write(to path: FilePath) throws(SystemError) {
        try FileTree.replace(path, with: Array(text.utf8))
    }

    /// As Homebrew would write it, member for member.
    package var text: String {
        var members: [(String, OrderedJSON)] = [
            ("homebrew_version", .init(homebrewVersion)),
            ("used_options", .init(usedOptions ?? [])),
            ("unused_options", .init(unusedOptions ?? [])),
            ("built_as_bottle", .bool(builtAsBottle ?? false)),
            ("poured_from_bottle", .bool(pouredFromBottle ?? false)),
            ("loaded_from_api", .bool(loadedFromApi ?? false)),
            ("loaded_from_internal_api", .bool(loadedFromInternalApi ?? false)),
            ("installed_on_request", .bool(installedOnRequest ?? false)),
            ("changed_files", .init(changedFiles)),
            ("time", .init(time)),
            ("source_modified_time", .init(sourceModifiedTime ?? 0)),
        ]
        if let stdlib, !stdlib.isEmpty { members.append(("stdlib", .string(stdlib))) }
        members += [
            ("compiler", .init(compiler)),
            ("aliases", .init(aliases ?? [])),
            ("runtime_dependencies", runtimeDependencies.map { .array($0.map(\.ordered)) } ?? .null),
            ("source", (source ?? .unknown).ordered),
            ("arch", .init(arch)),
            ("built_on", builtOn?.ordered ?? .null),
        ]
        if let builtPrefix { members.append(("built_prefix", .string(builtPrefix))) }
        if let binaryStrings { members.append(("binary_strings", .array(binaryStrings.map(\.ordered)))) }
        if let fixedFiles { members.append(("fixed_files", OrderedJSON(sorting: fixedFiles))) }
        if let externals { members.append(("externals", OrderedJSON(sorting: externals))) }
        return OrderedJSON.object(members).pretty
    }
}

/// What is known of a pour besides what the bottle says itself.
package struct PourRecord: Sendable {
    /// False for what came along as a dependency.
    package var installedOnRequest: Bool
    /// Seconds since 1970.
    package var time: Int
    package var aliases: [String]
    package var source: Receipt.Source?
    /// What is really installed; nil keeps what the bottle says.
    package var runtimeDependencies: [Tab.RuntimeDependency]?

    package init(
        installedOnRequest: Bool, time: Int, aliases: [String] = [], source: Receipt.Source? = nil,
        runtimeDependencies: [Tab.RuntimeDependency]? = nil
    ) {
        self.installedOnRequest = installedOnRequest
        self.time = time
        self.aliases = aliases
        self.source = source
        self.runtimeDependencies = runtimeDependencies
    }
}

/// A receipt that cannot be read.
package struct ReceiptError: Problem {
    package var path: FilePath
    package var cause: (any Error)?

    package var summary: String { "the receipt `\(path)` cannot be read" }
    package var hints: [String] { ["reinstall the package: `velo install --reinstall`"] }
}

extension Tab.RuntimeDependency {
    var ordered: OrderedJSON {
        var members: [(String, OrderedJSON)] = [("full_name", .string(fullName)), ("version", .string(version))]
        if let revision { members.append(("revision", .number(revision))) }
        if let bottleRebuild { members.append(("bottle_rebuild", .number(bottleRebuild))) }
        if let pkgVersion { members.append(("pkg_version", .string(pkgVersion))) }
        if let declaredDirectly { members.append(("declared_directly", .bool(declaredDirectly))) }
        return .object(members)
    }
}

extension Tab.BuiltOn {
    var ordered: OrderedJSON {
        .object([
            ("os", .string(os)), ("os_version", .init(osVersion)), ("cpu_family", .init(cpuFamily)),
            ("glibc_version", .init(glibcVersion)), ("oldest_cpu_family", .init(oldestCpuFamily)),
        ])
    }
}

extension Receipt.Source {
    fileprivate var ordered: OrderedJSON {
        var members: [(String, OrderedJSON)] = [
            ("path", .init(path)), ("tap", .init(tap)), ("tap_git_head", .init(tapGitHead)), ("spec", .init(spec)),
        ]
        if let scmRevision { members.append(("scm_revision", .string(scmRevision))) }
        if let versions {
            var inner: [(String, OrderedJSON)] = [
                ("stable", .init(versions.stable)), ("head", .init(versions.head)),
                ("version_scheme", .init(versions.versionScheme)),
            ]
            if let compatibility = versions.compatibilityVersion {
                inner.append(("compatibility_version", .number(compatibility)))
            }
            members.append(("versions", .object(inner)))
        }
        return .object(members)
    }
}
