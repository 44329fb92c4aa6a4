/// What may go: decided per image from what is known of its tags.
struct CollectionPolicy: Sendable, Equatable {
    /// Versions of an image that stay, newest first; 0 keeps all.
    var keptVersions = 0
    /// Days for which a version stays in any case; 0 means that only their number counts.
    var keptDays = 0
    /// Seconds for which what nothing names stays.
    var untaggedAge = 7 * 86400.0
    /// Bytes of all blobs; 0 is no limit.
    var quota = 0

    struct Version: Sendable, Equatable {
        var repository: String
        var tag: String
        /// Seconds since 1970.
        var updated: Double
        var isPinned: Bool
        /// The formula's present version: what clients are told to install.
        var isCurrent: Bool
    }

    /// The versions that no rule keeps.
    func expired(_ versions: [Version], now: Double) -> [Version] {
        guard keptVersions > 0 || keptDays > 0 else { return [] }
        var expired: [Version] = []
        for (_, group) in Dictionary(grouping: versions, by: \.repository) {
            let sorted = group.sorted { ($0.updated, $0.tag) > ($1.updated, $1.tag) }
            for (index, version) in sorted.enumerated() where !version.isPinned && !version.isCurrent {
                let isRecent = keptDays > 0 && now - version.updated < Double(keptDays) * 86400
                let isAmongNewest = keptVersions > 0 && index < keptVersions
                if !isRecent && !isAmongNewest { expired.append(version) }
            }
        }
        return expired.sorted { ($0.repository, $0.tag) < ($1.repository, $1.tag) }
    }
}

/// What a collection did, or would do, and why the rest stays.
package struct CollectionReport: Codable, Sendable, Equatable {
    package struct Removal: Codable, Sendable, Equatable {
        /// `tag`, `manifest`, `blob` or `file`
        package var kind: String
        package var name: String
        package var bytes: Int
        package var reason: String
    }

    package var isDryRun: Bool
    package var removals: [Removal] = []
    /// Blobs that stay, by reason.
    package var kept: [String: Int] = [:]

    package var freedBytes: Int { removals.reduce(0) { $0 + ($1.kind == "blob" || $1.kind == "file" ? $1.bytes : 0) } }
}
