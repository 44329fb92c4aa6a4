import VeloSystem

/// A path that a keg wants and somebody else has.
package struct LinkConflict: Sendable, Equatable {
    /// Relative to the prefix.
    package var path: String
    /// The keg that it belongs to, as `name version`; nil if no keg does.
    package var owner: String?

    package init(path: String, owner: String?) {
        self.path = path
        self.owner = owner
    }
}

/// Why a keg was not linked.
package enum LinkError: Problem {
    case conflicts(keg: String, [LinkConflict], prefix: String)
    /// Another version of the formula is linked.
    case alreadyLinked(keg: String, by: String)

    package var summary: String {
        switch self {
        case .conflicts(let keg, let conflicts, let prefix):
            guard let first = conflicts.first else { return "`\(keg)` cannot be linked" }
            let more = conflicts.count > 1 ? " (and \(conflicts.count - 1) more)" : ""
            let owner = first.owner.map { "belongs to `\($0)`" } ?? "is in the way and belongs to no package"
            return "`\(keg)` cannot be linked: `\(prefix)/\(first.path)` \(owner)\(more)"
        case .alreadyLinked(let keg, let other):
            return "`\(keg)` cannot be linked: `\(other)` is linked"
        }
    }

    package var hints: [String] {
        switch self {
        case .conflicts(_, let conflicts, let prefix):
            guard let first = conflicts.first else { return [] }
            if let owner = first.owner {
                return ["uninstall one of the two: `velo uninstall \(owner.split(separator: " ")[0])`"]
            }
            return ["move `\(prefix)/\(first.path)` away, then run the command again"]
        case .alreadyLinked: return []
        }
    }
}
