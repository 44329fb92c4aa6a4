package import SystemPackage

extension ArchiveWriter {
    /// Adds a folder and everything below it, in byte order of the names, whatever order the file system lists them in.
    ///
    /// The first name of a file with several is the file; the others become hard links.
    /// - Parameters:
    ///   - name: The folder's path in the archive.
    ///   - rewrite: New contents for a file, by its path relative to `root`; nil leaves it as it is.
    package func addTree(
        _ root: FilePath, as name: String,
        rewriting rewrite: (_ relative: String, FilePath, FileStatus) throws -> [UInt8]? = { _, _, _ in nil }
    ) throws {
        var firstNames: [FileIdentity: String] = [:]
        try addFolder(name, mode: try FileTree.status(root)?.mode ?? 0o755)
        try FileTree.walk(root) { relative, path, status in
            let entry = "\(name)/\(relative)"
            switch status.kind {
            case .folder: try addFolder(entry, mode: status.mode)
            case .link: try addLink(entry, to: try FileTree.readLink(path))
            case .other: throw ArchiveError.unwritable(self.path, reason: "`\(path)` is neither file, folder nor link")
            case .file:
                let identity = FileIdentity(device: status.device, inode: status.inode)
                if status.linkCount > 1, let first = firstNames.updateValue(entry, forKey: identity) {
                    firstNames[identity] = first
                    try addHardLink(entry, to: first, mode: status.mode)
                } else if let bytes = try rewrite(relative, path, status) {
                    try addFile(entry, mode: status.mode, bytes)
                } else {
                    try addFile(entry, mode: status.mode, from: path)
                }
            }
            return true
        }
    }

    private struct FileIdentity: Hashable {
        var device: UInt64
        var inode: UInt64
    }
}
