/// How much an archive may unpack to. Above these it is taken for a bomb.
package struct ExtractionLimits: Sendable {
    package var entries: Int
    /// Bytes of all files together; a hole in a sparse file counts as if it were written.
    package var bytes: Int
    /// How many times the archive's own size it may unpack to, once that is more than `ratioFloor` bytes.
    package var ratio: Int
    package var ratioFloor: Int
    /// A file that has to be rewritten is read into memory, so it may have no more bytes than this.
    package var rewritable: Int

    package init(
        entries: Int = 400_000, bytes: Int = 32 << 30, ratio: Int = 400, ratioFloor: Int = 64 << 20,
        rewritable: Int = 1 << 30
    ) {
        self.entries = entries
        self.bytes = bytes
        self.ratio = ratio
        self.ratioFloor = ratioFloor
        self.rewritable = rewritable
    }

    /// The bytes that an archive of this size may unpack to.
    func budget(archiveSize: Int) -> Int {
        let (scaled, overflow) = archiveSize.multipliedReportingOverflow(by: ratio)
        return min(bytes, max(ratioFloor, overflow ? bytes : scaled))
    }
}
