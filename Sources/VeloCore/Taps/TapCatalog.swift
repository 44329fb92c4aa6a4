package import SystemPackage
package import VeloFormula
import VeloSystem

/// The catalog of a tap's folder: made once, kept in velo's cache, and brought up to date where the tap has changed.
///
/// `CACHE/taps-v1/<sha256 of folder, name and platform>.catalog` is a `CatalogImage`. It is used if it is whole, was
/// made by this program for this platform, no deprecation has come due since, and the tap's folders and the files that
/// are asked about are as they were. Otherwise those formulae are evaluated anew whose files have changed, and those
/// that ask others; the rest is taken over as it is.
package struct TapCatalog: Sendable {
    /// How much of a tap is looked at before its catalog is believed.
    package enum Scope: Sendable {
        case names([String])
        case all
    }

    package struct Answer: Sendable {
        package let catalog: Catalog
        /// What is wrong with formulae that had to be read, by name; nothing where the catalog was current.
        package let refusals: [String: String]
        /// How many formulae were evaluated.
        package let evaluated: Int
    }

    private let root: FilePath
    private let name: TapName?
    private let context: EvaluationContext
    private let file: FilePath

    /// `cache` is velo's cache folder; the context's date is today.
    package init(_ root: FilePath, name: TapName?, context: EvaluationContext, cache: FilePath) {
        self.root = root
        self.name = name
        self.context = context
        let key = [root.string, name?.description ?? "", PlatformTag(context.platform).description]
        let digest = SHA256Digest.of(Array(key.joined(separator: "\n").utf8))
        file = cache.appending("taps-v1").appending("\(digest.hex).catalog")
    }

    /// The catalog as the tap is now.
    ///
    /// - Throws: `TapFolderError`, `SystemError`
    package func current(_ scope: Scope) async throws -> Answer {
        let program = FileFingerprint(of: "/proc/self/exe")
        let known = CatalogImage.open(file).flatMap { image in
            let isOurs =
                image.stamp.program == program && program != nil && image.stamp.source == root.string
                && image.stamp.platform == PlatformTag(context.platform).description
                && (image.stamp.validUntil.map { context.date.description < $0 } ?? true)
            return isOurs ? image : nil
        }
        if let known, foldersAreSame(known), try await filesAreSame(known, scope) {
            return Answer(catalog: Catalog(known), refusals: [:], evaluated: 0)
        }
        return try await remake(from: known, program)
    }

    private func foldersAreSame(_ image: CatalogImage) -> Bool {
        image.stamp.folders.allSatisfy { FileFingerprint(of: root.appending($0.key)) == $0.value }
    }

    private func filesAreSame(_ image: CatalogImage, _ scope: Scope) async throws -> Bool {
        let folder = try OpenFolder(root)
        @Sendable func isSame(_ record: Int) -> Bool {
            guard let path = image.path(of: record), let status = folder.status(path) else { return false }
            return FileFingerprint(of: status) == image.fingerprint(of: record)
        }
        switch scope {
        case .all:
            // Most of what a search costs is to ask after thousands of files: two at a time.
            let middle = image.count / 2
            async let first = (0..<middle).allSatisfy(isSame)
            let second = (middle..<image.count).allSatisfy(isSame)
            return await first && second
        case .names(let names):
            // A name that is not there may be that of a file that could not be read; it is read again then.
            return names.allSatisfy { image.position(of: $0).map(isSame) ?? false }
        }
    }

    // MARK: Making

    private func remake(from known: CatalogImage?, _ program: FileFingerprint?) async throws -> Answer {
        let folder = try TapFolder(root, name: name)
        let library = TapLibrary(folder)
        let former = known.map { Former($0) }
        var entries: [CatalogImage.Entry?] = []
        entries.reserveCapacity(folder.files.count)
        var open: [TapFolder.File] = []
        for file in folder.files {
            let entry = former?.entry(file, in: root, aliases: folder.names.aliases(of: file.name))
            entries.append(entry)
            if entry == nil { open.append(file) }
        }
        let (made, refusals) = try await library.entries(of: open, context: context)
        var dates: [String] = known?.stamp.validUntil.map { [$0] } ?? []
        for (file, entry) in zip(open, made) {
            guard let entry, let position = folder.names.position(of: file.name) else { continue }
            entries[position] = entry.entry
            dates += entry.dates
        }
        let present = entries.compactMap(\.self)
        var stamp = CatalogStamp(
            source: root.string, generated: Host.now(), taps: [CatalogTap(name: folder.name.description, commit: nil)])
        stamp.program = program
        stamp.platform = PlatformTag(context.platform).description
        stamp.validUntil = dates.min()
        for path in folder.watched { stamp.folders[path] = FileFingerprint(of: root.appending(path)) }
        let bytes = try CatalogImage.make(present, stamp: stamp)
        // A cache that cannot be written makes the next run slower, not wrong.
        try? FileTree.makeFolder(file.removingLastComponent())
        try? FileTree.replace(file, with: bytes)
        guard let image = CatalogImage(FileImage(bytes)) else {
            preconditionFailure("a catalog that was just made cannot be read")
        }
        return Answer(catalog: Catalog(image), refusals: refusals, evaluated: open.count)
    }

    /// What of the former catalog can be taken over.
    private struct Former {
        let image: CatalogImage
        let aliases: [Int: [String]]
        let lines: [ArraySlice<UInt8>]
        let records: [String: Int]

        init(_ image: CatalogImage) {
            self.image = image
            aliases = Dictionary(grouping: image.aliases, by: \.record).mapValues { $0.map(\.name).sorted() }
            lines = image.searchText.split(separator: CatalogSearch.lineEnd, omittingEmptySubsequences: false)
            records = Dictionary(
                (0..<image.count).compactMap { record in image.path(of: record).map { ($0, record) } },
                uniquingKeysWith: { first, _ in first })
        }

        func entry(_ file: TapFolder.File, in root: FilePath, aliases: [String]) -> CatalogImage.Entry? {
            guard let record = records[file.path], record < lines.count, !image.asksOthers(record),
                let fingerprint = image.fingerprint(of: record), aliases == self.aliases[record] ?? [],
                FileFingerprint(of: root.appending(file.path)) == fingerprint, let json = image.bytes(of: record)
            else { return nil }
            var entry = CatalogImage.Entry(
                name: file.name, tap: image.stamp.taps.first?.name ?? "", aliases: aliases,
                search: Array(lines[record]), json: json)
            entry.fingerprint = fingerprint
            entry.path = file.path
            return entry
        }
    }
}

