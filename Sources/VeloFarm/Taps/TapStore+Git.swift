import SystemPackage
import VeloFormula
import VeloSystem

extension TapStore {
    /// The repository of a tap, for git to read; nil when there is no such tap.
    ///
    /// - Parameter made: where repositories are kept that are made from plain folders.
    func gitFolder(_ name: TapName, _ made: FilePath) async throws -> FilePath? {
        guard let row = try await database.tap(name.description) else { return nil }
        let source = try source(row)
        switch source {
        case .repository(let path), .clone(_, let path): return path
        case .folder(let folder):
            let target = made.appending(name.user).appending(name.repository + ".git")
            let seconds = Int(row.updated)
            try FileTree.makeFolder(target.removingLastComponent())
            let lock = try await FileLock.acquire(FilePath(target.string + ".lock"))
            try await BlockingThread.run { try FolderRepository(folder: folder, target: target).update(seconds) }
            lock.release()
            return target
        }
    }
}

/// A repository whose newest commit is what a folder holds.
struct FolderRepository: Sendable {
    let folder: FilePath
    let target: FilePath

    /// Adds a commit if the folder has changed. Blocking; one at a time.
    ///
    /// - Parameter seconds: the time of the commit, since 1970: the same folder gives the same commit everywhere.
    func update(_ seconds: Int) throws {
        if !FileTree.exists(target.appending("HEAD")) {
            try git(["init", "--quiet", "--bare", "--initial-branch=main", target.string], seconds)
        }
        try git(["--work-tree", folder.string, "add", "--all", "."], seconds)
        let tree = try git(["write-tree"], seconds)
        let head = try? git(["rev-parse", "--verify", "--quiet", "HEAD^{tree}"], seconds)
        guard head != tree else { return }
        let parent = try? git(["rev-parse", "--verify", "--quiet", "HEAD"], seconds)
        let commit = try git(
            ["commit-tree", tree, "-m", "The tap's folder"] + (parent.map { ["-p", $0] } ?? []), seconds)
        try git(["update-ref", "HEAD", commit], seconds)
    }

    @discardableResult
    private func git(_ arguments: [String], _ seconds: Int) throws -> String {
        var said: [UInt8] = []
        let date = "@\(seconds) +0000"
        var command = ChildCommand(
            ["/usr/bin/env", "git", "--git-dir", target.string, "-c", "safe.directory=*", "-c", "core.autocrlf=false"]
                + arguments,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "velod", "GIT_AUTHOR_EMAIL": "velod@localhost", "GIT_COMMITTER_NAME": "velod",
                "GIT_COMMITTER_EMAIL": "velod@localhost", "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
            ], directory: folder)
        command.timeLimit = .seconds(600)
        let exit = try ChildProcess.run(command) { said += $0 }
        let text = String(decoding: said, as: UTF8.self)
        guard exit.isSuccess else { throw TapError.git(folder.string, text) }
        return String(text.drop(while: \.isWhitespace).prefix { !$0.isNewline })
    }
}

extension TapStore {
    /// Puts a tap in place from a bundle: with its history, and with the formulae that it has now.
    ///
    /// - Parameter location: where it came from originally; shown, and asked at an update if it is a URL.
    func take(_ name: TapName, bundle: FilePath, location: String) async throws {
        let target = clonePath(name)
        let clones = clones
        try await BlockingThread.run {
            let scratch = try FileTree.makeScratch(in: clones, prefix: ".incoming-")
            defer { try? FileTree.remove(scratch) }
            let copy = scratch.appending("repository")
            try TapBundle.unpack(bundle, to: copy)
            try FileTree.makeFolder(target.removingLastComponent())
            try FileTree.remove(target)
            try FileTree.rename(copy, to: target)
        }
        let source = TapSource.clone(url: location, target)
        let snapshot = try await BlockingThread.run { try TapSnapshot(source) }
        let result = try await reading.evaluate(snapshot, tap: name)
        try await database.replaceTap(
            name.description, source, commit: snapshot.commit, formulae: result.formulae, problems: result.problems,
            now: now())
    }
}
