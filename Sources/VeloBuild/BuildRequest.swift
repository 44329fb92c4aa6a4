package import SystemPackage
package import VeloCore
package import VeloFormula
package import VeloSystem

/// Everything a build needs, gathered by whoever orders it: nothing else is looked up while it runs.
package struct BuildRequest: Sendable {
    /// A bottle that the build or the test needs, already verified.
    package struct DependencyBottle: Sendable {
        package var formula: Formula
        /// The formula's file: the evaluator may be asked about it.
        package var source: SourceText
        package var file: FilePath
        package var tab: Tab
        /// `any`, `any_skip_relocation`, or a path.
        package var cellar: String
        /// Named by the formula itself, not only through another.
        package var isDirect: Bool
        /// Needed to build or to test only.
        package var isBuildOnly: Bool

        package init(
            formula: Formula, source: SourceText, file: FilePath, tab: Tab, cellar: String, isDirect: Bool,
            isBuildOnly: Bool
        ) {
            self.formula = formula
            self.source = source
            self.file = file
            self.tab = tab
            self.cellar = cellar
            self.isDirect = isDirect
            self.isBuildOnly = isBuildOnly
        }
    }

    package var formula: Formula
    /// The formula's file, as the tap has it.
    package var source: SourceText
    /// In an order in which they can be poured: each after what it needs.
    package var dependencies: [DependencyBottle]
    /// Names of build dependencies that the host satisfies, and the command that does: `cmake` → `cmake`.
    package var externals: [String: String]
    package var platform: PlatformTag
    /// The prefix that it is built for; nil for Homebrew's.
    package var prefix: BuildPrefix?
    package var rebuild: Int
    package var tapCommit: String?
    /// What sources without a revision stand for: see `SourceFetcher.commits`.
    package var commits: [String: String] = [:]

    package init(
        formula: Formula, source: SourceText, dependencies: [DependencyBottle], externals: [String: String],
        platform: PlatformTag, rebuild: Int, tapCommit: String?
    ) {
        self.formula = formula
        self.source = source
        self.dependencies = dependencies
        self.externals = externals
        self.platform = platform
        self.rebuild = rebuild
        self.tapCommit = tapCommit
    }
}

/// A bottle that was built and proven, still in the build's scratch folder: publish it before the scratch goes.
package struct BuiltBottle: Sendable {
    /// The `.tar.gz`.
    package var file: FilePath
    package var digest: SHA256Digest
    package var size: Int
    /// Of the tar inside: the diff id of an OCI layer.
    package var tarDigest: SHA256Digest
    package var installedSize: Int
    /// `any`, `any_skip_relocation`, or a path.
    package var cellar: String
    /// Bytes of the longest prefix it can be moved to; nil when any length will do, zero when none will.
    package var longestPrefix: Int?
    package var tab: Tab
    /// `bin/x`, `sbin/y`: what a user can run.
    package var executables: [String]
    /// Whether the formula defines a test, which then has passed where the bottle was proven.
    package var isTested: Bool
    /// The same tar in Zstandard, where that was asked for.
    package var twin: Twin?

    package struct Twin: Sendable {
        package var file: FilePath
        package var written: WrittenArchive

        package init(file: FilePath, written: WrittenArchive) {
            self.file = file
            self.written = written
        }
    }

    package init(
        file: FilePath, digest: SHA256Digest, size: Int, tarDigest: SHA256Digest, installedSize: Int, cellar: String,
        longestPrefix: Int?, tab: Tab, executables: [String], isTested: Bool
    ) {
        self.file = file
        self.digest = digest
        self.size = size
        self.tarDigest = tarDigest
        self.installedSize = installedSize
        self.cellar = cellar
        self.longestPrefix = longestPrefix
        self.tab = tab
        self.executables = executables
        self.isTested = isTested
    }
}
