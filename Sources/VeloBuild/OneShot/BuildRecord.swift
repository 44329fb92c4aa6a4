import FoundationEssentials
package import SystemPackage
package import VeloCore
import VeloFormula
import VeloSystem

/// What became of one formula: the object that `--json` prints, and the evidence that lies beside the bottle as
/// `….proof.json`.
package struct BuildRecord: Codable, Sendable {
    package enum Verdict: String, Codable, Sendable {
        /// Poured at another prefix, its libraries found there, and the formula's own test passed. Where the test passes
        /// at the bottle's own prefix only, the bottle is bound to that, and the proof tells.
        case proven
        /// The same, but the formula defines no test: only smoke checks were made.
        case untested
        /// There is a bottle, but it failed its proof: nobody should publish it.
        case unproven
        case failed
        /// Something that it needs could not be built.
        case blocked
    }

    package struct Phase: Codable, Sendable {
        package var phase: BuildPhase
        package var seconds: Double
        /// Of what ran in the sandbox, where the host counts that; unpacking and patching are the same step as `install`.
        package var usage: SandboxUsage?
    }

    package struct Failure: Codable, Sendable {
        package var phase: BuildPhase?
        package var cause: FailureCause
        package var message: String
        package var hints: [String]
    }

    package struct BottleFacts: Codable, Sendable {
        package var file: String
        package var digest: String
        package var size: Int
        package var tarDigest: String
        package var installedSize: Int
        package var cellar: String
        package var longestPrefix: Int?
        package var executables: [String]
        package var tab: Tab
    }

    package var formula: String
    package var version: String
    package var platform: String
    package var requested: Bool
    package var verdict: Verdict
    /// `passed`, `failed`, `none`; nil where it did not come to it.
    package var test: String?
    package var phases: [Phase] = []
    package var failure: Failure?
    /// The bottle's sha256.
    package var digest: String?
    /// Paths as the command line gave the folder.
    package var bottle: String?
    package var log: String?
    /// Taken over from an earlier run with the same key.
    package var reused = false
    package var key: String?
    /// The bottles it was built on, by formula, and their digests.
    package var dependencies: [String: String] = [:]
    /// What the host did instead of a formula, and with which program of which version.
    package var externals: [String: String] = [:]
    package var toolchain: [String: String] = [:]
    /// Where its sources come from, and what they had to be: `https://…/x.tar.gz sha256:HEX`, `git+https://…/x.git@COMMIT`.
    package var sources: [String] = []
    /// What those without a revision stood for, by identity.
    package var commits: [String: String] = [:]
    package var proof: Proof?
    package var facts: BottleFacts?

    package init(formula: String, version: String, platform: String, requested: Bool, verdict: Verdict) {
        self.formula = formula
        self.version = version
        self.platform = platform
        self.requested = requested
        self.verdict = verdict
    }

    package var seconds: Double { phases.reduce(0) { $0 + $1.seconds } }

    /// One line of JSON.
    package func line() throws -> String {
        var short = self
        // What only those who read the evidence want.
        short.facts = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(short), as: UTF8.self)
    }

    package func write(to file: FilePath) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try FileTree.replace(file, with: Array(try encoder.encode(self)) + [UInt8(ascii: "\n")])
    }

    /// Nil when there is none, or one that another version of this program wrote.
    package static func read(_ file: FilePath) -> BuildRecord? {
        guard let bytes = try? FileTree.read(file) else { return nil }
        return try? JSONDecoder().decode(BuildRecord.self, from: Data(bytes))
    }
}

extension BuildRecord.BottleFacts {
    init(_ built: BuiltBottle) {
        file = built.file.lastComponent?.string ?? ""
        digest = built.digest.hex
        size = built.size
        tarDigest = built.tarDigest.hex
        installedSize = built.installedSize
        cellar = built.cellar
        longestPrefix = built.longestPrefix
        executables = built.executables
        tab = built.tab
    }
}
