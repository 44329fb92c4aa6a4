package import VeloSystem

/// What can be wrong with a git repository.
package enum GitError: Problem {
    case unreadable(String, String)
    case noCommits(String)
    case unreachable(String, String)
    case stopped(String)

    package var summary: String {
        switch self {
        case .unreadable(let path, let message): "could not read the git repository `\(path)`: \(message)"
        case .noCommits(let path): "the git repository `\(path)` has no commits"
        case .unreachable(let url, let message): "could not fetch `\(url)`: \(message)"
        case .stopped(let url): "fetching `\(url)` was stopped"
        }
    }

    package var hints: [String] {
        if case .noCommits = self { ["a repository is read at its HEAD: commit something first"] } else { [] }
    }

    package var severity: ProblemSeverity {
        switch self {
        case .unreachable, .stopped: .temporary
        case .unreadable, .noCommits: .refused
        }
    }
}
