package import VeloSystem

/// Changes what an archive holds while it is unpacked: contents of files, targets of links.
///
/// Paths are relative to the keg, or to the top of a source archive.
package protocol EntryTransform: Sendable {
    /// What has to be done to a file, judged by its path and its first bytes.
    func edit(for path: String, head: [UInt8]) -> FileEdit

    /// Where the link at `path` is to point.
    func linkTarget(_ target: String, at path: String) -> String
}
