import CLibGit2
import SystemPackage

/// A git repository, of which only the object database is read: no work tree, no index, no hooks.
///
/// Not for use from two threads at a time.
final class GitRepository {
    private let handle: OpaquePointer

    private init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        git_repository_free(handle)
        git_libgit2_shutdown()
    }

    /// Whether a folder is itself a repository, with or without a work tree; one that lies inside another is not.
    static func isRepository(_ path: FilePath) -> Bool {
        startLibrary()
        defer { git_libgit2_shutdown() }
        let flags = UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue)
        return git_repository_open_ext(nil, path.string, flags, nil) == 0
    }

    static func open(_ path: FilePath) throws -> GitRepository {
        try make(path) { git_repository_open_ext($0, path.string, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil) }
    }

    /// A new repository without a work tree.
    static func create(_ path: FilePath) throws -> GitRepository {
        try make(path) { git_repository_init($0, path.string, 1) }
    }

    private static func make(
        _ path: FilePath, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws -> GitRepository {
        startLibrary()
        var handle: OpaquePointer?
        let code = body(&handle)
        guard code == 0, let handle else {
            let error = TapError.git(path.string, lastMessage())
            git_libgit2_shutdown()
            throw error
        }
        return GitRepository(handle)
    }

    /// Counted by libgit2: as many calls of `git_libgit2_shutdown` end it.
    private static func startLibrary() {
        git_libgit2_init()
        _ = velo_git_accept_any_owner()
    }

    private static func lastMessage() -> String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
        return String(cString: message)
    }

    private var name: String { git_repository_path(handle).map { String(cString: $0) } ?? "repository" }

    private func check(_ code: Int32) throws {
        guard code == 0 else { throw TapError.git(name, Self.lastMessage()) }
    }

    /// The commit that HEAD stands for, in hexadecimal.
    func headCommit() throws -> String {
        var reference: OpaquePointer?
        let code = git_repository_head(&reference, handle)
        guard code == 0, let reference else {
            if code == GIT_EUNBORNBRANCH.rawValue || code == GIT_ENOTFOUND.rawValue { throw TapError.noCommits(name) }
            throw TapError.git(name, Self.lastMessage())
        }
        defer { git_reference_free(reference) }
        var object: OpaquePointer?
        try check(git_reference_peel(&object, reference, GIT_OBJECT_COMMIT))
        defer { git_object_free(object) }
        return Self.hex(git_object_id(object))
    }

    private static func hex(_ id: UnsafePointer<git_oid>?) -> String {
        guard let id else { return "" }
        return git_oid_tostr_s(id).map { String(cString: $0) } ?? ""
    }

    /// Files and links below a folder at a commit, in the tree's order; nil when the folder is not there.
    /// An empty path means the top, of which only the files directly in it are given.
    func files(in folder: String, at commit: String) throws -> [GitFile]? {
        var id = git_oid()
        try check(git_oid_fromstr(&id, commit))
        var object: OpaquePointer?
        try check(git_commit_lookup(&object, handle, &id))
        defer { git_commit_free(object) }
        var top: OpaquePointer?
        try check(git_commit_tree(&top, object))
        defer { git_tree_free(top) }

        var files: [GitFile] = []
        guard !folder.isEmpty else {
            try collect(top, "", isDeep: false, into: &files)
            return files
        }
        guard let entry = git_tree_entry_byname(top, folder), git_tree_entry_type(entry) == GIT_OBJECT_TREE else {
            return nil
        }
        try withTree(entry) { try collect($0, folder + "/", isDeep: true, into: &files) }
        return files
    }

    private func withTree(_ entry: OpaquePointer, _ body: (OpaquePointer?) throws -> Void) throws {
        var tree: OpaquePointer?
        try check(git_tree_lookup(&tree, handle, git_tree_entry_id(entry)))
        defer { git_tree_free(tree) }
        try body(tree)
    }

    private func collect(_ tree: OpaquePointer?, _ prefix: String, isDeep: Bool, into files: inout [GitFile]) throws {
        for index in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry) else {
                continue
            }
            let path = prefix + String(cString: name)
            switch git_tree_entry_type(entry) {
            case GIT_OBJECT_BLOB:
                let isLink = git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK
                files.append(GitFile(path: path, isLink: isLink, blob: git_tree_entry_id(entry).pointee))
            case GIT_OBJECT_TREE where isDeep && files.count < 100_000:
                try withTree(entry) { try collect($0, path + "/", isDeep: true, into: &files) }
            default: break
            }
        }
    }

    /// The content of a file, or the target of a link. Nil when it has more than `limit` bytes.
    func content(_ file: GitFile, limit: Int) throws -> [UInt8]? {
        var id = file.blob
        var blob: OpaquePointer?
        try check(git_blob_lookup(&blob, handle, &id))
        defer { git_blob_free(blob) }
        let size = Int(git_blob_rawsize(blob))
        guard size <= limit else { return nil }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size))
    }

    /// Brings all branches of a remote repository here and sets HEAD to its default one. Blocking, on the network.
    func fetch(_ url: String) throws {
        var remote: OpaquePointer?
        try check(git_remote_create_anonymous(&remote, handle, url))
        defer { git_remote_free(remote) }
        try checkRemote(git_remote_connect(remote, GIT_DIRECTION_FETCH, nil, nil, nil), url)
        var branch = git_buf()
        defer { git_buf_dispose(&branch) }
        try checkRemote(git_remote_default_branch(&branch, remote), url)

        var options = git_fetch_options()
        try check(velo_git_fetch_options(&options))
        options.prune = GIT_FETCH_PRUNE
        try Array("+refs/heads/*:refs/heads/*".utf8CString).withUnsafeBufferPointer { text in
            var first: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(mutating: text.baseAddress)
            try withUnsafeMutablePointer(to: &first) { strings in
                var specs = git_strarray(strings: strings, count: 1)
                try checkRemote(git_remote_fetch(remote, &specs, &options, nil), url)
            }
        }
        try check(git_repository_set_head(handle, branch.ptr))
    }

    private func checkRemote(_ code: Int32, _ url: String) throws {
        guard code == 0 else { throw TapError.unreachable(url, Self.lastMessage()) }
    }
}

/// A file at a commit.
struct GitFile {
    /// From the top of the repository.
    var path: String
    var isLink: Bool
    fileprivate var blob: git_oid
}
