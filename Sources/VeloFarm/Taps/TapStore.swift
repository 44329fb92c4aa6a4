package import SystemPackage
import VeloFormula
import VeloGit
import VeloSystem

/// The taps of a farm: adds, lists, reads again and removes them.
///
/// A tap is read as a whole and put in place in one transaction. A formula that cannot be evaluated is kept as a
/// problem of its tap, and keeps nobody from the others.
package struct TapStore: Sendable {
    let database: FarmDatabase
    let clones: FilePath
    let reading: FormulaReading
    let now: @Sendable () -> Double

    init(database: FarmDatabase, clones: FilePath, reading: FormulaReading, now: @escaping @Sendable () -> Double) {
        self.database = database
        self.clones = clones
        self.reading = reading
        self.now = now
    }

    /// Adds a tap from a folder, a repository on this machine, or a URL, and reads it.
    ///
    /// - Parameters:
    ///   - name: nil to derive it from the location.
    ///   - workingFolder: what a relative path starts from.
    package func add(name: String?, location: String, workingFolder: FilePath) async throws -> TapReport {
        let name = try Self.name(name, for: location)
        if let known = try await database.tap(name.description) {
            throw TapError.alreadyAdded(known.name, location: known.location)
        }
        let source: TapSource
        if let local = try TapSource.recognise(location, workingFolder: workingFolder) {
            source = local
        } else {
            source = .clone(url: location, clonePath(name))
        }
        return try await read(name, source)
    }

    package func list() async throws -> [TapReport] {
        var reports: [TapReport] = []
        for row in try await database.taps() { reports.append(try await report(row)) }
        return reports
    }

    /// Reads one tap again, or all; clones fetch first.
    package func update(_ name: String?) async throws -> [TapReport] {
        let rows: [TapRow]
        if let name { rows = [try await known(name)] } else { rows = try await database.taps() }
        var reports: [TapReport] = []
        for row in rows { reports.append(try await reread(row)) }
        return reports
    }

    /// Reads again the taps that need no network. What cannot be read keeps its former state and is reported.
    package func refreshLocal() async throws -> [(name: String, error: any Error)] {
        var failures: [(name: String, error: any Error)] = []
        for row in try await database.taps() where row.kind != "clone" {
            do { _ = try await reread(row) } catch { failures.append((row.name, error)) }
        }
        return failures
    }

    package func remove(_ name: String) async throws {
        let row = try await known(name)
        guard try await database.removeTap(row.name, now: now()) else { return }
        if case .clone(_, let path) = try source(row) { try await BlockingThread.run { try FileTree.remove(path) } }
    }

    private func reread(_ row: TapRow) async throws -> TapReport {
        try await read(Self.name(row.name, for: row.location), source(row))
    }

    private func read(_ name: TapName, _ source: TapSource) async throws -> TapReport {
        let clones = clones
        let snapshot = try await BlockingThread.run {
            if case .clone(let url, let path) = source { try Self.bring(url, to: path, in: clones) }
            return try TapSnapshot(source)
        }
        let result = try await reading.evaluate(snapshot, tap: name)
        try await database.replaceTap(
            name.description, source, commit: snapshot.commit, formulae: result.formulae, problems: result.problems,
            now: now())
        return try await report(known(name.description))
    }

    /// A clone is there with all its history or not at all. Blocking.
    private static func bring(_ url: String, to path: FilePath, in clones: FilePath) throws {
        if try FileTree.status(path) != nil { return try GitRepository.open(path).fetch(url) }
        let scratch = try FileTree.makeScratch(in: clones, prefix: ".incoming-")
        defer { try? FileTree.remove(scratch) }
        try GitRepository.create(scratch).fetch(url)
        try FileTree.makeFolder(path.removingLastComponent())
        try FileTree.rename(scratch, to: path)
    }

    private func report(_ row: TapRow) async throws -> TapReport {
        TapReport(
            name: row.name, kind: row.kind, location: row.location, commit: row.commit, updated: row.updated,
            formulae: try await database.formulaCount(tap: row.id), problems: try await database.problems(tap: row.id))
    }

    private func known(_ name: String) async throws -> TapRow {
        let canonical = TapName(name)?.description ?? name
        guard let row = try await database.tap(canonical) else {
            throw TapError.unknown(name, known: try await database.taps().map(\.name))
        }
        return row
    }

    func source(_ row: TapRow) throws -> TapSource {
        switch row.kind {
        case "folder": .folder(FilePath(row.location))
        case "repository": .repository(FilePath(row.location))
        default: .clone(url: row.location, clonePath(try Self.name(row.name, for: row.location)))
        }
    }

    func clonePath(_ name: TapName) -> FilePath {
        clones.appending(name.user).appending(name.repository + ".git")
    }

    /// The name as given, or `user/repository` from the end of a URL, or `velo/FOLDER`.
    static func name(_ given: String?, for location: String) throws -> TapName {
        if let given {
            guard let name = TapName(given), isUsable(name) else { throw TapError.badName(given) }
            return name
        }
        var parts = location.split(whereSeparator: { $0 == "/" || $0 == ":" }).map(String.init)
        if let last = parts.last, last.hasSuffix(".git") { parts[parts.count - 1] = String(last.dropLast(4)) }
        guard let repository = parts.last, repository != ".", repository != ".." else {
            throw TapError.noName(location)
        }
        let user = TapSource.isURL(location) && parts.count > 2 ? parts[parts.count - 2] : "velo"
        let name = TapName(user: user, repository: repository)
        guard isUsable(name) else { throw TapError.noName(location) }
        return name
    }

    /// It becomes a part of paths and of registry addresses.
    private static func isUsable(_ name: TapName) -> Bool {
        [name.user, name.repository].allSatisfy { part in
            guard let first = part.utf8.first, isAlphanumeric(first), part.utf8.count <= 100 else { return false }
            return part.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}

/// A tap as the API and the commands show it.
package struct TapReport: Codable, Sendable, Equatable {
    package var name: String
    /// `folder`, `repository` or `clone`
    package var kind: String
    package var location: String
    package var commit: String?
    /// Seconds since 1970.
    package var updated: Double
    package var formulae: Int
    package var problems: [FormulaProblem]
}

extension TapStore {
    /// The taps of a data folder that no server uses; the caller has its lock.
    package static func open(_ configuration: FarmConfiguration, reading: FormulaReading) throws -> TapStore {
        try configuration.folder.prepare()
        return TapStore(
            database: try FarmDatabase(configuration.folder.database), clones: configuration.folder.taps,
            reading: reading, now: WallClock.seconds)
    }

    /// A location as a server that has another working folder understands it.
    package static func absolute(_ location: String, workingFolder: FilePath) throws -> String {
        try TapSource.recognise(location, workingFolder: workingFolder)?.location ?? location
    }
}
