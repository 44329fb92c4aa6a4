import CLibArchive
import Glibc
package import SystemPackage

/// How the tar stream of a new archive is packed.
package enum ArchiveCompression: Sendable {
    case none
    /// The header's name and time are part of the file's digest: Homebrew writes `NAME-bottle.tar` and the time of the
    /// sources. Nil and 0 leave them out.
    case gzip(level: Int = 6, name: String? = nil, modified: Int = 0)
}

/// What was written, known when the archive is complete.
package struct WrittenArchive: Sendable, Equatable {
    package var size: Int
    package var digest: SHA256Digest
}

/// A new tar archive, the same bytes for the same entries whenever and by whomever it is written.
///
/// Entries belong to user and group 0 without names, all have one modification time and no other; the caller decides
/// the order. Names that ustar cannot hold get a pax header. Without `finish` the file is removed. Blocking.
@safe package struct ArchiveWriter: ~Copyable {
    package let path: FilePath
    private let handle: OpaquePointer
    private let sink: ArchiveSink
    private let locale: locale_t?
    private let modified: Int

    /// - Parameter modified: Seconds since 1970, of every entry.
    package init(_ path: FilePath, compression: ArchiveCompression, modified: Int) throws {
        let sink = try ArchiveSink(path)
        guard let handle = unsafe archive_write_new() else {
            throw ArchiveError.unwritable(path, reason: "out of memory")
        }
        unsafe archive_write_set_format_pax_restricted(handle)
        if case .gzip(let level, let name, let headerTime) = compression {
            unsafe archive_write_add_filter_gzip(handle)
            unsafe archive_write_set_filter_option(handle, "gzip", "compression-level", "\(level)")
            // libarchive cannot name the file in the header, so the sink writes the header.
            unsafe archive_write_set_filter_option(handle, "gzip", "timestamp", nil)
            sink.replacesGzipHeader(name: name, modified: headerTime)
        }
        let code = unsafe archive_write_open(
            handle, Unmanaged.passUnretained(sink).toOpaque(), nil,
            { _, client, bytes, count in
                guard let client = unsafe client else { return -1 }
                let sink = unsafe Unmanaged<ArchiveSink>.fromOpaque(client).takeUnretainedValue()
                return unsafe sink.accept(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
            }, nil)
        guard code == ARCHIVE_OK else {
            defer { unsafe archive_write_free(handle) }
            throw unsafe Self.failure(handle, sink, path)
        }
        unsafe self.init(path, handle, sink, modified)
    }

    private init(_ path: FilePath, _ handle: OpaquePointer, _ sink: ArchiveSink, _ modified: Int) {
        self.path = path
        unsafe self.handle = handle
        self.sink = sink
        self.modified = modified
        unsafe locale = velo_utf8_locale()
    }

    deinit {
        unsafe archive_write_free(handle)
        if let locale = unsafe locale { unsafe freelocale(locale) }
        sink.discardUnlessKept()
    }

    package func addFolder(_ name: String, mode: UInt32 = 0o755) throws {
        try unsafe add(name, S_IFDIR, mode: mode) { _ in }
    }

    package func addFile(_ name: String, mode: UInt32 = 0o644, _ bytes: [UInt8]) throws {
        try unsafe add(name, S_IFREG, mode: mode) { unsafe archive_entry_set_size($0, la_int64_t(bytes.count)) }
        try write(bytes)
    }

    /// Adds a file's content as it is read.
    package func addFile(_ name: String, mode: UInt32 = 0o644, from source: FilePath) throws {
        let descriptor = unsafe open(source.string, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", source, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw SystemError("stat", source, errno: Errno(rawValue: errno))
        }
        try unsafe add(name, S_IFREG, mode: mode) { unsafe archive_entry_set_size($0, la_int64_t(status.st_size)) }
        var left = Int(status.st_size)
        var chunk = [UInt8](repeating: 0, count: min(max(left, 1), 1 << 18))
        while left > 0 {
            let count = unsafe Glibc.read(descriptor, &chunk, min(chunk.count, left))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", source, errno: Errno(rawValue: errno)) }
            guard count > 0 else { throw ArchiveError.sourceShrank(path, entry: name) }
            try write(chunk[0..<count])
            left -= count
        }
    }

    package func addLink(_ name: String, to target: String) throws {
        try unsafe add(name, S_IFLNK, mode: 0o777) { unsafe archive_entry_set_symlink($0, target) }
    }

    /// Adds another name of a file that was added before.
    package func addHardLink(_ name: String, to existing: String, mode: UInt32 = 0o644) throws {
        try unsafe add(name, S_IFREG, mode: mode) { unsafe archive_entry_set_hardlink($0, existing) }
    }

    /// Ends the archive and flushes it to disk.
    package consuming func finish() throws -> WrittenArchive {
        guard unsafe archive_write_close(handle) == ARCHIVE_OK else { throw failure() }
        return try sink.keep()
    }

    private func add(_ name: String, _ type: mode_t, mode: UInt32, _ fill: (OpaquePointer) -> Void) throws {
        let previous = unsafe uselocale(locale)
        defer { _ = unsafe uselocale(previous) }
        guard let entry = unsafe archive_entry_new() else { throw failure() }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_filetype(entry, type)
        // Whoever unpacks this decides who owns it: a setuid bit would mean something else there.
        unsafe archive_entry_set_perm(entry, mode & 0o777)
        unsafe archive_entry_set_mtime(entry, modified, 0)
        unsafe archive_entry_set_uid(entry, 0)
        unsafe archive_entry_set_gid(entry, 0)
        unsafe fill(entry)
        guard unsafe archive_write_header(handle, entry) == ARCHIVE_OK else { throw failure() }
    }

    private func write(_ bytes: some Collection<UInt8>) throws {
        guard !bytes.isEmpty else { return }
        let written = bytes.withContiguousStorageIfAvailable {
            unsafe archive_write_data(handle, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else { throw failure() }
    }

    private func failure() -> any Error { unsafe Self.failure(handle, sink, path) }

    private static func failure(_ handle: OpaquePointer, _ sink: ArchiveSink, _ path: FilePath) -> any Error {
        if let failure = sink.failure { return failure }
        return unsafe ArchiveError.unwritable(path, reason: ArchiveReader.message(handle, otherwise: "unknown reason"))
    }
}
