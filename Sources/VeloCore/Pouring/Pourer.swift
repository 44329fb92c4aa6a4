package import SystemPackage
package import VeloFormula
import VeloSystem

/// A bottle on this disk, verified.
package struct BottleFile: Sendable {
    package var name: String
    package var pkgVersion: String
    package var file: FilePath
    /// What the manifest says; nil to take the receipt in the archive instead.
    package var tab: Tab?
    /// `any`, `any_skip_relocation`, or the one cellar it can go to.
    package var cellar: String
    /// What it was built for; nil when that is not known.
    package var platform: PlatformTag?
    /// A prefix that its binaries may hold, where nobody has said whether they do.
    package var suspectedPrefix: String?

    package init(name: String, pkgVersion: String, file: FilePath, tab: Tab?, cellar: String) {
        self.name = name
        self.pkgVersion = pkgVersion
        self.file = file
        self.tab = tab
        self.cellar = cellar
    }
}

/// Turns a bottle into a keg: unpacks it, adapts its files to the prefix while they are written, writes the receipt.
///
/// Needs no network and no terminal. Blocking.
package struct Pourer: Sendable {
    private let prefix: Prefix

    package init(prefix: Prefix) { self.prefix = prefix }

    /// Pours into the Cellar, where the keg appears whole. Makes the loader's link first.
    ///
    /// For a prefix that nobody else sees; the `Installer` stages, and moves within a transaction.
    package func pour(_ bottle: BottleFile, record: PourRecord) throws -> Keg {
        for change in try LoaderLink.changes(in: prefix) { try change.apply(in: prefix) }
        let scratch = try Transaction.makeScratch(in: prefix)
        // Only what could not be poured is in it.
        defer { try? FileTree.remove(scratch) }
        let folder = scratch.appending(bottle.name)
        _ = try stage(bottle, record: record, in: folder)
        let staged = folder.appending(bottle.name).appending(bottle.pkgVersion)
        let keg = prefix.keg(bottle.name, bottle.pkgVersion)
        try FileTree.makeFolder(prefix.rack(bottle.name))
        try FileTree.rename(staged, to: keg.location)
        return keg
    }

    /// Pours into `folder`, which must not exist, as the keg will be once it is in the Cellar: at `NAME/VERSION` below.
    /// - Parameters:
    ///   - isHashed: Whether the tree is to say the file's digest.
    ///   - keep: Takes the keg and the bottle's own receipt, before the new one is written.
    @discardableResult
    package func stage(
        _ bottle: BottleFile, record: PourRecord, in folder: FilePath, isHashed: Bool = false,
        keep: (FilePath, Tab) -> Void = { _, _ in }
    ) throws -> UnpackedTree {
        let reader = BottleExtractor(name: bottle.name, version: bottle.pkgVersion, prefixes: [prefix.path])
        let tab = try bottle.tab ?? self.tab(in: bottle, reader)
        let extractor = BottleExtractor(
            name: bottle.name, version: bottle.pkgVersion,
            prefixes: [prefix.path] + [Self.builtPrefix(bottle, tab), bottle.suspectedPrefix].compactMap { $0 },
            transform: transform(bottle, tab))
        let tree = try extractor.extract(bottle.file, into: folder, isHashed: isHashed)
        let keg = folder.appending(bottle.name).appending(bottle.pkgVersion)
        keep(keg, tab)
        try Receipt(tab: tab, record: record).write(to: keg.appending("INSTALL_RECEIPT.json"))
        return tree
    }

    /// Stages the keg of a bottle that was poured here before; false if the store does not have it.
    func restage(
        _ name: String, _ pkgVersion: String, _ digest: SHA256Digest, record: PourRecord, in folder: FilePath,
        from store: KegStore
    ) throws -> Bool {
        let keg = folder.appending(name).appending(pkgVersion)
        guard let tab = store.restore(name, digest, to: keg) else {
            // What was begun is in the way of unpacking.
            try FileTree.remove(folder)
            return false
        }
        try Receipt(tab: tab, record: record).write(to: keg.appending("INSTALL_RECEIPT.json"))
        return true
    }

    /// The prefix that binaries hold: what our own bottles say, or the cellar that another's can go to alone.
    private static func builtPrefix(_ bottle: BottleFile, _ tab: Tab) -> String? {
        if let prefix = tab.builtPrefix { return prefix }
        return bottle.cellar.hasPrefix("/") && bottle.cellar.hasSuffix("/Cellar")
            ? String(bottle.cellar.dropLast("/Cellar".count)) : nil
    }

    private func transform(_ bottle: BottleFile, _ tab: Tab) -> Relocator {
        let needed = (tab.runtimeDependencies ?? []).map { Inventory.shortName($0.fullName) }
        let target = RelocationTarget(
            prefix: prefix.path, openJDK: needed.first { $0 == "openjdk" || $0.hasPrefix("openjdk@") },
            hasLoader: LoaderLink.target(in: prefix) != nil)
        let strings = tab.binaryStrings.map { Dictionary($0.map { ($0.path, $0.strings) }) { first, _ in first } }
        return Relocator(
            target: target, formula: bottle.name, version: bottle.pkgVersion,
            contents: Relocator.BottleContents(
                changedFiles: tab.changedFiles.map(Set.init),
                buildPrefix: Self.builtPrefix(bottle, tab) ?? bottle.suspectedPrefix,
                // Where our own bottles list none, there are none: nothing is searched.
                binaryStrings: strings ?? (tab.builtPrefix == nil ? nil : [:]),
                pin: bottle.suspectedPrefix != nil ? .suspected : bottle.cellar.hasPrefix("/") ? .certain : .harmless))
    }

    /// What the bottle says of itself; nothing, if it says nothing.
    private func tab(in bottle: BottleFile, _ extractor: BottleExtractor) throws -> Tab {
        guard let bytes = try extractor.receipt(of: bottle.file) else { return Tab(homebrewVersion: "") }
        do {
            return try WireCoding.decode(Tab.self, from: bytes)
        } catch {
            throw ReceiptError(path: bottle.file.appending("INSTALL_RECEIPT.json"), cause: error)
        }
    }
}
