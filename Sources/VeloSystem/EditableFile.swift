import Glibc
package import SystemPackage

/// A file whose bytes are read and written here and there, without reading all of it: one that was just unpacked, or
/// bytes in memory.
///
/// A failed read is remembered, and looks like the end of the file to whoever parses it; `check` tells.
package final class EditableFile {
    package private(set) var count: Int
    /// -1 for bytes in memory.
    private let descriptor: Int32
    private let path: String
    private var failure: SystemError?
    /// Bytes in memory: all of them. Of a file, the few kilobytes that were looked at last: numbers are read one by one,
    /// and lie side by side.
    private var window: [UInt8]
    private var windowStart = 0
    private static let windowSize = 1 << 14

    package init(_ bytes: [UInt8]) {
        window = bytes
        count = bytes.count
        descriptor = -1
        path = ""
    }

    /// The descriptor stays its owner's, and is open longer than this.
    init(descriptor: Int32, count: Int, path: String) {
        self.descriptor = descriptor
        self.count = count
        self.path = path
        window = []
    }

    /// Lets `body` change a file where it lies; other names of it change, too.
    package static func edit<Result>(_ path: FilePath, _ body: (EditableFile) throws -> Result) throws -> Result {
        let descriptor = unsafe open(path.string, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw SystemError("stat", path, errno: Errno(rawValue: errno))
        }
        let file = EditableFile(descriptor: descriptor, count: Int(status.st_size), path: path.string)
        let result = try body(file)
        try file.check()
        return result
    }

    /// Throws if a read failed since the file was opened.
    package func check() throws(SystemError) {
        if let failure { throw failure }
    }

    /// The contents, of one that is in memory.
    package var bytesInMemory: [UInt8]? { descriptor < 0 ? window : nil }

    /// The bytes in a range; fewer if a read fails.
    /// - Precondition: The range lies within the file.
    package func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "read beyond the end of a file")
        guard lies(range) || (range.count <= Self.windowSize / 2 && look(at: range)) else { return read(range) }
        return Array(window[(range.lowerBound - windowStart)..<(range.upperBound - windowStart)])
    }

    private func lies(_ range: Range<Int>) -> Bool {
        range.lowerBound >= windowStart && range.upperBound <= windowStart + window.count
    }

    /// Moves the window to where a range lies; says whether all of it is in the window then.
    private func look(at range: Range<Int>) -> Bool {
        guard descriptor >= 0 else { return false }
        windowStart = range.lowerBound & ~(Self.windowSize / 4 - 1)
        window = read(windowStart..<min(count, windowStart + Self.windowSize))
        return lies(range)
    }

    /// One byte; zero if the read fails.
    package func byte(_ index: Int) -> UInt8 {
        let inside = index - windowStart
        if inside >= 0 && inside < window.count { return window[inside] }
        precondition(index >= 0 && index < count && descriptor >= 0, "read beyond the end of a file")
        return look(at: index..<(index + 1)) ? window[index - windowStart] : 0
    }

    /// Up to eight bytes as a number, the first byte the lowest; zero if the read fails.
    /// - Precondition: The range lies within the file.
    package func number(_ range: Range<Int>) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "read beyond the end of a file")
        guard lies(range) || look(at: range) else { return 0 }
        var value: UInt64 = 0
        for byte in window[(range.lowerBound - windowStart)..<(range.upperBound - windowStart)].reversed() {
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    private func read(_ range: Range<Int>) -> [UInt8] {
        var done = 0
        return unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            while done < range.count {
                let base = unsafe buffer.baseAddress.map { unsafe $0 + done }
                let got = unsafe pread(descriptor, base, range.count - done, off_t(range.lowerBound + done))
                if got < 0 && errno == EINTR { continue }
                if got <= 0 {
                    failure = SystemError("read", path, errno: got < 0 ? Errno(rawValue: errno) : .ioError)
                    break
                }
                done += got
            }
            initialized = done
        }
    }

    /// Writes bytes, beyond the end too: the file grows, and a gap holds zeros.
    package func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        let end = offset + bytes.count
        defer { count = max(count, end) }
        guard descriptor >= 0 else {
            if end > window.count { window.append(contentsOf: repeatElement(0, count: end - window.count)) }
            window.replaceSubrange(offset..<end, with: bytes)
            return
        }
        window = []
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset + done))
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", path, errno: Errno(rawValue: errno))
            }
            done += written
        }
    }
}

/// What happens to a file's contents while it is unpacked.
package enum FileEdit: Sendable {
    case none
    /// All of it is read; the closure returns new contents, or nil when it stays as it is.
    case whole(@Sendable ([UInt8]) throws -> [UInt8]?)
    /// It is changed here and there once it is written; the closure says whether it was.
    case inPlace(@Sendable (EditableFile) throws -> Bool)
}
