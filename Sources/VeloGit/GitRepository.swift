import CLibGit2
package import SystemPackage

/// A git repository, of which only the object database is read: no work tree, no index, no hooks.
///
/// Not for use from two threads at a time.
package final class GitRepository {
    let handle: OpaquePointer

    private init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        git_repository_free(handle)
        git_libgit2_shutdown()
    }

    /// Whether a folder is itself a repository, with or without a work tree; one that lies inside another is not.
    package static func isRepository(_ path: FilePath) -> Bool {
        startLibrary()
        defer { git_libgit2_shutdown() }
        let flags = UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue)
        return git_repository_open_ext(nil, path.string, flags, nil) == 0
    }

    package static func open(_ path: FilePath) throws -> GitRepository {
        try make(path) { git_repository_open_ext($0, path.string, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil) }
    }

    /// A new repository without a work tree.
    package static func create(_ path: FilePath) throws -> GitRepository {
        try make(path) { git_repository_init($0, path.string, 1) }
    }

    private static func make(
        _ path: FilePath, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws -> GitRepository {
        startLibrary()
        var handle: OpaquePointer?
        let code = body(&handle)
        guard code == 0, let handle else {
            let error = GitError.unreadable(path.string, lastMessage())
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

    static func lastMessage() -> String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
        return String(cString: message)
    }

    var name: String { git_repository_path(handle).map { String(cString: $0) } ?? "repository" }

    func check(_ code: Int32) throws {
        guard code == 0 else { throw GitError.unreadable(name, Self.lastMessage()) }
    }

    /// The commit that HEAD stands for, in hexadecimal.
    package func headCommit() throws -> String {
        var reference: OpaquePointer?
        let code = git_repository_head(&reference, handle)
        guard code == 0, let reference else {
            if code == GIT_EUNBORNBRANCH.rawValue || code == GIT_ENOTFOUND.rawValue { throw GitError.noCommits(name) }
            throw GitError.unreadable(name, Self.lastMessage())
        }
        defer { git_reference_free(reference) }
        var object: OpaquePointer?
        try check(git_reference_peel(&object, reference, GIT_OBJECT_COMMIT))
        defer { git_object_free(object) }
        return Self.hex(git_object_id(object))
    }

    static func hex(_ id: UnsafePointer<git_oid>?) -> String {
        guard let id else { return "" }
        return git_oid_tostr_s(id).map { String(cString: $0) } ?? ""
    }

    /// Files and links below a folder at a commit, in the tree's order; nil when the folder is not there.
    /// An empty path means the top, of which only the files directly in it are given.
    package func files(in folder: String, at commit: String) throws -> [GitFile]? {
        try withTree(of: commit) { top in
            var files: [GitFile] = []
            guard !folder.isEmpty else {
                try collect(top, "", .direct, into: &files)
                return files
            }
            guard let entry = git_tree_entry_byname(top, folder), git_tree_entry_type(entry) == GIT_OBJECT_TREE else {
                return nil
            }
            try withTree(entry) { try collect($0, folder + "/", .filesBelow(limit: 100_000), into: &files) }
            return files
        }
    }

    /// All that there is at a commit, each folder before what is in it.
    package func everything(at commit: String) throws -> [GitFile] {
        try withTree(of: commit) { top in
            var files: [GitFile] = []
            try collect(top, "", .everything, into: &files)
            return files
        }
    }

    private func withTree<Result>(of commit: String, _ body: (OpaquePointer?) throws -> Result) throws -> Result {
        try withCommit(commit) { object in
            var top: OpaquePointer?
            try check(git_commit_tree(&top, object))
            defer { git_tree_free(top) }
            return try body(top)
        }
    }

    /// - Parameter id: 40 hexadecimal digits.
    func withCommit<Result>(_ id: String, _ body: (OpaquePointer?) throws -> Result) throws -> Result {
        var oid = git_oid()
        try check(git_oid_fromstr(&oid, id))
        var object: OpaquePointer?
        try check(git_commit_lookup(&object, handle, &oid))
        defer { git_commit_free(object) }
        return try body(object)
    }

    private func withTree(_ entry: OpaquePointer, _ body: (OpaquePointer?) throws -> Void) throws {
        var tree: OpaquePointer?
        try check(git_tree_lookup(&tree, handle, git_tree_entry_id(entry)))
        defer { git_tree_free(tree) }
        try body(tree)
    }

    /// Which entries of a tree are wanted.
    private enum Reach {
        /// The files in it.
        case direct
        /// The files in it and below it; folders are entered until there are so many.
        case filesBelow(limit: Int)
        case everything
    }

    private func collect(_ tree: OpaquePointer?, _ prefix: String, _ reach: Reach, into files: inout [GitFile]) throws {
        for index in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry) else {
                continue
            }
            var file = GitFile(path: prefix + String(cString: name), kind: .file, id: git_tree_entry_id(entry).pointee)
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_LINK: file.kind = .link
            case GIT_FILEMODE_BLOB_EXECUTABLE: file.kind = .program
            case GIT_FILEMODE_TREE: file.kind = .folder
            case GIT_FILEMODE_COMMIT: file.kind = .submodule
            default: break
            }
            switch (file.kind, reach) {
            case (.folder, .direct), (.submodule, .direct), (.submodule, .filesBelow): break
            case (.folder, .filesBelow(let limit)):
                guard files.count < limit else { continue }
                try withTree(entry) { try collect($0, file.path + "/", reach, into: &files) }
            case (.folder, .everything):
                files.append(file)
                try withTree(entry) { try collect($0, file.path + "/", reach, into: &files) }
            default: files.append(file)
            }
        }
    }

    /// The content of a file, or the target of a link. Nil when it has more than `limit` bytes.
    package func content(_ file: GitFile, limit: Int) throws -> [UInt8]? {
        var id = file.id
        var blob: OpaquePointer?
        try check(git_blob_lookup(&blob, handle, &id))
        defer { git_blob_free(blob) }
        let size = Int(git_blob_rawsize(blob))
        guard size <= limit else { return nil }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size))
    }
}
