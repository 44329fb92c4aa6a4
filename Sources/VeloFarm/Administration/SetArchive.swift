import Glibc
import SystemPackage
import VeloCore
import VeloSystem

/// An exported set as one tar file: plain ustar, written so that a file that was cut off is gone on with.
///
/// Blobs come in the order of their digests. Those that are whole in a file from a former run stay, when they are the
/// same; what follows is cut off and written again. Blocking.
struct SetArchive {
    let path: FilePath

    init(_ path: FilePath) {
        self.path = path
    }

    private static let block = 512

    /// How many blobs were written now.
    func write(
        _ blobs: [ExportedSet.Blob], _ files: [SHA256Digest: FilePath], _ set: [UInt8], _ signature: [UInt8]
    ) throws -> Int {
        let file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        defer { try? file.close() }
        let sorted = blobs.sorted { $0.digest.hex < $1.digest.hex }
        let (kept, end) = try whole(sorted, file)
        guard ftruncate(file.rawValue, end) == 0 else {
            throw SystemError("write", path, errno: Errno(rawValue: errno))
        }
        try file.seek(offset: Int64(end), from: .start)
        for blob in sorted.dropFirst(kept) {
            guard let source = files[blob.digest] else { continue }
            try file.writeAll(Self.header(ExportedSet.blobPath(blob.digest), size: blob.size))
            try copy(source, size: blob.size, to: file)
        }
        for (name, bytes) in [("set.json.sig", signature), ("set.json", set)] {
            try file.writeAll(Self.header(name, size: bytes.count) + bytes + Self.padding(bytes.count))
        }
        try file.writeAll([UInt8](repeating: 0, count: 2 * Self.block))
        guard fsync(file.rawValue) == 0 else { throw SystemError("fsync", path, errno: Errno(rawValue: errno)) }
        return sorted.count - kept
    }

    /// How many of the blobs are there, from the front, with the right headers; and where the last of them ends.
    private func whole(_ blobs: [ExportedSet.Blob], _ file: FileDescriptor) throws -> (count: Int, end: Int) {
        let length = Int(try file.seek(offset: 0, from: .end))
        var position = 0
        for (number, blob) in blobs.enumerated() {
            let header = Self.header(ExportedSet.blobPath(blob.digest), size: blob.size)
            let next = position + Self.block + blob.size + Self.padding(blob.size).count
            guard next <= length else { return (number, position) }
            var found = [UInt8](repeating: 0, count: Self.block)
            let count = try found.withUnsafeMutableBytes {
                try file.read(fromAbsoluteOffset: Int64(position), into: $0)
            }
            guard count == Self.block, found == header else { return (number, position) }
            position = next
        }
        return (blobs.count, position)
    }

    private func copy(_ source: FilePath, size: Int, to file: FileDescriptor) throws {
        let input = try FileDescriptor.open(source, .readOnly, options: .closeOnExec)
        defer { try? input.close() }
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var rest = size
        while rest > 0 {
            let limit = min(rest, piece.count)
            let count = try piece.withUnsafeMutableBytes {
                try input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<limit]))
            }
            guard count > 0 else { throw SystemError("read", source, errno: Errno(rawValue: EIO)) }
            try piece.withUnsafeBytes { _ = try file.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            rest -= count
        }
        try file.writeAll(Self.padding(size))
    }

    private static func padding(_ size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (block - size % block) % block)
    }

    /// A ustar header; sizes from 8 GiB on are written in base 256, as GNU tar does.
    static func header(_ name: String, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        put(name, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        if size < 1 << 33 {
            put(octal(size, 11), at: 124)
        } else {
            header[124] = 0x80
            for index in 0..<8 { header[135 - index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
        }
        put(octal(0, 11), at: 136)
        put("        0", at: 148)
        put("ustar\u{0}00", at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + "\u{0} ", at: 148)
        return header
    }

    /// The bytes of `set.json` in a folder or a file.
    static func description(of path: FilePath) throws -> [UInt8] {
        guard let status = try FileTree.status(path, followLinks: true) else {
            throw AdminError.notASet(path.string, reason: "there is nothing at that path")
        }
        if status.kind == .folder {
            let file = path.appending("set.json")
            guard FileTree.exists(file) else {
                throw AdminError.notASet(path.string, reason: "it has no `set.json`: the export was not finished")
            }
            return try FileTree.read(file)
        }
        var found: [UInt8]?
        try each(path) { name, read in
            if name == "set.json" { found = try read(.max) }
        }
        guard let found else {
            throw AdminError.notASet(path.string, reason: "it has no `set.json`: the export was not finished")
        }
        return found
    }

    /// Unpacks a file into a folder. Names that are none of a set's are left out.
    static func unpack(_ path: FilePath, to folder: FilePath) throws {
        var reader = try ArchiveReader(path, accepting: .bottle)
        while let entry = try reader.next() {
            let isBlob =
                entry.path.hasPrefix("blobs/sha256/") && SHA256Digest(hex: String(entry.path.suffix(64))) != nil
                && entry.path.utf8.count == 13 + 3 + 64
            guard isBlob || ["set.json", "set.json.sig"].contains(entry.path) else { continue }
            let target = folder.pushing(FilePath(entry.path))
            try FileTree.makeFolder(target.removingLastComponent())
            let file = try FileDescriptor.open(
                target, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
            defer { try? file.close() }
            var piece: [UInt8] = []
            while try reader.read(upTo: 1 << 20, into: &piece) || !piece.isEmpty {
                try file.writeAll(piece)
                if piece.isEmpty { break }
                piece.removeAll(keepingCapacity: true)
            }
        }
    }

    private static func each(_ path: FilePath, _ body: (String, (Int) throws -> [UInt8]) throws -> Void) throws {
        var reader = try ArchiveReader(path, accepting: .bottle)
        while let entry = try reader.next() {
            guard entry.path == "set.json" else { continue }
            var bytes: [UInt8] = []
            while try reader.read(upTo: 1 << 20, into: &bytes) {}
            try body(entry.path) { _ in bytes }
        }
    }
}
