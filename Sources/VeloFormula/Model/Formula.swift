/// What a formula says about itself on one platform: the result of evaluating its class body.
package struct Formula: Sendable {
    /// `openssl@3`
    package var name: String
    /// `openssl@3` in `homebrew/core`, `user/tap/name` elsewhere.
    package var fullName: String
    package var tap: TapName
    /// The file's path inside the tap.
    package var path: String

    package var desc: String?
    package var homepage: String?
    package var license: LicenseExpression?

    package var stable: SourceSpec?
    package var head: SourceSpec?
    package var revision = 0
    package var versionScheme = 0

    package var conflicts: [Conflict] = []
    package var kegOnly: KegOnlyReason?
    package var bottle: BottleSpec?
    package var deprecation: Retirement?
    package var disabling: Retirement?
    /// The reason of whichever of the two makes it deprecated.
    package var deprecationReason: String?
    package var linkOverwrite: [String] = []
    package var skipClean: SkipClean = SkipClean()
    package var compilerFailures: [CompilerFailure] = []
    package var pourCondition: PourCondition?
    /// What `env :std` says.
    package var usesStandardEnvironment = false

    package var hasTest = false
    package var hasPostInstall = false
    package var definesCaveats = false
    package var hasService = false
    package var hasLivecheck = false
    /// An `on_…` block or helper was evaluated, so other platforms may answer differently.
    package var dependsOnPlatform = false
    /// The text after `__END__`.
    package var data: String?

    package init(name: String, tap: TapName, path: String) {
        self.name = name
        self.tap = tap
        self.path = path
        fullName = tap.isCore ? name : "\(tap)/\(name)"
    }

    /// The source that is built unless one asks for another: stable, or head where there is no stable one.
    package var active: SourceSpec? { stable ?? head }

    // Not by way of `active`, which would be copied for each.
    package var version: PackageVersion { stable?.version ?? head?.version ?? PackageVersion("") }
    package var packageVersion: PkgVersion { PkgVersion(version: version, revision: revision) }
    /// `1.2.3_1`: the name of the keg's folder.
    package var pkgVersion: String { packageVersion.description }

    package var dependencies: [Dependency] { stable?.dependencies ?? head?.dependencies ?? [] }
    package var requirements: [Requirement] { stable?.requirements ?? head?.requirements ?? [] }
    package var resources: [Resource] { stable?.resources ?? head?.resources ?? [] }
    package var patches: [Patch] { stable?.patches ?? head?.patches ?? [] }
    package var options: [FormulaOption] { stable?.options ?? head?.options ?? [] }

    /// What an installed keg needs; recommended dependencies included, optional ones not.
    package var runtimeDependencies: [Dependency] {
        dependencies.filter { !$0.isOptional && !$0.isBuildOnly && !$0.isTestOnly }
    }
    /// What only building needs.
    package var buildDependencies: [Dependency] { dependencies.filter(\.isBuild) }
    /// What only the test needs.
    package var testDependencies: [Dependency] { dependencies.filter(\.isTest) }

    package var isKegOnly: Bool { kegOnly?.applies ?? false }
    /// `foo@1`
    package var isVersioned: Bool { name.contains("@") }
    package var isDeprecated: Bool { deprecation?.isInForce ?? false || (disabling.map { !$0.isInForce } ?? false) }
    package var isDisabled: Bool { disabling?.isInForce ?? false }
}

/// `user/repo`, without the `homebrew-` of the repository.
package struct TapName: Hashable, Sendable, CustomStringConvertible {
    package let user: String
    package let repository: String

    package static let core = TapName(user: "homebrew", repository: "core")

    package init(user: String, repository: String) {
        self.user = user.lowercased()
        let lower = repository.lowercased()
        self.repository = lower.hasPrefix("homebrew-") ? String(lower.dropFirst("homebrew-".count)) : lower
    }

    /// `user/repo` or `user/homebrew-repo`
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(user: String(parts[0]), repository: String(parts[1]))
    }

    package var description: String { "\(user)/\(repository)" }
    package var isCore: Bool { self == .core }
}

package struct Conflict: Hashable, Sendable {
    package var name: String
    package var reason: String?
}

package struct FormulaOption: Hashable, Sendable {
    /// Without the dashes: `with-native`.
    package var name: String
    package var description: String
}

/// Why a keg is not linked into the prefix.
package struct KegOnlyReason: Hashable, Sendable {
    /// `versioned_formula`, `provided_by_macos` and the like; nil where the formula gives its own words.
    package var symbol: String?
    /// The formula's own words where there is no symbol.
    package var text: String
    package var explanation: String
    /// On this platform.
    package var applies: Bool
}

/// `deprecate!` or `disable!`.
package struct Retirement: Hashable, Sendable {
    package var date: CalendarDate?
    /// A symbol's name, or free text.
    package var reason: String?
    package var isReasonSymbol: Bool
    /// The date has come.
    package var isInForce: Bool
    package var replacement: String?
}

/// What cleaning leaves alone.
package struct SkipClean: Hashable, Sendable {
    package var paths: [String] = []
    /// `:la`: libtool archives stay.
    package var keepsLibtoolArchives = false
}

/// `fails_with`
package struct CompilerFailure: Hashable, Sendable {
    /// `gcc`, `clang`
    package var compiler: String
    /// Up to which version; nil for all.
    package var version: String?
    package var isExact = false
    package var cause: String?
}

/// `pour_bottle?`
package enum PourCondition: Hashable, Sendable {
    case defaultPrefix
    case commandLineTools
    /// A block, with the reason it gives.
    case block(reason: String?)
}
