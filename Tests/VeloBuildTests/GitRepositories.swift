import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// Real repositories, made by git, and a server that speaks git's smart HTTP.
extension Scratch {
    /// Runs git in a folder of the scratch; answers its first line.
    @discardableResult
    func git(_ folder: String, _ arguments: String...) async throws -> String {
        let program = Program(
            "/usr/bin/git",
            environment: [
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "HOME": path.string,
                "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "@1600000000 +0000",
                "GIT_COMMITTER_DATE": "@1600000000 +0000",
            ])
        let result = try await program.run(
            ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", "-C", try self.folder(folder).string]
                + arguments)
        try #require(result.exit.isSuccess, "git \(arguments): \(result.text)")
        return result.lines.first ?? ""
    }

    /// Commits all that is in `repositories/NAME`, and makes `served/NAME.git` of it; answers the commit.
    @discardableResult
    func publish(_ name: String, tag: String? = nil) async throws -> String {
        let folder = "repositories/\(name)"
        if !FileTree.exists(path.pushing(FilePath("\(folder)/.git"))) { try await git(folder, "init", "--quiet") }
        try await git(folder, "add", "--all")
        try await git(folder, "commit", "--quiet", "--allow-empty", "--message=change")
        if let tag { try await git(folder, "tag", "--annotate", "--message=\(tag)", tag) }
        let bare = path.pushing(FilePath("served/\(name).git"))
        try FileTree.remove(bare)
        try await git("served", "clone", "--quiet", "--mirror", path.pushing(FilePath(folder)).string, bare.string)
        return try await git(folder, "rev-parse", "HEAD")
    }

    /// Serves `served` at `http://127.0.0.1:PORT/NAME.git`.
    func gitServer() throws -> LoopbackServer {
        let root = path.appending("served")
        return try LoopbackServer { request, _ in
            let parts = request.target.split(separator: "?")[0].split(separator: "/").map(String.init)
            guard let name = parts.first, FileTree.exists(root.appending(name)) else {
                return .text("not here", status: 404)
            }
            let isAdvertisement = request.target.contains("info/refs")
            var command = ChildCommand(
                ["/usr/bin/git", "-c", "safe.directory=*", "upload-pack", "--stateless-rpc"]
                    + (isAdvertisement ? ["--advertise-refs"] : []) + [root.appending(name).string],
                environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"],
                input: isAdvertisement ? nil : request.body)
            command.standardError = .discarded
            var answer = isAdvertisement ? Array("001e# service=git-upload-pack\n0000".utf8) : []
            _ = try? ChildProcess.run(command) { answer += $0 }
            let kind = isAdvertisement ? "advertisement" : "result"
            return .body(answer, [("Content-Type", "application/x-git-upload-pack-\(kind)")])
        }
    }
}
