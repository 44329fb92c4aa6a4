/// Changes what an archive holds while it is unpacked: contents of files, targets of links.
///
/// Paths are relative to the keg, or to the top of a source archive.
package protocol EntryTransform: Sendable {
    /// Whether a file may have to be changed, judged by its first bytes; if so it is read into memory whole.
    func wants(_ path: String, head: [UInt8]) -> Bool

    /// The file's new contents, or nil when it stays as it is.
    func transform(_ bytes: [UInt8], at path: String) throws -> [UInt8]?

    /// Where the link at `path` is to point.
    func linkTarget(_ target: String, at path: String) -> String
}
