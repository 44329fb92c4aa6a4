import CLibGit2
import Glibc

extension GitRepository {
    /// Brings all branches of a remote repository here and sets HEAD to its default one. Blocking, on the network.
    package func fetch(_ url: String) throws {
        try withRemote(url) { remote in
            try checkRemote(git_remote_connect(remote, GIT_DIRECTION_FETCH, nil, nil, nil), url)
            let branch = try defaultBranch(remote, url)
            var options = git_fetch_options()
            try check(velo_git_fetch_options(&options))
            options.prune = GIT_FETCH_PRUNE
            try fetch(remote, url, ["+refs/heads/*:refs/heads/*"], options)
            try check(git_repository_set_head(handle, branch))
        }
    }

    /// Brings some references here, under their own names; one that is not there is left out. Blocking, on the network.
    ///
    /// - Parameters:
    ///   - references: `refs/tags/v1`, `refs/heads/*`.
    ///   - isStopped: asked while something arrives.
    package func fetch(_ url: String, _ references: [String], isStopped: @escaping () -> Bool = { false }) throws {
        try withRemote(url) { remote in
            var options = git_fetch_options()
            try check(velo_git_fetch_options(&options))
            options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
            options.proxy_opts.type = GIT_PROXY_AUTO
            let question = StopQuestion(isStopped)
            options.callbacks.payload = Unmanaged.passUnretained(question).toOpaque()
            options.callbacks.transfer_progress = { _, payload in
                guard let payload else { return 0 }
                return Unmanaged<StopQuestion>.fromOpaque(payload).takeUnretainedValue().ask() ? -1 : 0
            }
            do {
                try withExtendedLifetime(question) {
                    try fetch(remote, url, references.map { "+\($0):\($0)" }, options)
                }
            } catch {
                throw question.wasStopped ? GitError.stopped(url) : error
            }
        }
    }

    /// The branch that a remote repository's HEAD stands for: `refs/heads/main`. Blocking, on the network.
    package func defaultBranch(of url: String) throws -> String {
        try withRemote(url) { remote in
            var proxy = git_proxy_options()
            try check(git_proxy_options_init(&proxy, UInt32(GIT_PROXY_OPTIONS_VERSION)))
            proxy.type = GIT_PROXY_AUTO
            try checkRemote(git_remote_connect(remote, GIT_DIRECTION_FETCH, nil, &proxy, nil), url)
            return try defaultBranch(remote, url)
        }
    }

    private func withRemote<Result>(_ url: String, _ body: (OpaquePointer?) throws -> Result) throws -> Result {
        var remote: OpaquePointer?
        try check(git_remote_create_anonymous(&remote, handle, url))
        defer { git_remote_free(remote) }
        return try body(remote)
    }

    private func defaultBranch(_ remote: OpaquePointer?, _ url: String) throws -> String {
        var branch = git_buf()
        defer { git_buf_dispose(&branch) }
        try checkRemote(git_remote_default_branch(&branch, remote), url)
        return branch.ptr.map { String(cString: $0) } ?? ""
    }

    private func fetch(
        _ remote: OpaquePointer?, _ url: String, _ specs: [String], _ options: git_fetch_options
    ) throws {
        var options = options
        var strings = specs.map { strdup($0) }
        defer { for string in strings { free(string) } }
        try strings.withUnsafeMutableBufferPointer { pointers in
            var list = git_strarray(strings: pointers.baseAddress, count: pointers.count)
            try checkRemote(git_remote_fetch(remote, &list, &options, nil), url)
        }
    }

    private func checkRemote(_ code: Int32, _ url: String) throws {
        guard code == 0 else { throw GitError.unreachable(url, Self.lastMessage()) }
    }
}

/// Whether somebody wants a transfer to stop, as libgit2 carries it to its callbacks.
private final class StopQuestion {
    private let isStopped: () -> Bool
    private(set) var wasStopped = false

    init(_ isStopped: @escaping () -> Bool) { self.isStopped = isStopped }

    func ask() -> Bool {
        wasStopped = wasStopped || isStopped()
        return wasStopped
    }
}
