package import SystemPackage
import VeloFormula
package import VeloSystem

/// A bottle in a file that somebody has at hand, and what can be told of it without unpacking it: from its first
/// entries, and from what `brew bottle --json` or a registry says beside it.
package struct LocalBottle: Sendable {
    package var bottle: BottleFile
    /// From the formula inside; a bottle without one is linked, and replaces nothing.
    package var isKegOnly = false
    package var linkOverwrite: [String] = []
    package var aliases: [String] = []
    /// From the receipt inside.
    package var source: Receipt.Source?
    /// What the file has to hash to, where that is said beside it.
    package var digest: SHA256Digest?

    /// Reads a bottle's first entries, and the document beside it. Blocking.
    ///
    /// - Parameter manifest: An OCI index that says what the bottle is, if it does not do so itself.
    package init(_ file: FilePath, manifest: FilePath? = nil) throws {
        let description = try BottleDescription.beside(file, manifest: manifest)
        var contents = Contents()
        try contents.read(file, needsReceipt: description?.tab == nil)
        guard let name = contents.name, let version = contents.version else {
            throw LocalBottleError.notABottle(file)
        }
        let receipt = try contents.receipt.map { bytes in
            do {
                return (try WireCoding.decode(Tab.self, from: bytes), try WireCoding.decode(Receipt.self, from: bytes))
            } catch {
                throw ReceiptError(path: file.appending("INSTALL_RECEIPT.json"), cause: error)
            }
        }
        var tab = receipt?.0 ?? description?.tab ?? Tab(homebrewVersion: "")
        tab.boundPrefix = description?.tab?.boundPrefix
        let fileName = file.lastComponent?.string ?? ""
        let platform = description?.tag ?? Self.tag(of: fileName)
        bottle = BottleFile(
            name: name, pkgVersion: version, file: file, tab: tab, cellar: description?.cellar ?? "any")
        bottle.platform = platform
        if description?.cellar == nil, tab.builtPrefix == nil {
            // Nobody says whether binaries hold the prefix that it was built for, so they are searched for it.
            bottle.suspectedPrefix = (platform ?? .all).defaultPrefix
        }
        source = receipt?.1.source
        aliases = receipt?.1.aliases ?? []
        digest = description?.digest
        if let text = contents.formula, let facts = try? Self.facts(name, text, platform: platform) {
            isKegOnly = facts.isKegOnly
            linkOverwrite = facts.linkOverwrite
        }
    }

    /// The names that a pour must not make up: `x86_64_linux` of `hello--1.0.x86_64_linux.bottle.2.tar.gz`.
    static func tag(of fileName: String) -> PlatformTag? {
        guard let end = fileName.firstRange(of: ".bottle.")?.lowerBound,
            let dot = fileName[..<end].lastIndex(of: ".")
        else { return nil }
        return PlatformTag(fileName[fileName.index(after: dot)..<end])
    }

    /// What the formula inside says of linking. One that cannot be evaluated here says nothing: it was good enough for
    /// whoever built the bottle.
    private static func facts(_ name: String, _ text: [UInt8], platform: PlatformTag?) throws -> Formula {
        let platform = platform?.platform ?? Platform(.linux, .x86_64)
        return try FormulaLoader.load(
            name: name, tap: .core, source: SourceText(name: "\(name).rb", bytes: text),
            context: EvaluationContext(platform: platform, date: CalendarDate(year: 2100, month: 1, day: 1)),
            formulae: NoFormulae()
        ).formula
    }

    /// What a bottle's first entries hold.
    private struct Contents {
        var name: String?
        var version: String?
        var receipt: [UInt8]?
        var formula: [UInt8]?

        private static let longestText = 16 << 20

        /// Reads until everything wanted is there: near the start of a sorted archive, else anywhere.
        mutating func read(_ file: FilePath, needsReceipt: Bool) throws {
            do {
                var reader = try BottleReader(file)
                while let entry = try reader.next() {
                    // What comes without a formula in its place near the start most likely has none.
                    if reader.position > Self.longestText, receipt != nil || !needsReceipt { return }
                    guard let place = try take(entry, file), entry.kind == .file,
                        entry.size ?? 0 <= Self.longestText
                    else { continue }
                    if place == .receipt { receipt = try reader.rest() } else { formula = try reader.rest() }
                    if formula != nil, receipt != nil || !needsReceipt { return }
                }
            } catch is BottleReader.Unsupported {
                var reader = try ArchiveReader(file, accepting: .bottle)
                while let entry = try reader.next() {
                    guard let place = try take(entry, file), entry.kind == .file else { continue }
                    var bytes: [UInt8] = []
                    guard try !reader.read(upTo: Self.longestText, into: &bytes) else { continue }
                    if place == .receipt { receipt = bytes } else { formula = bytes }
                    if formula != nil, receipt != nil || !needsReceipt { return }
                }
            }
        }

        private enum Place { case receipt, formula }

        /// Learns the bottle's name from its first entry; says whether an entry is one of those that are wanted.
        private mutating func take(_ entry: ArchiveEntry, _ file: FilePath) throws -> Place? {
            guard let path = try? EntryPath(entry.path) else { return nil }
            let names = path.components.map(String.init)
            guard names.count >= 2 else { return nil }
            if name == nil { (name, version) = (names[0], names[1]) }
            guard names[0] == name, names[1] == version else { throw LocalBottleError.notABottle(file) }
            if names.count == 3, names[2] == "INSTALL_RECEIPT.json" { return .receipt }
            if names.count == 4, names[2] == ".brew", names[3] == "\(names[0]).rb" { return .formula }
            return nil
        }
    }
}

/// Why a file is no bottle to pour.
package enum LocalBottleError: Problem {
    case notABottle(FilePath)
    case otherPlatform(FilePath, built: String, here: String)
    case wrongDigest(FilePath, expected: SHA256Digest, actual: SHA256Digest)
    case unreadableDescription(FilePath, any Error)
    /// The manifest describes bottles, but not this one.
    case notInManifest(FilePath, manifest: FilePath)
    case missingDependencies(String, [String])
    case twice(String)

    package var summary: String {
        switch self {
        case .notABottle(let file): "`\(file)` is not a bottle: not everything in it is below one `NAME/VERSION`"
        case .otherPlatform(let file, let built, let here):
            "`\(file)` was built for `\(built)`, and this machine is `\(here)`"
        case .wrongDigest(let file, let expected, let actual):
            "`\(file)` is not the file it should be: its sha256 is \(actual), not \(expected)"
        case .unreadableDescription(let file, _): "`\(file)` does not describe bottles"
        case .notInManifest(let file, let manifest): "`\(manifest)` says nothing about `\(file)`"
        case .missingDependencies(let name, let missing):
            "`\(name)` needs \(missing.map { "`\($0)`" }.joined(separator: ", ")), which would not be installed"
        case .twice(let name): "there are two bottles of `\(name)`"
        }
    }

    package var cause: (any Error)? {
        if case .unreadableDescription(_, let error) = self { error } else { nil }
    }

    package var hints: [String] {
        switch self {
        case .wrongDigest: ["get the file again"]
        case .missingDependencies(_, let missing):
            [
                "pour their bottles in the same command, or install them: `velo install \(missing.joined(separator: " "))`"
            ]
        default: []
        }
    }
}
