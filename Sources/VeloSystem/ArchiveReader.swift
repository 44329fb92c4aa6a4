import CLibArchive
import Glibc
package import SystemPackage

/// Which containers and compressions a reader accepts.
package enum ArchiveFormats: Sendable {
    /// What bottles are: tar, bare or in gzip, xz or Zstandard.
    case bottle
    /// What sources are published in: tar, zip, 7z, cpio, rar, cab and lha, in whatever compression.
    ///
    /// Not everything that libarchive knows: an mtree listing may name files of this machine as its contents, and
    /// some filters start a program.
    case source
    /// One compressed file without a container.
    case stream
}

/// An archive that is read from front to back. Blocking; used from one thread at a time.
@safe package struct ArchiveReader: ~Copyable {
    package let path: FilePath
    private let handle: OpaquePointer
    private let locale: locale_t?
    private let formats: ArchiveFormats
    private var currentName: String?
    /// What the last block still holds of the entry's content; owned by libarchive until the next call.
    private var pending = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var pendingOffset = 0
    /// How many bytes of the entry's content have been handed out.
    private var position = 0
    /// Where the content ends, once that is known; beyond the last block when it ends with a hole.
    private var end = 0

    package init(_ path: FilePath, accepting formats: ArchiveFormats) throws(ArchiveError) {
        guard let handle = unsafe archive_read_new() else { throw .unreadable(path, reason: "out of memory") }
        unsafe Self.accept(formats, handle)
        guard unsafe archive_read_open_filename(handle, path.string, 1 << 18) == ARCHIVE_OK else {
            defer { unsafe archive_read_free(handle) }
            // What libarchive says where no format takes the first bytes.
            if unsafe archive_errno(handle) == EILSEQ { throw .unrecognised(path) }
            throw unsafe .unreadable(path, reason: Self.message(handle, otherwise: "it could not be opened"))
        }
        unsafe self.init(path, handle, formats)
    }

    private init(_ path: FilePath, _ handle: OpaquePointer, _ formats: ArchiveFormats) {
        self.path = path
        unsafe self.handle = handle
        self.formats = formats
        unsafe locale = velo_utf8_locale()
    }

    deinit {
        unsafe archive_read_free(handle)
        if let locale = unsafe locale { unsafe freelocale(locale) }
    }

    private static func accept(_ formats: ArchiveFormats, _ handle: OpaquePointer) {
        unsafe archive_read_support_filter_gzip(handle)
        unsafe archive_read_support_filter_xz(handle)
        unsafe archive_read_support_filter_zstd(handle)
        if formats != .bottle {
            unsafe archive_read_support_filter_bzip2(handle)
            unsafe archive_read_support_filter_compress(handle)
            unsafe archive_read_support_filter_lzip(handle)
            unsafe archive_read_support_filter_lzma(handle)
        }
        if formats == .stream {
            unsafe archive_read_support_format_raw(handle)
            unsafe archive_read_support_format_empty(handle)
            return
        }
        unsafe archive_read_support_format_tar(handle)
        guard formats == .source else { return }
        unsafe archive_read_support_format_zip(handle)
        unsafe archive_read_support_format_7zip(handle)
        unsafe archive_read_support_format_cpio(handle)
        unsafe archive_read_support_format_rar(handle)
        unsafe archive_read_support_format_rar5(handle)
        unsafe archive_read_support_format_cab(handle)
        unsafe archive_read_support_format_lha(handle)
    }

    /// The next entry, skipping what was not read of the last one; nil at a proper end.
    ///
    /// An archive that stops early is an error, never a short listing.
    package mutating func next() throws(ArchiveError) -> ArchiveEntry? {
        let previous = unsafe uselocale(locale)
        defer { _ = unsafe uselocale(previous) }
        unsafe pending = UnsafeRawBufferPointer(start: nil, count: 0)
        position = 0
        end = 0
        var header: OpaquePointer?
        // A warning is about attributes we do not use, or about a name, which is checked below.
        switch unsafe archive_read_next_header(handle, &header) {
        case ARCHIVE_OK, ARCHIVE_WARN: break
        case ARCHIVE_EOF:
            try checkEnd()
            return nil
        default: throw damage(otherwise: "its next header cannot be read")
        }
        guard let header = unsafe header else { throw damage(otherwise: "it has an empty header") }
        let entry = try unsafe entry(header)
        currentName = entry.path
        return entry
    }

    /// A tar file ends with blocks of zeros. Without compression, which knows its own end, they are all that tells a
    /// whole archive from one that was cut between two entries.
    private func checkEnd() throws(ArchiveError) {
        guard unsafe archive_format(handle) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR else { return }
        guard unsafe formats == .bottle || archive_filter_count(handle) <= 1 else { return }
        guard unsafe archive_filter_bytes(handle, 0) - archive_read_header_position(handle) >= 512 else {
            throw .damaged(path, entry: currentName, reason: "it ends without an end mark")
        }
    }

    private func entry(_ header: OpaquePointer) throws(ArchiveError) -> ArchiveEntry {
        let name = try unsafe text(archive_entry_pathname(header))
        guard let name else { throw damage(otherwise: "an entry has no name") }
        let kind: ArchiveEntry.Kind
        if let target = try unsafe text(archive_entry_hardlink(header)) {
            kind = .hardLink(target: target)
        } else {
            switch unsafe archive_entry_filetype(header) {
            case S_IFREG: kind = .file
            case S_IFDIR: kind = .folder
            case S_IFLNK: kind = unsafe .link(target: try text(archive_entry_symlink(header)) ?? "")
            case S_IFCHR: kind = .special("character device")
            case S_IFBLK: kind = .special("block device")
            case S_IFIFO: kind = .special("FIFO")
            case S_IFSOCK: kind = .special("socket")
            // Some archives (raw streams, zip from elsewhere) do not say: it is content.
            case 0: kind = .file
            default: kind = .special("file of unknown type")
            }
        }
        let size = unsafe archive_entry_size_is_set(header) != 0 ? max(0, Int(archive_entry_size(header))) : nil
        return unsafe ArchiveEntry(
            path: name, kind: kind, size: size, mode: archive_entry_perm(header) & 0o7777,
            modified: archive_entry_mtime(header))
    }

    private func text(_ pointer: UnsafePointer<CChar>?) throws(ArchiveError) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        guard let text = unsafe String(validatingCString: pointer) else {
            throw .nameNotUTF8(path, name: unsafe String(cString: pointer))
        }
        return text
    }

    /// Appends the entry's next bytes, at most `count`; says whether there may be more.
    package mutating func read(upTo count: Int, into buffer: inout [UInt8]) throws(ArchiveError) -> Bool {
        let stop = position + count
        while position < stop {
            let more = try fill()
            // A hole in a sparse file reads as zeros.
            let hole = min(more ? pendingOffset : end, stop) - position
            if hole > 0 {
                buffer.append(contentsOf: repeatElement(0, count: hole))
                position += hole
            } else if more {
                let taken = unsafe min(pending.count, stop - position)
                unsafe buffer.append(contentsOf: pending[0..<taken])
                advance(taken)
            } else {
                return false
            }
        }
        return true
    }

    /// Writes what is left of the entry's content to a descriptor at the same offsets, leaving holes where the archive
    /// has them. Returns the size of the whole content.
    mutating func copyRest(to descriptor: Int32, file: String, limit: Int) throws -> Int {
        while try fill() {
            guard unsafe pendingOffset <= limit - pending.count else {
                throw ArchiveError.entryTooLarge(path, entry: currentName ?? "", limit: limit)
            }
            let written = unsafe pwrite(descriptor, pending.baseAddress, pending.count, off_t(pendingOffset))
            if written < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", file, errno: Errno(rawValue: errno))
            }
            position = pendingOffset
            advance(written)
        }
        guard end <= limit else { throw ArchiveError.entryTooLarge(path, entry: currentName ?? "", limit: limit) }
        return max(position, end)
    }

    private mutating func advance(_ count: Int) {
        unsafe pending = UnsafeRawBufferPointer(rebasing: pending[count...])
        pendingOffset += count
        position += count
    }

    /// Makes sure that there is pending content; false at the entry's end.
    private mutating func fill() throws(ArchiveError) -> Bool {
        while unsafe pending.isEmpty {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch unsafe archive_read_data_block(handle, &start, &count, &offset) {
            case ARCHIVE_OK: break
            case ARCHIVE_EOF:
                end = max(position, Int(offset))
                return false
            default: throw damage(otherwise: "its content cannot be read")
            }
            guard offset >= position else { throw damage(otherwise: "its content overlaps itself") }
            unsafe pending = UnsafeRawBufferPointer(start: start, count: count)
            pendingOffset = Int(offset)
        }
        return true
    }

    private func damage(otherwise: String) -> ArchiveError {
        if unsafe currentName == nil && archive_errno(handle) == EILSEQ && archive_file_count(handle) == 0 {
            return .unrecognised(path)
        }
        return unsafe .damaged(path, entry: currentName, reason: Self.message(handle, otherwise: otherwise))
    }

    static func message(_ handle: OpaquePointer, otherwise: String) -> String {
        unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? otherwise
    }
}
