import SystemPackage
import VeloCore
package import VeloFormula
package import VeloSystem

/// The digest of everything that can affect a bottle: the same key is never built twice.
///
/// What only describes a formula, and its comments, are no part of it; the number of jobs is not, either.
package struct BuildKey: Sendable, Equatable {
    /// All but the dependencies, a line each, sorted within its kind.
    private let baseLines: [String]
    /// Digests of the bottles that are poured, by formula.
    package let dependencies: [String: String]

    /// - Parameters:
    ///   - dependencies: digests of the bottles that are poured, by formula.
    ///   - externals: what the host does instead of a formula, and with which version.
    ///   - prefix: what it is built for; nil for Homebrew's prefix.
    ///   - commits: what sources without a revision stand for: see `SourceFetcher.commits`.
    package init(
        _ formula: LoadedFormula, dependencies: [String: String], externals: [String: String],
        toolchain: HostToolchain, platform: String, prefix: BuildPrefix? = nil, commits: [String: String] = [:]
    ) {
        var lines = ["velo build key 2", "platform \(platform)"]
        if let prefix { lines.append("prefix \(prefix.path)") }
        lines.append("formula \(formula.formula.fullName) \(formula.formula.pkgVersion)")
        lines.append("meaning \(Self.digest(formula.meaning))")
        for download in SourceFetcher.downloads(of: formula.formula) {
            lines.append("source \(download.sha256 ?? download.identity + " " + download.locator(commits))")
        }
        lines += externals.sorted { $0.key < $1.key }.map { "external \($0.key) \($0.value)" }
        lines += toolchain.identity.map { "toolchain \($0)" }
        lines.append("policy \(Self.digest(Self.policy(formula.formula, toolchain)))")
        baseLines = lines
        self.dependencies = dependencies
    }

    /// What was digested.
    package var lines: [String] {
        baseLines + dependencies.sorted { $0.key < $1.key }.map { "dependency \($0.key) \($0.value)" }
    }

    package var digest: SHA256Digest { .of(Array(lines.joined(separator: "\n").utf8)) }
    /// The same for all bottles that it may be built on.
    package var base: SHA256Digest { .of(Array(baseLines.joined(separator: "\n").utf8)) }

    /// What a build sees and which variables it gets, as they would be for this formula in a place of no consequence.
    private static func policy(_ formula: Formula, _ toolchain: HostToolchain) -> String {
        let layout = BuildLayout(scratch: "/scratch")
        let spec = BuildSandbox(layout: layout, program: "/velod", prefix: "/prefix")
            .forInstall(of: formula, archives: [], environment: [:])
        let environment = BuildEnvironment(
            prefix: "/prefix", formula: formula, dependencies: [], compiler: toolchain.compiler, makeJobs: 1,
            sourceDate: 1)
        let variables = environment.forInstall(home: "/home").sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (BubblewrapArguments.make(spec) + variables + ["rules \(HostToolchain.shimRules)"])
            .joined(separator: "\n")
    }

    private static func digest(_ text: String) -> String { SHA256Digest.of(Array(text.utf8)).hex }
}