extension TapLibrary {
    fileprivate struct MadeEntry: Sendable {
        var entry: CatalogImage.Entry
        /// The days from which on the formula reads otherwise.
        var dates: [String]
    }

    /// Evaluates files for a catalog; nil for those that cannot be.
    fileprivate func entries(
        of files: [TapFolder.File], context: EvaluationContext
    ) async throws -> ([MadeEntry?], [String: String]) {
        let results = try await TapRun.map(files) { file -> Result<MadeEntry, any Error> in
            Result {
                let fingerprint = FileFingerprint(of: self.folder.root.appending(file.path))
                let reading = try self.read(file, context: context)
                let caveats = reading.caveats?.replacing(context.prefix, with: "$HOMEBREW_PREFIX")
                let formula = CatalogFormula(
                    reading.formula, aliases: self.folder.names.aliases(of: file.name), caveats: caveats)
                var entry = try CatalogImage.Entry(formula)
                entry.fingerprint = fingerprint ?? entry.fingerprint
                entry.path = file.path
                entry.asksOthers = self.asksOthers(file)
                let dates = [reading.formula.deprecation?.date, reading.formula.disabling?.date].compactMap { $0 }
                return MadeEntry(entry: entry, dates: dates.filter { $0 > context.date }.map(\.description))
            }
        }
        var refusals: [String: String] = [:]
        let entries = zip(files, results).map { file, result -> MadeEntry? in
            switch result {
            case .success(let entry): return entry
            case .failure(let error):
                refusals[file.name] = TapRun.Refusal(error).text
                return nil
            }
        }
        return (entries, refusals)
    }
}
