package import SystemPackage
package import VeloCore
import VeloFormula
import VeloSystem

/// Turns a keg into a bottle: the same bytes for the same keg, whenever and wherever it is made.
///
/// The archive holds `NAME/VERSION/…` sorted by name, the formula as `.brew/NAME.rb` and the receipt. The keg is not
/// changed.
package struct BottleWriter {
    let request: BuildRequest
    let toolchain: HostToolchain
    let keg: Keg
    let prefixPath: String

    package init(request: BuildRequest, toolchain: HostToolchain, keg: Keg, prefixPath: String) {
        self.request = request
        self.toolchain = toolchain
        self.keg = keg
        self.prefixPath = prefixPath
    }

    /// What goes into receipts for `homebrew_version`: receipts are in the form of that version, whose clients rewrite
    /// ELF files whatever the cellar says.
    static let receiptVersion = "4.6.0-velocity"

    /// - Parameter sourceModified: Seconds since 1970; the time of every file in the archive.
    package func write(to folder: FilePath, sourceModified: Int) throws -> BuiltBottle {
        try writeFormulaCopy()
        let sealer = KegSealer(target: RelocationTarget(prefix: prefixPath), formula: request.formula.name)
        let survey = try KegSurvey(of: keg.location, sealer: sealer)
        let tab = tab(survey, sourceModified: sourceModified)
        try receipt(tab).write(to: keg.receipt)

        let name = try fileName()
        let file = folder.appending(name)
        let writer = try ArchiveWriter(
            file, compression: .gzip(level: 6, name: "\(request.formula.name)-bottle.tar", modified: sourceModified),
            modified: sourceModified)
        try writer.addTree(keg.location, as: "\(keg.name)/\(keg.pkgVersion)") { relative, path, _ in
            relative == "INSTALL_RECEIPT.json" ? nil : try sealer.sealed(try FileTree.read(path), at: relative)?.bytes
        }
        let written = try writer.finish()
        return BuiltBottle(
            file: file, digest: written.digest, size: written.size, tarDigest: try tarDigest(file),
            installedSize: try installedSize(), cellar: Self.text(survey.cellar),
            longestPrefix: longestPrefix(survey, sealer), tab: tab, executables: try executables(),
            isTested: request.formula.hasTest)
    }

    private func fileName() throws -> String {
        guard
            let name = BottleName(
                name: request.formula.name, packageVersion: request.formula.pkgVersion, tag: request.platform,
                rebuild: request.rebuild)
        else {
            throw BuildError(request.formula.fullName, .bottle, .formula("its name or version cannot be a file name"))
        }
        return name.localFilename
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
        if survey.leftovers.isEmpty && survey.binaryStrings.isEmpty { return nil }
        let covered = survey.leftovers.allSatisfy { leftover in
            (survey.binaryStrings[leftover.path] ?? []).contains {
                $0.offset <= leftover.offset && leftover.offset < $0.offset + $0.length
            }
        }
        return covered ? prefixPath.utf8.count : 0
    }

    private func tab(_ survey: KegSurvey, sourceModified: Int) -> Tab {
        var tab = Tab(homebrewVersion: Self.receiptVersion)
        tab.changedFiles = survey.changedFiles
        tab.sourceModifiedTime = sourceModified
        tab.compiler = toolchain.compiler
        tab.runtimeDependencies = request.dependencies.filter { !$0.isBuildOnly }.map { dependency in
            Tab.RuntimeDependency(
                fullName: dependency.formula.fullName, version: dependency.formula.version.description,
                revision: dependency.formula.revision, bottleRebuild: 0, declaredDirectly: dependency.isDirect)
        }
        tab.arch = request.platform.platform?.architecture.rawValue
        tab.builtOn = Tab.BuiltOn(
            os: "Linux", osVersion: toolchain.systemName, cpuFamily: nil, glibcVersion: toolchain.glibcVersion,
            oldestCpuFamily: nil)
        tab.builtPrefix = prefixPath
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
                    tap: request.formula.tap.description, tapGitHead: request.tapCommit,
                    stableVersion: request.formula.version.description, versionScheme: request.formula.versionScheme)))
        receipt.pouredFromBottle = false
        receipt.time = nil
        return receipt
    }

    /// `.brew/NAME.rb`: the formula without its `bottle` block.
    private func writeFormulaCopy() throws {
        let folder = keg.location.appending(".brew")
        try FileTree.makeFolder(folder)
        let text = FormulaText.withoutBottleBlock(String(decoding: request.source.bytes, as: UTF8.self))
        try FileTree.write(Array(text.utf8), to: folder.appending("\(request.formula.name).rb"))
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

    private func installedSize() throws -> Int {
        var size = 0
        try FileTree.walk(keg.location) { _, _, status in
            if status.kind == .file { size += status.size / max(1, status.linkCount) }
            return true
        }
        return size
    }

    private func tarDigest(_ file: FilePath) throws -> SHA256Digest {
        var reader = try ArchiveReader(file, accepting: .stream)
        var hasher = SHA256Hasher()
        guard try reader.next() != nil else { return hasher.finish() }
        var buffer: [UInt8] = []
        while true {
            buffer.removeAll(keepingCapacity: true)
            let hasMore = try reader.read(upTo: 1 << 20, into: &buffer)
            hasher.update(buffer)
            if !hasMore { return hasher.finish() }
        }
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
