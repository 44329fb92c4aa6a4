package import SystemPackage

/// A tar file, bare or in gzip or Zstandard, that one thread unpacks while another reads its entries: what bottles are.
///
/// Content is handed out in slices of the blocks that the other thread fills, without a copy. Blocking; used from one
/// thread at a time. What is rare (sparse files, xz, old formats) it does not read: `ArchiveReader` does.
package struct BottleReader: ~Copyable {
    package let path: FilePath
    private let stream: BlockStream
    private var block: ByteBlock?
    private var offset = 0
    /// Bytes of the current entry that are not handed out, and those that fill up its last block.
    private var remaining = 0
    private var padding = 0
    private var currentName: String?
    private var isAtEnd = false
    /// Unpacked bytes so far, headers included.
    package private(set) var position = 0

    /// Something that this reader does not read: the caller starts again with `ArchiveReader`.
    package struct Unsupported: Error {}

    /// Longer headers hold no name that anybody could use.
    private static let longestHeader = 1 << 20

    /// - Parameter isHashed: Whether `finish` is to return the digest of the file.
    /// - Throws: `Unsupported`, or `ArchiveError`.
    package init(_ path: FilePath, isHashed: Bool = false) throws {
        self.path = path
        stream = try BlockStream(path, isHashed: isHashed)
    }

    deinit { stream.stop() }

    /// The next entry, skipping what was not read of the last one; nil at a proper end.
    package mutating func next() throws -> ArchiveEntry? {
        guard !isAtEnd else { return nil }
        try skip(remaining + padding)
        (remaining, padding) = (0, 0)
        var longName: [UInt8]?
        var longLink: [UInt8]?
        var pax: PaxRecords?
        while true {
            guard let header = try header() else { return nil }
            switch header.type {
            case UInt8(ascii: "L"): longName = try content(of: header).prefix { $0 != 0 }.map { $0 }
            case UInt8(ascii: "K"): longLink = try content(of: header).prefix { $0 != 0 }.map { $0 }
            case UInt8(ascii: "x"):
                guard let records = PaxRecords(try content(of: header)) else {
                    throw damage("a pax header makes no sense")
                }
                guard !records.isSparse else { throw Unsupported() }
                pax = records
            case UInt8(ascii: "g"):
                guard let records = PaxRecords(try content(of: header)) else {
                    throw damage("a pax header makes no sense")
                }
                // Comments are all that anybody writes there; anything that would change entries is not ours.
                guard ["path", "linkpath", "size", "mtime"].allSatisfy({ records.values[$0] == nil }) else {
                    throw Unsupported()
                }
            default:
                let name = pax?.values["path"] ?? longName ?? header.name
                let link = pax?.values["linkpath"] ?? longLink ?? header.link
                let size = pax?.number("size") ?? header.size
                guard size >= 0 else { throw damage("an entry has a negative size") }
                return try entry(header, name, link, size, pax?.number("mtime") ?? header.modified)
            }
        }
    }

    private mutating func entry(
        _ header: TarHeader, _ name: [UInt8], _ link: [UInt8], _ size: Int, _ modified: Int
    ) throws -> ArchiveEntry {
        let path = try text(name)
        let kind: ArchiveEntry.Kind
        switch header.type {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"): kind = path.hasSuffix("/") ? .folder : .file
        case UInt8(ascii: "1"): kind = .hardLink(target: try text(link))
        case UInt8(ascii: "2"): kind = .link(target: try text(link))
        case UInt8(ascii: "3"): kind = .special("character device")
        case UInt8(ascii: "4"): kind = .special("block device")
        case UInt8(ascii: "5"): kind = .folder
        case UInt8(ascii: "6"): kind = .special("FIFO")
        default: throw Unsupported()
        }
        currentName = path
        if kind == .file {
            remaining = size
            let rest = size & (TarHeader.size - 1)
            padding = rest == 0 ? 0 : TarHeader.size - rest
        } else if size != 0 {
            throw Unsupported()
        }
        return ArchiveEntry(path: path, kind: kind, size: size, mode: header.mode, modified: modified)
    }

    private func text(_ bytes: [UInt8]) throws(ArchiveError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .nameNotUTF8(path, name: String(decoding: bytes, as: UTF8.self))
        }
        return text
    }

    /// The first bytes of the current entry's content, as many as are at hand and wanted: at least 512 of them, unless
    /// there are no more. They are handed out again afterwards.
    package mutating func head(_ count: Int) throws -> ByteSlice? {
        guard remaining > 0, try fill(), let block else { return nil }
        return ByteSlice(block: block, offset: offset, count: min(count, remaining, block.count - offset))
    }

    /// The next bytes of the current entry's content; nil at its end.
    package mutating func slice() throws -> ByteSlice? {
        guard let slice = try head(remaining) else { return nil }
        advance(slice.count)
        remaining -= slice.count
        return slice
    }

    /// The rest of the current entry's content.
    package mutating func rest() throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(remaining)
        while let slice = try slice() { unsafe bytes.append(contentsOf: slice.raw) }
        return bytes
    }

    /// Reads what follows the last entry, so that checksums have been verified, up to a limit of unpacked bytes.
    /// Returns the file's digest, if it was to be hashed.
    /// - Throws: `ArchiveError.entryTooLarge` when there is more.
    package mutating func finish(limit: Int) throws -> SHA256Digest? {
        while try fill(), let block {
            advance(block.count - offset)
            guard position <= limit else { throw ArchiveError.entryTooLarge(path, entry: "its end", limit: limit) }
        }
        return stream.digest
    }

    // MARK: Blocks

    private mutating func header() throws -> TarHeader? {
        guard try fill(), let block else { throw damage("it ends without an end mark") }
        guard block.count - offset >= TarHeader.size else { throw damage("it ends in the middle of a header") }
        let start = offset
        advance(TarHeader.size)
        do throws(TarHeader.Flaw) {
            let raw = unsafe UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + TarHeader.size])
            if let header = try unsafe TarHeader(raw) { return header }
        } catch {
            if currentName == nil && position == TarHeader.size { throw ArchiveError.unrecognised(path) }
            throw damage("its next header cannot be read")
        }
        isAtEnd = true
        return nil
    }

    private mutating func content(of header: TarHeader) throws -> [UInt8] {
        guard header.size <= Self.longestHeader else { throw damage("a name has \(header.size) bytes") }
        remaining = header.size
        let bytes = try rest()
        try skip((TarHeader.size - header.size % TarHeader.size) % TarHeader.size)
        return bytes
    }

    private mutating func skip(_ count: Int) throws {
        var left = count
        while left > 0 {
            guard try fill(), let block else { throw damage("its content is cut off") }
            let step = min(left, block.count - offset)
            advance(step)
            left -= step
        }
    }

    /// Makes sure that there are bytes at the current place; false at the end, if the entry is complete there.
    private mutating func fill() throws -> Bool {
        while block.map({ offset == $0.count }) ?? true {
            block = nil
            offset = 0
            guard let next = try stream.next() else {
                guard remaining == 0 else { throw damage("its content is cut off") }
                return false
            }
            block = next
        }
        return true
    }

    private mutating func advance(_ count: Int) {
        offset += count
        position += count
    }

    private func damage(_ reason: String) -> ArchiveError { .damaged(path, entry: currentName, reason: reason) }
}
