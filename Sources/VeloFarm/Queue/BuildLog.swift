import Glibc
import Synchronization
import SystemPackage
import VeloBuild
import VeloSystem

/// The log of one job while it is written: `logs/JOB.log`, sanitised line by line as it arrives.
///
/// Attempts follow each other in one file. May be written to from any thread.
final class BuildLog: Sendable {
    private struct State {
        var size: Int
        var lastLines: [String] = []
        var isFull = false
    }

    /// Bytes after which a log is cut off: a build that prints in a loop must not fill the disk.
    static let sizeLimit = 64 << 20
    private static let keptLines = 20

    private let job: Int
    private let descriptor: FileDescriptor
    private let feed: BuildFeed
    private let state: Mutex<State>

    init(job: Int, file: FilePath, feed: BuildFeed) throws {
        self.job = job
        self.feed = feed
        do {
            descriptor = try FileDescriptor.open(
                file, .writeOnly, options: [.create, .append, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
        } catch let error as Errno {
            throw SystemError("open", file, errno: error)
        }
        state = Mutex(State(size: try FileTree.status(file)?.size ?? 0))
    }

    deinit { try? descriptor.close() }

    func append(_ line: String) {
        let text = LogText.sanitize(line)
        state.withLock { state in
            state.lastLines.append(text)
            if state.lastLines.count > Self.keptLines { state.lastLines.removeFirst() }
            guard !state.isFull else { return }
            state.isFull = state.size > Self.sizeLimit
            let bytes = Array(((state.isFull ? "… the log is cut off here" : text) + "\n").utf8)
            state.size += bytes.count
            // A full disk must not end the build: the last lines are kept in memory as well.
            _ = try? descriptor.writeAll(bytes)
        }
        feed.logGrew(job)
    }

    /// The newest lines, oldest first.
    var lastLines: [String] { state.withLock { $0.lastLines } }
}

/// Reads a log that may still grow, whole lines at a time.
struct LogTail: Sendable {
    let file: FilePath
    /// Where the next line begins, in bytes.
    private(set) var offset: Int

    init(file: FilePath, offset: Int = 0) {
        self.file = file
        self.offset = offset
    }

    /// The next lines, some hundred at most; empty when there is no more for now.
    mutating func next() throws -> [String] {
        guard let status = try FileTree.status(file), status.size > offset else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(status.size - offset, 1 << 16))
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
            defer { try? descriptor.close() }
            let count = try bytes.withUnsafeMutableBytes {
                try descriptor.read(fromAbsoluteOffset: Int64(offset), into: $0)
            }
            bytes.removeLast(bytes.count - count)
        } catch let error as Errno {
            throw SystemError("read", file, errno: error)
        }
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        offset += end + 1
        return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
