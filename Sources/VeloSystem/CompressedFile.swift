import Glibc
import SystemPackage

/// A compressed file that is read from front to back, hashed on the way if that is wanted.
@safe final class CompressedFile {
    let path: FilePath
    private let descriptor: Int32
    private var hasher: SHA256Hasher?
    private let buffer: UnsafeMutableRawBufferPointer
    /// What was read and is not used up.
    private(set) var pending: UnsafeRawBufferPointer
    /// Compressed bytes so far.
    private(set) var position = 0

    init(_ path: FilePath, isHashed: Bool) throws(ArchiveError) {
        descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(path, reason: Errno(rawValue: errno).description)
        }
        self.path = path
        hasher = isHashed ? SHA256Hasher() : nil
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        unsafe pending = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[0..<0])
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit {
        unsafe buffer.deallocate()
        close(descriptor)
    }

    /// Makes sure that something is pending; false at the file's end.
    func refill() throws(ArchiveError) -> Bool {
        while unsafe pending.isEmpty {
            let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path, reason: Errno(rawValue: errno).description)
            }
            if count == 0 { return false }
            unsafe pending = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[0..<count])
            unsafe hasher?.update(pending)
            position += count
        }
        return true
    }

    func consume(_ count: Int) { unsafe pending = UnsafeRawBufferPointer(rebasing: pending[count...]) }

    /// The digest of the whole file, whose end has been reached. Once.
    func digest() -> SHA256Digest? { hasher.take()?.finish() }
}

/// Compressions that bottles are unpacked from at full speed.
enum Packing {
    case gzip, zstd, none

    /// By the file's first bytes; nil where it is something else.
    init?(_ head: UnsafeRawBufferPointer) {
        if unsafe head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if unsafe head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else if unsafe head.count > 262 && head[257..<262].elementsEqual("ustar".utf8) {
            self = .none
        } else {
            return nil
        }
    }
}

/// Something that bytes come out of, block by block.
protocol Unpacking: AnyObject {
    /// Fills the buffer; returns fewer bytes than fit only at the end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
}

/// A file that is not compressed.
final class PlainUnpacking: Unpacking {
    private let file: CompressedFile

    init(_ file: CompressedFile) { self.file = file }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var done = 0
        while done < buffer.count, try file.refill() {
            let count = unsafe min(file.pending.count, buffer.count - done)
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: file.pending[0..<count]))
            file.consume(count)
            done += count
        }
        return done
    }
}
