package import SystemPackage
package import VeloBuild
import VeloSystem

/// Sources that are commits: clones by URL, kept for the next build, and what a checkout would be, as an archive.
///
///     ROOT/HEX.git      a bare repository; HEX is the sha256 of its URL
///     ROOT/HEX.lock     held by who fetches into it
///
/// The name of a commit is the digest of all that is in it, and is checked as it is read: what lies here need not be
/// believed.
package struct GitSources: CommitSources {
    let root: FilePath
    /// Folders that may hold clones as well, as `NAME.git`, where NAME is the last part of the URL.
    let folders: [FilePath]

    private static let deepest = 8

    package init(root: FilePath, folders: [FilePath]) {
        self.root = root
        self.folders = folders
    }

    /// One repository's share in a source: the top, or a submodule.
    private struct Piece: Sendable {
        /// Below the top; empty for the top itself.
        var path: String
        var repository: FilePath
        var commit: String
        var reference: String?
    }

    package func commit(_ source: GitSource, _ report: @escaping @Sendable (String) -> Void) async throws -> String {
        try await find(source, report).commit
    }

    package func archive(
        _ source: GitSource, to file: FilePath, name: String, scratch: FilePath,
        _ report: @escaping @Sendable (String) -> Void
    ) async throws {
        let pieces = try await gather(source, at: "", depth: 0, report)
        guard let top = pieces.first else { return }
        try await BlockingThread.run {
            let time = try GitRepository.open(top.repository).time(of: top.commit)
            let archive = try ArchiveWriter(file, compression: .none, modified: max(1, time))
            try archive.addFolder(name)
            for (number, piece) in pieces.enumerated() {
                let folder = scratch.appending("piece-\(number)")
                try FileTree.makeFolder(folder)
                try GitRepository.open(piece.repository).export(
                    piece.commit, reference: piece.reference, to: archive,
                    folder: piece.path.isEmpty ? name : "\(name)/\(piece.path)", scratch: folder)
                try FileTree.remove(folder)
            }
            _ = try archive.finish()
        }
    }

    /// The repositories that a source consists of, the outer before the inner.
    private func gather(
        _ source: GitSource, at path: String, depth: Int, _ report: @escaping @Sendable (String) -> Void
    ) async throws -> [Piece] {
        guard depth < Self.deepest else { throw GitSourceError.submodulesTooDeep(source.url) }
        let found = try await find(source, report)
        var pieces = [
            Piece(path: path, repository: found.repository, commit: found.commit, reference: source.reference)
        ]
        let modules = try await BlockingThread.run {
            try GitRepository.open(found.repository).submodules(at: found.commit)
        }
        for module in modules {
            let place = path.isEmpty ? module.path : "\(path)/\(module.path)"
            let inner = try source.submodule(place, module.url, commit: module.commit)
            pieces += try await gather(inner, at: place, depth: depth + 1, report)
        }
        return pieces
    }

    private func find(
        _ source: GitSource, _ report: @escaping @Sendable (String) -> Void
    ) async throws -> (repository: FilePath, commit: String) {
        for folder in folders {
            let clone = folder.appending(source.name + ".git")
            if let commit = try await known(source, in: clone) {
                report("have \(source.url) in \(folder)")
                return (clone, commit)
            }
        }
        let clone = root.appending(SHA256Digest.of(Array(source.url.utf8)).hex + ".git")
        // A branch may have moved since.
        if source.revision != nil, let commit = try await known(source, in: clone) {
            report("have \(source.url)")
            return (clone, commit)
        }
        report("fetching \(source.url)")
        return (clone, try await fetch(source, into: clone))
    }

    /// The commit, if it is there and is what the source's tag says.
    private func known(_ source: GitSource, in clone: FilePath) async throws -> String? {
        guard FileTree.exists(clone.appending("HEAD")) else { return nil }
        return try await BlockingThread.run {
            let repository = try GitRepository.open(clone)
            guard let revision = source.revision else {
                return try source.reference.map { try repository.commit(of: $0) } ?? repository.headCommit()
            }
            if source.isTag, let tag = source.reference, try repository.commit(of: tag) != revision { return nil }
            return repository.has(revision) ? revision : nil
        }
    }

    private func fetch(_ source: GitSource, into clone: FilePath) async throws -> String {
        try FileTree.makeFolder(root)
        let lock = try await FileLock.acquire(FilePath("\(clone.string.dropLast(4)).lock"))
        let stop = Interruption()
        let commit = try await withTaskCancellationHandler {
            try await BlockingThread.run {
                let isThere = FileTree.exists(clone.appending("HEAD"))
                let repository = try isThere ? GitRepository.open(clone) : GitRepository.create(clone)
                return try Self.fetch(source, into: repository) { stop.isTriggered }
            }
        } onCancel: {
            stop.trigger()
        }
        lock.release()
        return commit
    }

    private static func fetch(
        _ source: GitSource, into repository: GitRepository, isStopped: @escaping () -> Bool
    ) throws -> String {
        var reference = source.reference
        if reference == nil, source.revision == nil { reference = try repository.defaultBranch(of: source.url) }
        if let reference { try repository.fetch(source.url, [reference], isStopped: isStopped) }
        let named = try reference.flatMap { try repository.commit(of: $0) }
        guard let revision = source.revision else {
            guard let named else { throw GitSourceError.noReference(source.url, source.referenceName) }
            return named
        }
        if source.isTag {
            guard let named else { throw GitSourceError.noReference(source.url, source.referenceName) }
            guard named == revision else {
                throw GitSourceError.otherCommit(
                    source.url, source.referenceName, found: named, expected: revision)
            }
        }
        if !repository.has(revision) {
            // Somewhere below a tag or a branch that the formula does not name.
            try repository.fetch(source.url, ["refs/heads/*", "refs/tags/*"], isStopped: isStopped)
        }
        guard repository.has(revision) else { throw GitSourceError.noCommit(source.url, revision) }
        return revision
    }
}

extension GitSource {
    /// What a submodule of this is. One of a repository in the network is never one of this machine's: whoever writes a
    /// formula does not get to read what lies here.
    fileprivate func submodule(_ path: String, _ written: String?, commit: String) throws -> GitSource {
        guard let written else { throw GitSourceError.submoduleUnknown(path, of: url) }
        let target = GitModules.resolve(written, from: url)
        guard Self.isReachable(target), Self.isLocal(url) || !Self.isLocal(target) else {
            throw GitSourceError.submoduleElsewhere(path, target, of: url)
        }
        return GitSource(url: target, revision: commit)
    }
}
