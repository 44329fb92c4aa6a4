import FoundationEssentials
import GRDB
import Logging
package import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Carries out orders of an administrator.
struct AdminDesk: Sendable {
    let farm: Farm

    func carryOut(_ order: AdminOrder) async throws -> AdminReport {
        switch order {
        case .addToken(let name, let scopes, let expires): return try await addToken(name, scopes, expires)
        case .removeToken(let name):
            try await farm.access.tokens.remove(name)
            farm.access.forget()
            return AdminReport(lines: ["removed \(name)"])
        case .listTokens:
            let tokens = try await farm.access.tokens.list()
            return try AdminReport(lines: tokens.map { TokenWording.line($0, now: farm.now()) }, value: tokens)
        case .collect(let isDryRun): return try await collect(isDryRun)
        case .scrub:
            let found = try await farm.scrubber.run()
            return AdminReport(
                lines: found.isEmpty ? ["every blob is what its name says"] : [],
                problems: found.map { "\($0.ociDigest) was damaged and is taken away" })
        case .check: return try await IntegrityCheck(farm: farm).run()
        case .addRules(let tap, let names): return try await addRules(tap, names)
        case .removeRules(let tap, let names):
            try await farm.database.pool.write { db in
                for name in names {
                    try db.execute(sql: "DELETE FROM mirror_rules WHERE tap = ? AND name = ?", arguments: [tap, name])
                }
            }
            return AdminReport(lines: names.map { "no longer mirrored ahead: \(tap)/\($0)" })
        case .listRules: return try await listRules()
        case .sync(let names): return try await MirrorSync(farm: farm).run(names)
        case .pin, .unpin, .listPins: return try await pins(order)
        case .addSources(let paths): return try await addSources(paths)
        case .freezeSnapshot(let day):
            let day = day ?? ApiDate.text(farm.now())
            guard ApiStore.isDate(day) else { throw AdminError.badDay(day) }
            let paths = try await farm.api.freeze(day)
            return AdminReport(
                lines: paths.map { "@\(day)/\($0)" },
                problems: paths.isEmpty
                    ? ["there is no API document to freeze: set `api.upstream`, or import a set"] : [])
        case .listSnapshots: return AdminReport(lines: try await farm.api.snapshots())
        case .backup(let folder): return try await Backup(farm: farm).write(to: FilePath(folder))
        case .importBottles(let folder, let tap):
            return try await BottleImport(farm: farm).run(FilePath(folder), tap: tap)
        case .exportSet(let request): return try await SetExport(farm: farm, request: request).run()
        case .importSet(let path, let trusted, let isDryRun):
            return try await SetImport(farm: farm, trusted: trusted).run(FilePath(path), isDryRun: isDryRun)
        }
    }

    private func addToken(_ name: String, _ scopes: [AccessScope], _ expires: Double?) async throws -> AdminReport {
        let (token, secret) = try await farm.access.tokens.add(name: name, scopes: scopes, expires: expires)
        farm.access.forget()
        struct Made: Encodable {
            var token: AccessToken
            var secret: String
        }
        return try AdminReport(lines: [secret.text], value: Made(token: token, secret: secret.text))
    }

    private func collect(_ isDryRun: Bool) async throws -> AdminReport {
        let report = try await farm.collector.run(isDryRun: isDryRun)
        var lines = report.removals.map { removal in
            "\(isDryRun ? "would remove" : "removed") \(removal.kind) \(removal.name): \(removal.reason)"
        }
        for (reason, count) in report.kept.sorted(by: { $0.key < $1.key }) {
            lines.append("kept \(count) blobs: \(reason)")
        }
        lines.append("\(isDryRun ? "would free" : "freed") \(report.freedBytes) bytes")
        return try AdminReport(lines: lines, value: report)
    }

