/// The catalog as velod publishes it at `/catalog/v1/catalog.json`: every formula of its taps, and the bottles it has.
///
/// ```json
/// {"schema": 1, "generated": 1795492800, "taps": [{"name": "velo/recipes", "commit": "4f0c…"}], "formulae": [ … ]}
/// ```
package struct CatalogDocument: Codable, Sendable, Equatable {
    /// Raised when a reader of the former number would misread.
    package static let currentSchema = 1

    package var schema = Self.currentSchema
    /// Seconds since 1970.
    package var generated: Int
    package var taps: [CatalogTap]
    package var formulae: [CatalogFormula]

    package init(generated: Int, taps: [CatalogTap], formulae: [CatalogFormula]) {
        self.generated = generated
        self.taps = taps
        self.formulae = formulae
    }
}

package struct CatalogTap: Codable, Sendable, Equatable {
    /// `user/repository`, without `homebrew-`.
    package var name: String
    /// The commit the formulae were read at; nil for a plain folder.
    package var commit: String?

    package init(name: String, commit: String?) {
        self.name = name
        self.commit = commit
    }
}

package struct CatalogFormula: Codable, Sendable, Equatable {
    package var name: String
    package var tap: String
    package var version: String
    package var revision = 0
    package var versionScheme = 0
    package var desc: String?
    package var homepage: String?
    package var license: String?
    /// Names that must be installed for it to run.
    package var dependencies: [String] = []
    package var buildDependencies: [String] = []
    package var aliases: [String] = []
    package var conflictsWith: [String] = []
    package var linkOverwrite: [String] = []
    /// Why it is not linked into the prefix; nil if it is.
    package var kegOnly: String?
    /// Says why, when the formula is deprecated or disabled.
    package var deprecation: String?
    package var isDisabled = false
    /// With `$HOMEBREW_PREFIX` for the prefix, whatever it will be.
    package var caveats: String?
    package var bottles: [CatalogBottle] = []

    package init(name: String, tap: String, version: String) {
        self.name = name
        self.tap = tap
        self.version = version
    }

    /// The caveats as they are at a prefix.
    package func caveats(at prefix: String) -> String? {
        caveats.flatMap { $0.isEmpty ? nil : $0.replacing("$HOMEBREW_PREFIX", with: prefix) }
    }

    /// `VERSION`, or `VERSION_REVISION`: the name of the keg's folder.
    package var pkgVersion: String { revision > 0 ? "\(version)_\(revision)" : version }
}

package struct CatalogBottle: Codable, Sendable, Equatable {
    /// A bottle tag: `x86_64_linux`, `arm64_sonoma`, `all`.
    package var platform: String
    package var rebuild = 0
    /// 64 hexadecimal digits, of the `.tar.gz`.
    package var sha256: String
    /// Bytes of the archive, and of the keg.
    package var size: Int
    package var installedSize: Int
    /// `any`, `any_skip_relocation`, or the cellar it was built in: the only one, unless there is a longest prefix.
    package var cellar: String
    /// Bytes of the longest prefix it can be moved to, because strings in its binaries have to be exchanged in place;
    /// nil when there are none, zero when they cannot be.
    package var longestPrefix: Int?
    /// Where to fetch it, relative to the mirror's address.
    package var path: String

    package init(platform: String, sha256: String, size: Int, installedSize: Int, cellar: String, path: String) {
        self.platform = platform
        self.sha256 = sha256
        self.size = size
        self.installedSize = installedSize
        self.cellar = cellar
        self.path = path
    }
}
