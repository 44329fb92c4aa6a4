package import SystemPackage
import VeloSystem

/// A tap that is a bare git repository: its files at HEAD, laid out once for each commit in velo's cache.
///
/// `CACHE/tap-trees-v1/COMMIT/` appears by one rename.
package enum BareTap {
    /// Where the files of a tap are: `root` itself, or the files that a bare repository there has. Blocking.
    ///
    /// - Throws: `BareTapError`, `SystemError`
    package static func folder(of root: FilePath, cache: FilePath) throws -> FilePath {
        let isBare = ["HEAD", "objects", "refs"].allSatisfy { FileTree.exists(root.appending($0)) }
        guard isBare, !FileTree.exists(root.appending("Formula")) else { return root }
        let commit =
            try git(["rev-parse", "--verify", "HEAD"], root).split(separator: "\n").first.map(String.init) ?? ""
        guard !commit.isEmpty, commit.utf8.allSatisfy({ $0 &- 48 < 10 || $0 &- 97 < 6 }) else {
            throw BareTapError.git(root.string, "HEAD is no commit: \(commit)")
        }
        let trees = cache.appending("tap-trees-v1")
        let target = trees.appending(commit)
        if FileTree.exists(target) { return target }
        let scratch = try FileTree.makeScratch(in: trees, prefix: ".making-")
        defer { try? FileTree.remove(scratch) }
        let files = scratch.appending("files")
        try FileTree.makeFolder(files)
        // With an index of its own the repository is only read.
        _ = try git(
            ["--work-tree", files.string, "checkout", "--force", commit, "--", "."], root,
            environment: ["GIT_INDEX_FILE": scratch.appending("index").string])
        do {
            try FileTree.rename(files, to: target)
        } catch {
            // Another process was as quick.
            guard FileTree.exists(target) else { throw error }
        }
        return target
    }

    private static func git(
        _ words: [String], _ repository: FilePath, environment: [String: String] = [:]
    ) throws -> String {
        let surroundings = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"]
        let command = ChildCommand(
            ["git", "--git-dir", repository.string, "-c", "safe.directory=*"] + words,
            environment: surroundings.merging(environment) { $1 })
        var said: [UInt8] = []
        let exit = try ChildProcess.run(command) { said += $0 }
        let text = String(decoding: said, as: UTF8.self)
        guard exit.isSuccess else {
            throw BareTapError.git(repository.string, text.split(separator: "\n").last.map(String.init) ?? "no output")
        }
        return text
    }
}

package enum BareTapError: Problem {
    case git(String, String)

    package var summary: String {
        switch self {
        case .git(let path, let said): "git cannot read the tap `\(path)`: \(said)"
        }
    }

    package var hints: [String] { ["check the repository: `git fsck`"] }
}
