import Glibc
import NIOCore
import Synchronization
import SystemPackage
import VeloSystem

/// A file that one task writes while others send what is there of it.
///
/// The last byte stays back until the writer says that the whole is right: nobody can take what was never verified for
/// a finished download. Readers have the file open: it may get another name, or none, meanwhile.
final class GrowingFile: Sendable {
    private struct State {
        var count = 0
        var total: Int?
        var hasBegun = false
        var end: Result<Void, any Error>?
        var waiting: [CheckedContinuation<Void, Never>] = []
        var calls: [@Sendable () -> Void] = []
        /// Where those who wait were last woken, and when.
        var told = 0
        var toldAt = ContinuousClock.now
    }

    /// What there is behind a position.
    enum Step: Sendable {
        /// Bytes up to there.
        case bytes(Int)
        /// Nothing yet; the call given is made when there is.
        case later
        case end
        case failed
    }

    /// Those who wait are woken for so much, or after so long: fifty readers woken for every packet would do nothing else.
    private static let worthTelling = 512 << 10
    private static let longestSilence = Duration.milliseconds(20)

    let path: FilePath
    let descriptor: Int32
    private let state = Mutex(State())

    /// Creates the file, or opens what a former attempt has left of it.
    init(_ path: FilePath) throws {
        self.path = path
        descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
    }

    deinit { close(descriptor) }

    var count: Int { state.withLock { $0.count } }

    // The writer's side.

    /// The writer knows that something comes, and how much, if the source tells.
    func begin(total: Int?) {
        change { state in
            state.hasBegun = true
            if let total { state.total = total }
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        let start = count
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let length = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start + done))
            if length < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", path, errno: Errno(rawValue: errno))
            }
            done += length
        }
        let (waiting, calls) = state.withLock { state -> ([CheckedContinuation<Void, Never>], [@Sendable () -> Void]) in
            state.count += done
            let now = ContinuousClock.now
            guard
                state.count < Self.worthTelling || state.count - state.told >= Self.worthTelling
                    || now - state.toldAt >= Self.longestSilence
            else { return ([], []) }
            (state.told, state.toldAt) = (state.count, now)
            defer { (state.waiting, state.calls) = ([], []) }
            return (state.waiting, state.calls)
        }
        for continuation in waiting { continuation.resume() }
        for call in calls { call() }
    }

    func finish(_ result: Result<Void, any Error>) {
        change { state in
            if state.end == nil { state.end = result }
            state.hasBegun = true
        }
    }

    /// Takes the place of what was to come: a file that is whole, and right. Nothing may have come yet.
    func become(_ other: FilePath, size: Int) throws {
        let source = open(other.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw SystemError("open", other, errno: Errno(rawValue: errno)) }
        defer { close(source) }
        guard dup2(source, descriptor) >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw SystemError("dup2", other, errno: Errno(rawValue: errno))
        }
        change { state in
            (state.count, state.total, state.hasBegun) = (size, size, true)
            state.end = .success(())
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let (waiting, calls) = state.withLock { state in
            body(&state)
            defer { (state.waiting, state.calls) = ([], []) }
            return (state.waiting, state.calls)
        }
        for continuation in waiting { continuation.resume() }
        for call in calls { call() }
    }

    // The readers' side.

    /// Waits until something comes, or nothing will. The size, where the source tells it.
    ///
    /// - Throws: why nothing comes.
    func begun() async throws -> Int? {
        while true {
            let step: Result<Int?, any Error>? = state.withLock { state in
                if case .failure(let error)? = state.end, state.count == 0 { return .failure(error) }
                return state.hasBegun ? .success(state.total ?? (state.end == nil ? nil : state.count)) : nil
            }
            if let step { return try step.get() }
            await wait { !$0.hasBegun && $0.end == nil }
        }
    }

    /// Waits for bytes behind a position: how many there are by then, or nil when it was the end.
    func bytes(beyond position: Int) async throws -> Int? {
        while true {
            let step: Result<Int?, any Error>? = state.withLock { state in
                switch state.end {
                case .success?: return .success(state.count > position ? state.count : nil)
                case .failure(let error)?: return .failure(error)
                case nil: return state.count - 1 > position ? .success(state.count - 1) : nil
                }
            }
            if let step { return try step.get() }
            await wait { $0.end == nil && $0.count - 1 <= position }
            try Task.checkCancellation()
        }
    }

    /// The same for whoever may not wait.
    ///
    /// - Parameter call: made once, from any thread, when the answer is `later` and that has changed.
    func step(beyond position: Int, orLater call: @escaping @Sendable () -> Void) -> Step {
        state.withLock { state in
            switch state.end {
            case .success?: return state.count > position ? .bytes(state.count) : .end
            case .failure?: return .failed
            case nil:
                if state.count - 1 > position { return .bytes(state.count - 1) }
                state.calls.append(call)
                return .later
            }
        }
    }

    private func wait(while isSilent: @escaping @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard isSilent(state) else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func read(at position: Int, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        let length = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, pread(descriptor, space.baseAddress, count, off_t(position)))
        }
        guard length > 0 else { throw SystemError("read", path, errno: Errno(rawValue: EIO)) }
        return buffer
    }
}
