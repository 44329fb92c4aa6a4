/// One member of an archive, as its header describes it: nothing has been checked but the encoding of names.
package struct ArchiveEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file
        case folder
        case link(target: String)
        /// Another name of an entry that came earlier.
        case hardLink(target: String)
        /// A device, FIFO or socket, by the word for it.
        case special(String)
    }

    package var path: String
    package var kind: Kind
    /// Bytes of content; nil where the archive does not say before the content.
    package var size: Int?
    /// Permission bits, with setuid, setgid and sticky.
    package var mode: UInt32
    /// Seconds since 1970.
    package var modified: Int

    package init(path: String, kind: Kind, size: Int? = nil, mode: UInt32 = 0o644, modified: Int = 0) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.modified = modified
    }
}
