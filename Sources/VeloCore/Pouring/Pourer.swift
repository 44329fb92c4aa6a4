package import SystemPackage
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
        let staged = try stage(bottle, record: record, in: scratch.appending(bottle.name))
        let keg = prefix.keg(bottle.name, bottle.pkgVersion)
        try FileTree.makeFolder(prefix.rack(bottle.name))
        try FileTree.rename(staged, to: keg.location)
        return keg
    }

    /// Pours into `folder`, which must not exist, as the keg will be once it is in the Cellar. Returns where it is.
    package func stage(_ bottle: BottleFile, record: PourRecord, in folder: FilePath) throws -> FilePath {
        let reader = BottleExtractor(name: bottle.name, version: bottle.pkgVersion, prefixes: [prefix.path])
        let tab = try bottle.tab ?? self.tab(in: bottle, reader)
        let extractor = BottleExtractor(
            name: bottle.name, version: bottle.pkgVersion,
            prefixes: [prefix.path] + (tab.builtPrefix.map { [$0] } ?? []),
            transform: transform(bottle, tab))
        _ = try extractor.extract(bottle.file, into: folder)
        let keg = folder.appending(bottle.name).appending(bottle.pkgVersion)
        try Receipt(tab: tab, record: record).write(to: keg.appending("INSTALL_RECEIPT.json"))
        return keg
    }

    private func transform(_ bottle: BottleFile, _ tab: Tab) -> Relocator {
        let needed = (tab.runtimeDependencies ?? []).map { Inventory.shortName($0.fullName) }
        let target = RelocationTarget(
            prefix: prefix.path, openJDK: needed.first { $0 == "openjdk" || $0.hasPrefix("openjdk@") },
            hasLoader: LoaderLink.target(in: prefix) != nil)
        let strings = (tab.binaryStrings ?? []).map { ($0.path, $0.strings) }
        return Relocator(
            target: target, formula: bottle.name, version: bottle.pkgVersion,
            contents: Relocator.BottleContents(
                changedFiles: tab.changedFiles.map(Set.init), buildPrefix: tab.builtPrefix,
                // Binaries that are not listed hold nothing of the kind: they are not even searched.
                binaryStrings: Dictionary(strings) { first, _ in first }))
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
