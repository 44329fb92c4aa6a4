import CLibGit2
package import SystemPackage
package import VeloSystem

extension GitRepository {
    package func has(_ commit: String) -> Bool {
        (try? withCommit(commit) { _ in true }) ?? false
    }

    /// The commit that a tag or branch stands for; nil when it is not here.
    ///
    /// - Parameter reference: `refs/tags/v1`
    package func commit(of reference: String) throws -> String? {
        var found: OpaquePointer?
        let code = git_reference_lookup(&found, handle, reference)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
        try check(code)
        defer { git_reference_free(found) }
        var object: OpaquePointer?
        try check(git_reference_peel(&object, found, GIT_OBJECT_COMMIT))
        defer { git_object_free(object) }
        return Self.hex(git_object_id(object))
    }

    /// Seconds since 1970 at which a commit was made.
    package func time(of commit: String) throws -> Int {
        try withCommit(commit) { Int(git_commit_time($0)) }
    }

    /// Submodules by path, with the commit that belongs there. One whose URL is not known has none.
    package func submodules(at commit: String) throws -> [(path: String, url: String?, commit: String)] {
        let all = try everything(at: commit)
        let modules = all.filter { $0.kind == .submodule }
        guard !modules.isEmpty else { return [] }
        var text: [UInt8] = []
        if let file = all.first(where: { $0.path == ".gitmodules" && $0.kind == .file }) {
            text = try content(file, limit: 1 << 20) ?? []
        }
        let known = GitModules(String(decoding: text, as: UTF8.self))
        return modules.filter { !known.skipped.contains($0.path) }.map { ($0.path, known.urls[$0.path], $0.commit) }
    }

    /// Writes what a checkout of a commit holds into an archive: its files as they are in a work tree, and a `.git` that
    /// knows this commit and nothing before it, for builds that ask for its name. Everything is checked against its name
    /// as it is read, up to the commit's. Blocking.
    ///
    /// - Parameters:
    ///   - reference: the tag or branch that it is, if any.
    ///   - folder: where in the archive, without a slash at its end.
    ///   - scratch: an empty folder for what is made on the way.
    package func export(
        _ commit: String, reference: String?, to archive: borrowing ArchiveWriter, folder: String, scratch: FilePath
    ) throws {
        let all = try everything(at: commit)
        let hasAttributes = all.contains { $0.path == ".gitattributes" || $0.path.hasSuffix("/.gitattributes") }
        for file in all {
            let name = "\(folder)/\(file.path)"
            switch file.kind {
            case .folder, .submodule: try archive.addFolder(name)
            case .link: try archive.addLink(name, to: String(decoding: try bytes(of: file), as: UTF8.self))
            case .file, .program:
                let bytes = hasAttributes ? try filtered(file, commit) : try bytes(of: file)
                try archive.addFile(name, mode: file.kind == .program ? 0o755 : 0o644, bytes)
            }
        }
        try exportRepository(commit, reference, to: archive, folder: "\(folder)/.git", scratch: scratch)
    }

    private func bytes(of file: GitFile) throws -> [UInt8] { try content(file, limit: .max) ?? [] }

    /// A file as its attributes want it: with other ends of lines, for example.
    private func filtered(_ file: GitFile, _ commit: String) throws -> [UInt8] {
        var (id, attributes) = (file.id, git_oid())
        try check(git_oid_fromstr(&attributes, commit))
        var blob: OpaquePointer?
        try check(git_blob_lookup(&blob, handle, &id))
        defer { git_blob_free(blob) }
        var options = git_blob_filter_options()
        try check(velo_git_filter_options(&options, &attributes))
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try check(git_blob_filter(&buffer, blob, file.path, &options))
        return Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }

    private func exportRepository(
        _ commit: String, _ reference: String?, to archive: borrowing ArchiveWriter, folder: String, scratch: FilePath
    ) throws {
        let packs = scratch.appending("pack")
        try FileTree.makeFolder(packs)
        let tag = try writePack(commit, reference, in: packs)
        try writeIndex(commit, to: scratch.appending("index"))

        let isBranch = reference?.hasPrefix("refs/heads/") == true
        var texts = [
            "HEAD": isBranch ? "ref: \(reference ?? "")\n" : commit + "\n", "shallow": commit + "\n",
            "config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
        ]
        if let reference {
            let peeled = tag == nil ? "" : "^\(commit)\n"
            texts["packed-refs"] =
                "# pack-refs with: peeled fully-peeled sorted \n\(tag ?? commit) \(reference)\n\(peeled)"
        }
        for name in ["", "/objects", "/objects/info", "/objects/pack", "/refs", "/refs/heads", "/refs/tags"] {
            try archive.addFolder(folder + name)
        }
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            try archive.addFile("\(folder)/\(name)", Array(text.utf8))
        }
        try archive.addFile("\(folder)/index", from: scratch.appending("index"))
        for name in try FileTree.names(in: packs).sorted() {
            try archive.addFile("\(folder)/objects/pack/\(name)", mode: 0o444, from: packs.appending(name))
        }
    }

    /// Packs a commit with its files. Answers the name of the tag's own object, if it has one.
    private func writePack(_ commit: String, _ reference: String?, in folder: FilePath) throws -> String? {
        var (id, builder, tag) = (git_oid(), OpaquePointer?.none, String?.none)
        try check(git_oid_fromstr(&id, commit))
        try check(git_packbuilder_new(&builder, handle))
        defer { git_packbuilder_free(builder) }
        try check(git_packbuilder_insert_commit(builder, &id))
        if let reference {
            var found = git_oid()
            if git_reference_name_to_id(&found, handle, reference) == 0, git_oid_equal(&found, &id) == 0 {
                try check(git_packbuilder_insert(builder, &found, nil))
                tag = Self.hex(&found)
            }
        }
        try check(git_packbuilder_write(builder, folder.string, 0, nil, nil))
        return tag
    }

    private func writeIndex(_ commit: String, to file: FilePath) throws {
        try withCommit(commit) { object in
            var (tree, index) = (OpaquePointer?.none, OpaquePointer?.none)
            try check(git_commit_tree(&tree, object))
            defer { git_tree_free(tree) }
            try check(git_index_open(&index, file.string))
            defer { git_index_free(index) }
            try check(git_index_read_tree(index, tree))
            try check(git_index_write(index))
        }
    }
}
