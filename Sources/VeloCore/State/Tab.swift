import FoundationEssentials

/// What a bottle knows of how it was made: the part of `INSTALL_RECEIPT.json` that travels, as the manifest's
/// annotation `sh.brew.tab` and inside the archive.
///
/// Field names and meanings are Homebrew's; unknown ones are ignored.
package struct Tab: Codable, Sendable, Equatable {
    package struct RuntimeDependency: Codable, Sendable, Equatable {
        package var fullName: String
        package var version: String
        package var revision: Int?
        package var bottleRebuild: Int?
        package var pkgVersion: String?
        package var declaredDirectly: Bool?

        package init(fullName: String, version: String, revision: Int, bottleRebuild: Int, declaredDirectly: Bool) {
            self.fullName = fullName
            self.version = version
            self.revision = revision
            self.bottleRebuild = bottleRebuild
            self.pkgVersion = revision > 0 ? "\(version)_\(revision)" : version
            self.declaredDirectly = declaredDirectly
        }
    }

    package struct BuiltOn: Codable, Sendable, Equatable {
        package var os: String
        package var osVersion: String?
        package var cpuFamily: String?
        package var glibcVersion: String?
        package var oldestCpuFamily: String?

        package init(
            os: String, osVersion: String?, cpuFamily: String?, glibcVersion: String?, oldestCpuFamily: String?
        ) {
            self.os = os
            self.osVersion = osVersion
            self.cpuFamily = cpuFamily
            self.glibcVersion = glibcVersion
            self.oldestCpuFamily = oldestCpuFamily
        }
    }

    /// A file whose bytes hold the build prefix in NUL-terminated strings, and where.
    package struct BinaryStrings: Codable, Sendable, Equatable {
        /// Relative to the keg.
        package var path: String
        package var strings: [BinaryString]

        package init(path: String, strings: [BinaryString]) {
            self.path = path
            self.strings = strings
        }
    }

    package var homebrewVersion: String
    /// Files that hold placeholders, relative to the keg; nil means that nobody knows.
    package var changedFiles: [String]?
    /// Seconds since 1970.
    package var sourceModifiedTime: Int?
    package var compiler: String?
    package var runtimeDependencies: [RuntimeDependency]?
    package var arch: String?
    package var builtOn: BuiltOn?
    /// Ours: the prefix it was built at, and the strings in binaries that hold it.
    package var builtPrefix: String?
    package var binaryStrings: [BinaryStrings]?
    /// Ours: binaries that hold the prefix in strings which cannot be exchanged, and why; relative to the keg.
    package var fixedFiles: [String: String]?
    /// Ours: the only prefix where it works, found out by trying another. Said beside the bottle, not inside.
    package var boundPrefix: String?
    /// Ours: what stood in for formulae that building needs, the commands of the host with their versions, by formula.
    package var externals: [String: String]?

    package init(homebrewVersion: String) {
        self.homebrewVersion = homebrewVersion
    }
}

extension Tab {
    /// Zero for a bottle that can go nowhere but to its cellar; nil where the tab does not say that.
    package func longestPrefix(cellar: String) -> Int? {
        guard cellar.hasPrefix("/") else { return nil }
        return boundPrefix != nil || fixedFiles?.isEmpty == false ? 0 : nil
    }
}
