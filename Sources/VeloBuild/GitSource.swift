package import SystemPackage
package import VeloFormula
import VeloSystem

/// A place in a git repository that a formula names: which commit, and by which tag or branch it goes.
package struct GitSource: Sendable, Equatable {
    package var url: String
    /// `refs/tags/v1`, `refs/heads/main`; nil for the default branch, or for a commit alone.
    package var reference: String?
    /// 40 hexadecimal digits; nil for whatever the branch stands for now.
    package var revision: String?

    package var isTag: Bool { reference?.hasPrefix("refs/tags/") == true }
    /// `x` of `https://example.org/team/x.git`.
    package var name: String {
        let last = url.split(separator: "/").last.map(String.init) ?? "source"
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    /// What a message calls the reference.
    package var referenceName: String {
        guard let reference else { return "its default branch" }
        let name = reference.split(separator: "/", maxSplits: 2).last.map(String.init) ?? reference
        return isTag ? "the tag `\(name)`" : "the branch `\(name)`"
    }

    /// - Parameter mayMove: Whether a source without a revision will do: what a head version is.
    /// - Throws: `GitSourceError` for what cannot be had, or could be something else tomorrow.
    package init(_ download: Download, mayMove: Bool) throws {
        guard download.isGit else { throw GitSourceError.otherSystem(download.url) }
        url = download.url
        guard Self.isReachable(url) else { throw GitSourceError.protocolUnknown(url) }
        if let tag = download.tag {
            reference = "refs/tags/\(tag)"
        } else if let branch = download.branch {
            reference = "refs/heads/\(branch)"
        }
        revision = download.revision?.lowercased()
        if let revision, revision.utf8.count != 40 || !revision.allSatisfy(\.isHexDigit) {
            throw GitSourceError.badRevision(url, revision)
        }
        guard revision != nil || mayMove else { throw GitSourceError.unpinned(url, referenceName) }
    }

    /// A commit of a repository.
    package init(url: String, revision: String) {
        (self.url, self.revision) = (url, revision)
    }

    package static func isReachable(_ url: String) -> Bool {
        ["https://", "http://", "git://", "file:///"].contains { url.hasPrefix($0) }
    }

    package static func isLocal(_ url: String) -> Bool { url.hasPrefix("file://") }
}

extension Download {
    /// It comes out of a git repository, as Homebrew would see it.
    var isGit: Bool {
        if let strategy { return ["git", "GitDownloadStrategy", "GitHubGitDownloadStrategy"].contains(strategy) }
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        return bare.hasSuffix(".git") || url.hasPrefix("git://") || tag != nil || branch != nil
    }

    /// 64 hexadecimal digits that stand for this source among those of a build: the digest of a file, or that of the
    /// place in a repository.
    package var identity: String {
        if let sha256 { return sha256 }
        let place = [url, tag.map { "tag \($0)" }, branch.map { "branch \($0)" }, revision].compactMap { $0 }
        return SHA256Digest.of(Array(place.joined(separator: "\n").utf8)).hex
    }

    /// Where it comes from and what it must be, in the words of package URLs: `git+https://…/x.git@COMMIT`.
    ///
    /// - Parameter commits: what sources without a revision stand for now, by identity.
    func locator(_ commits: [String: String] = [:]) -> String {
        guard sha256 == nil, isGit else { return url }
        let commit = revision ?? commits[identity]
        return "git+\(url)" + (commit.map { "@\($0)" } ?? "")
    }
}

/// Why a source in a repository is not what a build can begin with.
package enum GitSourceError: Problem, Equatable {
    case otherSystem(String)
    case protocolUnknown(String)
    case badRevision(String, String)
    /// Nothing says which commit it must be.
    case unpinned(String, String)
    case noReference(String, String)
    case noCommit(String, String)
    case otherCommit(String, String, found: String, expected: String)
    case submoduleUnknown(String, of: String)
    case submoduleElsewhere(String, String, of: String)
    case submodulesTooDeep(String)

    package var summary: String {
        switch self {
        case .otherSystem(let url): "`\(url)` is neither a file with a sha256 nor a git repository"
        case .protocolUnknown(let url): "`\(url)` is not read: git is spoken over https, http, git and file"
        case .badRevision(let url, let revision): "`\(revision)` is not the full name of a commit of `\(url)`"
        case .unpinned(let url, let reference):
            "`\(url)` names \(reference) and no revision, so nothing says which commit it must be"
        case .noReference(let url, let reference): "`\(url)` has not \(reference)"
        case .noCommit(let url, let revision): "`\(url)` has no commit \(revision) in its branches and tags"
        case .otherCommit(let url, let reference, let found, let expected):
            "\(reference) of `\(url)` is the commit \(found), and the formula says \(expected)"
        case .submoduleUnknown(let path, let url):
            "`\(url)` has a submodule at `\(path)`, and its `.gitmodules` does not say where that comes from"
        case .submoduleElsewhere(let path, let target, let url):
            "the submodule at `\(path)` of `\(url)` is `\(target)`, which is not in the network"
        case .submodulesTooDeep(let url): "the submodules of `\(url)` are too deep in each other"
        }
    }

    package var hints: [String] {
        switch self {
        case .unpinned: ["add `revision: \"…\"` to the `url`, with the commit's 40 digits"]
        case .badRevision: ["write all 40 digits"]
        case .otherCommit: ["if upstream moved the tag, find out why before the formula follows"]
        default: []
        }
    }
}

/// Where commits come from: clones here, and the network.
package protocol CommitSources: Sendable {
    /// The commit that a source stands for: its revision, or what its branch is now.
    func commit(_ source: GitSource, _ report: @escaping @Sendable (String) -> Void) async throws -> String

    /// Writes a source with all its submodules into an uncompressed archive, every entry at the time of the commit.
    ///
    /// - Parameters:
    ///   - name: of the archive's only folder.
    ///   - scratch: an empty folder.
    func archive(
        _ source: GitSource, to file: FilePath, name: String, scratch: FilePath,
        _ report: @escaping @Sendable (String) -> Void
    ) async throws
}
