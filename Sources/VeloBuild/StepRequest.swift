import FoundationEssentials
package import SystemPackage
import VeloFormula
import VeloSystem

/// What a step inside the sandbox is to do. It travels as `/velo/step/request.json`, beside the formulae and archives
/// that it names.
///
/// ```
/// /velo/step/
///   request.json
///   formulae/NAME.rb          the formula, and those that it may ask about
///   archives/DIGEST/FILE      what was downloaded, under its own name; a checkout as `NAME.tar`
/// ```
package struct StepRequest: Codable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// Unpack, patch, evaluate `install`.
        case install
        /// Evaluate `test`.
        case test
    }

    /// A formula whose file is in `formulae/`.
    package struct FormulaEntry: Codable, Sendable {
        package var name: String
        /// `user/repository`
        package var tap: String
        /// The path in the tap, for messages.
        package var path: String
    }

    package var kind: Kind
    package var formula: FormulaEntry
    package var others: [FormulaEntry]
    /// A bottle tag.
    package var platform: String
    package var prefix: String
    /// The folder in which it is compiled.
    package var root: String
    /// Days by which programs see the clock advanced; nil for the true time.
    package var daysAhead: Int?
    package var compiler: String
    package var compilerVersion: String
    package var makeJobs: Int
    /// `YYYY-MM-DD`
    package var date: String
    package var dependencies: [Dependency]

    package struct Dependency: Codable, Sendable {
        package var name: String
        package var isKegOnly: Bool
    }

    package static let fileName = "request.json"

    package func write(to folder: FilePath) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try FileTree.write(Array(try encoder.encode(self)), to: folder.appending(Self.fileName))
    }

    package static func read(from folder: FilePath) throws -> StepRequest {
        try JSONDecoder().decode(StepRequest.self, from: Data(try FileTree.read(folder.appending(Self.fileName))))
    }

    package static func formulaFile(_ name: String, in folder: FilePath) -> FilePath {
        folder.appending("formulae").appending("\(name).rb")
    }

    package static func archives(in folder: FilePath) -> FilePath { folder.appending("archives") }
}

/// How a step ended, as it writes it to `/build/.velo-outcome.json` (a test: `/tmp/.velo-outcome.json`).
///
/// Whatever a formula writes there itself can only make its own build fail: what was built is judged from the outside.
package struct StepOutcome: Codable, Sendable {
    /// Nil when all went well.
    package var failure: Failure?
    /// Seconds since 1970: the newest file of the source.
    package var sourceModified: Int?

    package struct Failure: Codable, Sendable {
        /// The command that failed, if one did.
        package var command: [String]?
        package var status: Int?
        /// What happened, for the person who wrote the formula.
        package var message: String
    }

    package static let fileName = ".velo-outcome.json"

    package func write(to folder: FilePath) throws {
        try FileTree.write(Array(try JSONEncoder().encode(self)), to: folder.appending(Self.fileName))
    }

    package static func read(from folder: FilePath) -> StepOutcome? {
        // It is written inside the sandbox: a link or a pipe of that name is not followed or waited for.
        let file = folder.appending(fileName)
        guard let status = try? FileTree.status(file), status.kind == .file,
            let bytes = try? FileTree.read(file, limit: 1 << 20)
        else { return nil }
        return try? JSONDecoder().decode(StepOutcome.self, from: Data(bytes))
    }
}
