package import SystemPackage
package import VeloCore
import VeloFormula
import VeloSystem

/// Turns a keg into a bottle: the same bytes for the same keg, whenever and wherever it is made.
///
/// The archive holds `NAME/VERSION/…` sorted by name, the formula as `.brew/NAME.rb`, the receipt and a bill of
/// materials. The keg is not changed.
package struct BottleWriter {
    let facts: BottleFacts
    let keg: Keg
    let prefixPath: String
    /// Whether the keg is linked where it is: then, as for Homebrew, only what exists counts among the places that its
    /// binaries name.
    let isLinked: Bool

    /// - Parameter prefixPath: The prefix as the keg's files say it.
    package init(facts: BottleFacts, keg: Keg, prefixPath: String, isLinked: Bool = false) {
        self.facts = facts
        self.keg = keg
        self.prefixPath = prefixPath
        self.isLinked = isLinked
    }

    /// What goes into receipts for `homebrew_version`: receipts are in the form of that version, whose clients rewrite
    /// ELF files whatever the cellar says.
    static let receiptVersion = "4.6.0-velocity"

    /// What else is made of the keg.
    package struct Extras: Sendable {
        /// A `.tar.zst` of the same tar, which velo unpacks faster.
        package var hasTwin = false
        /// `NAME--VERSION.TAG.bottle.json`, as `brew bottle --json` writes it, with this root URL.
        package var rootURL: String?

        package init() {}
    }

    package func write(to folder: FilePath, extras: Extras = Extras()) throws -> BuiltBottle {
        let sealer = KegSealer(target: RelocationTarget(prefix: prefixPath), formula: facts.formula.name)
        let listing = try KegListing(of: keg)
        let survey = try KegSurvey(of: keg.location, sealer: sealer, counts: counts, skipping: KegListing.isLeftOut)
        let tab = tab(survey)
        let name = try bottleName()
        let file = folder.appending(name.localFilename)
        let documents = BottleDocuments(facts: facts, name: name)

        let tar = folder.appending("\(name.localFilename.dropLast(3))")
        // Only what has been packed is kept of it.
        defer { try? FileTree.removeFile(tar) }
        let made = [
            ".brew/\(keg.name).rb": Array(
                FormulaText.withoutBottleBlock(String(decoding: facts.source, as: UTF8.self)).utf8),
            "INSTALL_RECEIPT.json": Array(receipt(tab).text.utf8),
            "sbom.spdx.json": Array(documents.billOfMaterials.pretty.utf8),
        ]
        let writer = try ArchiveWriter(tar, compression: .none, modified: facts.sourceModified)
        try listing.write(to: writer, made: made) { relative, path in
            try sealer.sealed(try FileTree.read(path), at: relative)?.bytes
        }
        let bare = try writer.finish()
        let packed = try PackedFile.gzip(
            tar, to: file, name: "\(facts.formula.name)-bottle.tar", modified: facts.sourceModified)
        var built = BuiltBottle(
            file: file, digest: packed.digest, size: packed.size, tarDigest: bare.digest,
            installedSize: listing.installedSize(made: made), cellar: Self.text(survey.cellar),
            longestPrefix: longestPrefix(survey, sealer), tab: tab, executables: try executables(),
            isTested: facts.formula.hasTest)
        if extras.hasTwin {
            let twin = folder.appending("\(name.localFilename.dropLast(3)).zst")
            built.twin = BuiltBottle.Twin(file: twin, written: try PackedFile.zstd(tar, to: twin))
        }
        if let rootURL = extras.rootURL {
            let document = documents.beside(built, files: listing.files(made: made), rootURL: rootURL)
            let place = folder.appending("\(name.name)--\(name.packageVersion).\(name.tag).bottle.json")
            try FileTree.replace(place, with: Array(document.pretty.utf8))
        }
        return built
    }

    /// Whether a place that a binary still names keeps the bottle at its prefix: Homebrew's rule is that it exists, and
    /// that it does not belong to a keg that the bottle does not need.
    private func counts(_ piece: String) -> Bool {
        guard isLinked, piece.hasPrefix(prefixPath) else { return true }
        let prefix = keg.location.removingLastComponent().removingLastComponent().removingLastComponent()
        let rest = piece.dropFirst(prefixPath.count)
        guard FileTree.exists(prefix.pushing(FilePath(String(rest.drop { $0 == "/" })))) else { return false }
        let names = rest.split(separator: "/")
        guard names.count >= 2, names[0] == "Cellar" || names[0] == "opt" else { return true }
        let needed = facts.dependencies.map { Inventory.shortName($0.fullName) } + [keg.name]
        return needed.contains(String(names[1]))
    }

    private func bottleName() throws -> BottleName {
        guard
            let name = BottleName(
                name: facts.formula.name, packageVersion: facts.formula.pkgVersion, tag: facts.platform,
                rebuild: facts.rebuild)
        else {
            throw BuildError(facts.formula.fullName, .bottle, .formula("its name or version cannot be a file name"))
        }
        return name
    }

    private static func text(_ cellar: BottleSpec.Cellar) -> String {
        switch cellar {
        case .any: "any"
        case .anySkipRelocation: "any_skip_relocation"
        case .path(let path): path
        }
    }

    /// How far the bottle can be moved: any length, up to the build prefix's where strings have to be exchanged in place,
    /// or not at all (then zero) where a place of the build stands in something that is no string.
    private func longestPrefix(_ survey: KegSurvey, _ sealer: KegSealer) -> Int? {
        // What nothing opens does not matter; it is exchanged where there is room.
        if survey.leftovers.isEmpty { return nil }
        let covered = survey.leftovers.allSatisfy { leftover in
            (survey.binaryStrings[leftover.path] ?? []).contains {
                $0.offset <= leftover.offset && leftover.offset < $0.offset + $0.length
            }
        }
        return covered ? prefixPath.utf8.count : 0
    }

    private func tab(_ survey: KegSurvey) -> Tab {
        var tab = Tab(homebrewVersion: Self.receiptVersion)
        tab.changedFiles = survey.changedFiles
        tab.sourceModifiedTime = facts.sourceModified
        tab.compiler = facts.compiler
        tab.runtimeDependencies = facts.dependencies
        tab.arch = facts.platform.platform?.architecture.rawValue
        tab.builtOn = facts.builtOn
        tab.builtPrefix = prefixPath
        if !survey.fixedFiles.isEmpty { tab.fixedFiles = survey.fixedFiles }
        if !facts.externals.isEmpty { tab.externals = facts.externals }
        if !survey.binaryStrings.isEmpty {
            tab.binaryStrings = survey.binaryStrings.sorted { $0.key < $1.key }
                .map { Tab.BinaryStrings(path: $0.key, strings: $0.value) }
        }
        return tab
    }

    /// The receipt inside the archive; what pouring adds is left out, so that it does not depend on the day.
    private func receipt(_ tab: Tab) -> Receipt {
        var receipt = Receipt(
            tab: tab,
            record: PourRecord(
                installedOnRequest: false, time: 0,
                source: Receipt.Source(
                    tap: facts.formula.tap.description, tapGitHead: facts.tapCommit,
                    stableVersion: facts.formula.version.description, versionScheme: facts.formula.versionScheme)))
        receipt.pouredFromBottle = false
        receipt.time = nil
        (receipt.builtPrefix, receipt.binaryStrings) = (tab.builtPrefix, tab.binaryStrings)
        receipt.fixedFiles = tab.fixedFiles
        return receipt
    }

    private func executables() throws -> [String] {
        var found: [String] = []
        for folder in ["bin", "sbin"] where FileTree.exists(keg.location.appending(folder)) {
            for name in try FileTree.names(in: keg.location.appending(folder)) {
                let status = try FileTree.status(keg.location.appending(folder).appending(name), followLinks: true)
                if status?.kind == .file { found.append("\(folder)/\(name)") }
            }
        }
        return found
    }
}

extension BottleWriter {
    /// For a build, which knows everything.
    package init(request: BuildRequest, toolchain: HostToolchain, keg: Keg, prefixPath: String) {
        self.init(
            facts: BottleFacts(request, toolchain, sourceModified: 1), keg: keg, prefixPath: prefixPath)
    }

    /// - Parameter sourceModified: Seconds since 1970; the time of every file in the archive.
    package func write(
        to folder: FilePath, sourceModified: Int, extras: Extras = Extras()
    ) throws -> BuiltBottle {
        var facts = facts
        facts.sourceModified = max(1, sourceModified)
        return try BottleWriter(facts: facts, keg: keg, prefixPath: prefixPath).write(to: folder, extras: extras)
    }
}

/// A formula as text, for the copy that travels in a bottle.
package enum FormulaText {
    /// Takes out the block from `  bottle do` to its `  end`, and the blank line after it.
    package static func withoutBottleBlock(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(of: "  bottle do"), let last = lines[first...].firstIndex(of: "  end") else {
            return text
        }
        let hasBlank = last + 1 < lines.count && lines[last + 1].isEmpty
        lines.removeSubrange(first...(hasBlank ? last + 1 : last))
        return lines.joined(separator: "\n")
    }
}
