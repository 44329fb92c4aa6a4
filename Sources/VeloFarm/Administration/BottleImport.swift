import GRDB
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Takes a folder of bottles with the JSON that `brew bottle --json` wrote beside them: all of them, or none.
struct BottleImport: Sendable {
    let farm: Farm

    private struct Entry: Decodable {
        struct Formula: Decodable {
            var name: String
            var pkgVersion: String
            var desc: String?
            var homepage: String?
            var license: String?
        }
        struct Bottle: Decodable {
            struct Tag: Decodable {
                var filename: String?
                var localFilename: String
                var sha256: String
                var tab: Tab?
                var pathExecFiles: [String]?
                var installedSize: Int?
            }
            var cellar: String?
            var rebuild: Int?
            var tags: [String: Tag]
        }
        var formula: Formula
        var bottle: Bottle
    }

    /// One bottle whose file was found and is right.
    private struct Found: Sendable {
        var row: BottleRow
        var file: FilePath
        var formula: CatalogFormula
    }

    /// - Parameter tap: nil to take it from the JSON, or `homebrew/core`.
    func run(_ folder: FilePath, tap: String?) async throws -> AdminReport {
        let names = try FileTree.names(in: folder).filter { $0.hasSuffix(".bottle.json") }
        guard !names.isEmpty else { throw AdminError.noBottles(folder.string) }
        let now = farm.now()
        let found = try await BlockingThread.run { try names.flatMap { try Self.read(folder, $0, tap: tap, now: now) } }
        try await farm.makeRoom(for: found.reduce(0) { $0 + $1.row.size })
        var report = AdminReport()
        for bottle in found {
            let scratch = try FileTree.makeScratch(in: farm.folder.scratch, prefix: "import-")
            defer { try? FileTree.remove(scratch) }
            let copy = scratch.appending("bottle")
            try await BlockingThread.run { try FileTree.copyFile(bottle.file, to: copy) }
            try await farm.publisher.publish(bottle.row, file: copy, formula: bottle.formula)
            report.lines.append(
                "\(bottle.row.tap)/\(bottle.row.formula) \(bottle.row.name?.referenceName ?? bottle.row.pkgVersion)")
        }
        return report
    }

    /// Blocking.
    private static func read(_ folder: FilePath, _ name: String, tap: String?, now: Double) throws -> [Found] {
        let file = folder.appending(name)
        let entries: [String: Entry]
        do {
            entries = try WireCoding.decode([String: Entry].self, from: FileTree.read(file))
        } catch let error as DecodingError {
            throw AdminError.badBottle(file.string, reason: "it is not the JSON of `brew bottle`: \(error)")
        }
        return try entries.sorted { $0.key < $1.key }.flatMap { fullName, entry in
            let parts = fullName.split(separator: "/").map(String.init)
            let owner =
                tap ?? (parts.count == 3 ? TapName("\(parts[0])/\(parts[1])")?.description : nil) ?? RepositoryName.core
            return try entry.bottle.tags.sorted { $0.key < $1.key }.map { word, tag in
                try found(folder, file, owner, entry, word, tag, now: now)
            }
        }
    }

    private static func found(
        _ folder: FilePath, _ json: FilePath, _ tap: String, _ entry: Entry, _ word: String, _ tag: Entry.Bottle.Tag,
        now: Double
    ) throws -> Found {
        guard let digest = SHA256Digest(hex: tag.sha256), let platform = PlatformTag(word) else {
            throw AdminError.badBottle(json.string, reason: "`\(word)` has no platform or no sha256")
        }
        let candidates = [tag.localFilename, tag.filename ?? "", percentDecoded(tag.filename ?? "") ?? ""]
        let paths = candidates.filter { !$0.isEmpty && !$0.contains("/") }.map { folder.appending($0) }
        guard let file = paths.first(where: { FileTree.exists($0) }) else {
            throw AdminError.badBottle(json.string, reason: "`\(tag.localFilename)` is not beside it")
        }
        let actual = try BlobStore.digest(of: file)
        guard actual == digest else { throw FarmError.wrongDigest(file.string, expected: digest, actual: actual) }
        let inside = try TarDigest.read(file)
        let cellar = (entry.bottle.cellar ?? "any").replacing(":", with: "")
        var row = BottleRow(
            tap: tap, formula: entry.formula.name, pkgVersion: entry.formula.pkgVersion, platform: platform.description,
            rebuild: entry.bottle.rebuild ?? 0, digest: digest, size: try FileTree.status(file)?.size ?? 0,
            tarDigest: inside.digest, installedSize: tag.installedSize ?? inside.size, cellar: cellar,
            longestPrefix: tag.tab?.longestPrefix(cellar: cellar),
            tab: tag.tab ?? Tab(homebrewVersion: "unknown"), executables: tag.pathExecFiles ?? [], isTested: false,
            tapCommit: nil, published: now)
        if row.tab.arch == nil { row.tab.arch = platform.platform?.architecture == .arm64 ? "arm64" : "x86_64" }
        var formula = CatalogFormula(name: entry.formula.name, tap: tap, version: entry.formula.pkgVersion)
        formula.desc = entry.formula.desc
        formula.homepage = entry.formula.homepage
        formula.license = entry.formula.license
        guard row.name != nil else { throw FarmError.unusableBottleName("\(row.formula) \(row.pkgVersion)") }
        return Found(row: row, file: file, formula: formula)
    }
}

/// The digest of what a gzip file holds.
enum TarDigest {
    /// Blocking.
    static func read(_ file: FilePath) throws -> (digest: SHA256Digest, size: Int) {
        var hasher = SHA256Hasher()
        var size = 0
        var command = ChildCommand(
            ["/usr/bin/env", "gzip", "-dc", file.string], environment: ["PATH": "/usr/bin:/bin"], directory: nil)
        command.standardError = .discarded
        let exit = try ChildProcess.run(command) { bytes in
            bytes.withUnsafeBytes { hasher.update($0) }
            size += bytes.count
        }
        guard exit.isSuccess else { throw AdminError.badBottle(file.string, reason: "it is not a whole gzip file") }
        return (hasher.finish(), size)
    }
}
