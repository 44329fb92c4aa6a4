import FoundationEssentials
import GRDB
import Logging
import VeloCore
import VeloFormula
import VeloSystem

/// Fetches ahead what the rules of the mirror name, with everything that it needs.
struct MirrorSync: Sendable {
    let farm: Farm

    /// Blobs at a time.
    private static let width = 4

    /// - Parameter names: of formulae, besides the rules; when there are any, the rules wait.
    func run(_ names: [String]) async throws -> AdminReport {
        var report = AdminReport()
        guard let upstream = farm.mirror.upstreams.first(where: { $0.kind == .registry }) else {
            report.problems = ["no registry is set as an upstream (`mirror.upstreams`)"]
            return report
        }
        var pending = try await wanted(names)
        var seen: Set<String> = []
        while !pending.isEmpty {
            let name = pending.removeFirst()
            guard seen.insert(name.description).inserted else { continue }
            do {
                let (line, needed) = try await sync(name, upstream)
                report.lines.append(line)
                pending += needed
                try await note(name, problem: nil)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                let words = ProblemReport(error).oneLine
                report.problems.append("\(name): \(words)")
                try await note(name, problem: words)
            }
        }
        return report
    }

    private func wanted(_ names: [String]) async throws -> [RepositoryName] {
        if !names.isEmpty {
            return names.compactMap { RepositoryName(tap: RepositoryName.core, image: BottleImage.name($0)) }
        }
        let rules = try await farm.database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT tap, name FROM mirror_rules ORDER BY tap, name").map {
                (tap: $0["tap"] as String, name: $0["name"] as String)
            }
        }
        if rules.contains(where: { $0.name == "*" }) {
            // Everything is what the API lists.
            _ = try? await farm.api.live("formula.jws.json")
            return farm.mirror.flatDigests.images().compactMap { RepositoryName(tap: RepositoryName.core, image: $0) }
        }
        return rules.compactMap { RepositoryName(tap: $0.tap, image: BottleImage.name($0.name)) }
    }

    /// The newest version of an image: manifest and bottles; and the images that those need.
    private func sync(
        _ name: RepositoryName, _ upstream: Upstream
    ) async throws -> (line: String, needed: [RepositoryName]) {
        let tags = try await farm.mirror.upstreamTags(name, upstream)
        guard let tag = ImageTags.newest(tags) else {
            throw RegistryProblem.manifestUnknown("upstream has no version of it")
        }
        guard let document = try await farm.mirror.manifest(name, tag) else {
            throw RegistryProblem.manifestUnknown("upstream has no manifest for its tag `\(tag)`")
        }
        let reading = try ManifestReading(document.bytes, declared: document.mediaType)
        let bottles = reading.bottles.filter { farm.mirror.policy.platformRefusal($0) == nil }
        for manifest in bottles.compactMap(\.manifest) { _ = try await farm.mirror.manifest(name, manifest.ociDigest) }
        var fetched = 0
        var bytes = 0
        try await withThrowingTaskGroup(of: Int.self) { group in
            var running = 0
            for bottle in bottles {
                if running >= Self.width, let size = try await group.next() {
                    (bytes, running) = (bytes + size, running - 1)
                }
                if try farm.blobs.size(bottle.digest) != nil {
                    try await farm.database.addBlob(
                        bottle.digest, size: farm.blobs.size(bottle.digest) ?? 0, to: name, now: farm.now())
                    continue
                }
                fetched += 1
                running += 1
                group.addTask { try await fetch(name, bottle) }
            }
            for try await size in group { bytes += size }
        }
        let needed = Set(bottles.flatMap { Self.dependencies($0) }).sorted()
        return (
            "\(name) \(tag): \(bottles.count) bottles, \(fetched) fetched, \(bytes) bytes",
            needed.compactMap { RepositoryName(tap: name.tap, image: BottleImage.name($0)) }
        )
    }

    private func fetch(_ name: RepositoryName, _ bottle: ManifestReading.ListedBottle) async throws -> Int {
        // What would not be kept is not fetched.
        try await farm.makeRoom(for: bottle.size ?? 0)
        guard let file = try await farm.mirror.blob(name, bottle.digest) else {
            throw RegistryProblem.blobUnknown("upstream has no blob \(bottle.digest.ociDigest)")
        }
        var position = 0
        while let count = try await file.bytes(beyond: position) { position = count }
        return position
    }

    /// Names of what a bottle needs to run, as its tab has them, without their tap.
    static func dependencies(_ bottle: ManifestReading.ListedBottle) -> [String] {
        guard let text = bottle.tab, let tab = try? WireCoding.decode(Tab.self, from: Array(text.utf8)) else {
            return []
        }
        return (tab.runtimeDependencies ?? []).compactMap { $0.fullName.split(separator: "/").last.map(String.init) }
    }

    private func note(_ name: RepositoryName, problem: String?) async throws {
        let now = farm.now()
        try await farm.database.pool.write { db in
            for row in try Row.fetchAll(
                db, sql: "SELECT tap, name FROM mirror_rules WHERE tap = ?", arguments: [name.tap])
            where BottleImage.name(row["name"]) == name.image {
                try db.execute(
                    sql: "UPDATE mirror_rules SET synced = coalesce(?, synced), problem = ? WHERE tap = ? AND name = ?",
                    arguments: [problem == nil ? now : nil, problem, name.tap, row["name"] as String])
            }
        }
    }
}

/// The tags of an image, as versions.
enum ImageTags {
    /// The highest version, and of it the highest rebuild.
    static func newest(_ tags: [String]) -> String? {
        tags.max { left, right in
            let (first, second) = (
                PackageVersion(BottleImage.version(ofTag: left)), PackageVersion(BottleImage.version(ofTag: right))
            )
            let order = first.order(second)
            return order == 0 ? rebuild(left) < rebuild(right) : order < 0
        }
    }

    private static func rebuild(_ tag: String) -> Int {
        tag.lastIndex(of: "-").flatMap { Int(tag[tag.index(after: $0)...]) } ?? 0
    }
}