    private func addRules(_ tap: String, _ names: [String]) async throws -> AdminReport {
        let now = farm.now()
        for name in names where name != "*" && RepositoryName(tap: tap, image: BottleImage.name(name)) == nil {
            throw AdminError.badName(name)
        }
        try await farm.database.pool.write { db in
            for name in names {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO mirror_rules (name, tap, added) VALUES (?, ?, ?)",
                    arguments: [name, tap, now])
            }
        }
        return AdminReport(lines: names.map { "mirrored ahead from the next `velod mirror sync` on: \(tap)/\($0)" })
    }

    private func listRules() async throws -> AdminReport {
        struct Rule: Encodable {
            var tap: String
            var name: String
            var synced: Double?
            var problem: String?
        }
        let rules = try await farm.database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM mirror_rules ORDER BY tap, name").map {
                Rule(tap: $0["tap"], name: $0["name"], synced: $0["synced"], problem: $0["problem"])
            }
        }
        let lines = rules.map { rule in
            let state = rule.problem ?? (rule.synced.map { "synced \(ApiDate.text($0))" } ?? "not synced yet")
            return "\(rule.tap)/\(rule.name)  \(state)"
        }
        return try AdminReport(lines: lines, value: rules)
    }

    private func pins(_ order: AdminOrder) async throws -> AdminReport {
        let now = farm.now()
        switch order {
        case .pin(let reference, let reason):
            let isDigest = RegistryPath.digest(reference) != nil
            guard isDigest || reference.contains(":") && reference.contains("/") else {
                throw AdminError.badReference(reference)
            }
            try await farm.database.pool.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO pins (reference, reason, added) VALUES (?, ?, ?)",
                    arguments: [reference, reason, now])
            }
            return AdminReport(lines: ["pinned \(reference)"])
        case .unpin(let reference):
            try await farm.database.pool.write { db in
                try db.execute(sql: "DELETE FROM pins WHERE reference = ?", arguments: [reference])
            }
            return AdminReport(lines: ["no longer pinned: \(reference)"])
        default:
            let lines = try await farm.database.pool.read { db in
                try Row.fetchAll(db, sql: "SELECT reference, reason FROM pins ORDER BY reference").map {
                    "\($0["reference"] as String)  \($0["reason"] as String)"
                }
            }
            return AdminReport(lines: lines)
        }
    }

    private func addSources(_ paths: [String]) async throws -> AdminReport {
        let sources = farm.sources
        let scratch = farm.folder.scratch
        var report = AdminReport()
        for path in paths {
            try await farm.makeRoom(for: FileTree.status(FilePath(path), followLinks: true)?.size ?? 0)
            let digest = try await BlockingThread.run {
                let digest = try BlobStore.digest(of: FilePath(path))
                guard try sources.size(digest) == nil else { return digest }
                let folder = try FileTree.makeScratch(in: scratch, prefix: "source-")
                defer { try? FileTree.remove(folder) }
                let copy = folder.appending("source")
                try FileTree.copyFile(FilePath(path), to: copy)
                try sources.take(copy, as: digest)
                return digest
            }
            report.lines.append("\(digest)  \(path)")
        }
        return report
    }
}

/// A token in words.
enum TokenWording {
    static func line(_ token: AccessToken, now: Double) -> String {
        let scopes = token.scopes.map(\.rawValue).joined(separator: ",")
        let end =
            token.expires.map { $0 > now ? "until \(ApiDate.text($0))" : "ran out \(ApiDate.text($0))" }
            ?? "without end"
        let use = token.used.map { "used \(ApiDate.text($0))" } ?? "never used"
        return "\(token.name)  \(scopes)  \(end)  \(use)"
    }
}

/// An order that makes no sense.
package enum AdminError: Problem, Equatable {
    case badDay(String)
    case badName(String)
    case badReference(String)
    case notASet(String, reason: String)
    case untrusted(String, key: String)
    case damagedSet([String])
    case noBottles(String)
    case badBottle(String, reason: String)
    case notEmpty(String)

    package var summary: String {
        switch self {
        case .badDay(let day): "`\(day)` is not a day such as 2026-11-01"
        case .badName(let name): "`\(name)` cannot be the name of a formula"
        case .badReference(let text): "`\(text)` is neither REPOSITORY:TAG nor sha256:HEX"
        case .notASet(let path, let reason): "`\(path)` is not an exported set: \(reason)"
        case .untrusted(let path, let key): "`\(path)` is signed with `\(key)`, which is not trusted here"
        case .damagedSet(let problems):
            "the set is incomplete or damaged: \(problems.prefix(5).joined(separator: "; "))\(problems.count > 5 ? "; and \(problems.count - 5) more" : "")"
        case .noBottles(let folder): "`\(folder)` has no `*.bottle.json` as `brew bottle --json` writes it"
        case .badBottle(let file, let reason): "`\(file)` cannot be taken: \(reason)"
        case .notEmpty(let path): "`\(path)` is in use"
        }
    }

    package var hints: [String] {
        switch self {
        case .untrusted(_, let key): ["if you know whose it is: `velod import --trust \(key) …`"]
        case .damagedSet: ["nothing was changed; export again onto the same place, which only writes what is missing"]
        case .notEmpty: ["choose a folder that is empty, or not there"]
        default: []
        }
    }
}

/// Orders on a data folder that no server uses; the caller has its lock.
package enum FarmAdministration {
    package static func carryOut(
        _ order: AdminOrder, _ configuration: FarmConfiguration, reading: FormulaReading
    ) async throws -> AdminReport {
        let farm = try Farm(configuration, reading: reading, logger: Logger(label: "velod"), now: WallClock.seconds)
        let report = try await AdminDesk(farm: farm).carryOut(order)
        try farm.database.close()
        return report
    }

    /// Puts a backup in the place of the folder's database and key. Blocking.
    package static func restore(_ backup: FilePath, to data: DataFolder) throws {
        try Backup.restore(backup, to: data)
    }
}
