import CVeloShims
import Glibc
import Synchronization
import SystemPackage

/// Computes a file's digest in order behind those who write it, on the thread that all hashers of a queue share.
///
/// It reads what has just been written, so from memory. Let go of it and it stops.
// Sendable by this: `hasher`, `done` and the buffer are touched by the queue's thread alone; the rest is behind `state`.
@safe package final class TrailingHasher: @unchecked Sendable {
    package typealias Completion = @Sendable (Result<SHA256Digest, SystemError>) -> Void

    private struct State {
        /// Bytes that are in the file, from its beginning.
        var limit = 0
        var end: Int?
        var completion: Completion?
        var isQueued = false
    }

    private let descriptor: Int32
    private let path: String
    private let queue: HashingQueue
    private let state = Mutex(State())
    private var hasher = SHA256Hasher()
    private var done = 0

    package init(of file: CurlSegmentFile, on queue: HashingQueue) throws(SystemError) {
        // Opened anew: a duplicate would keep the file's lock for as long as it lives.
        descriptor = unsafe open(file.path.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", file.path, errno: Errno(rawValue: errno)) }
        path = file.path.string
        self.queue = queue
    }

    deinit { close(descriptor) }

    /// The first `limit` bytes are in the file, and stay as they are.
    package func advance(to limit: Int) {
        let isNew = state.withLock { state in
            guard limit > state.limit else { return false }
            state.limit = limit
            defer { state.isQueued = true }
            return !state.isQueued
        }
        if isNew { queue.add(self) }
    }

    /// The file ends here. `whenDone` is called on the queue's thread, with the digest of all of it.
    package func finish(at end: Int, whenDone: @escaping Completion) {
        let isNew = state.withLock { state in
            state.limit = end
            state.end = end
            state.completion = whenDone
            defer { state.isQueued = true }
            return !state.isQueued
        }
        if isNew { queue.add(self) }
    }

    /// Nobody wants the digest any more.
    package func cancel() {
        state.withLock { state in
            state.limit = 0
            state.end = nil
            state.completion = nil
        }
    }

    /// Hashes up to `share` bytes; false when there is nothing more to do for now.
    fileprivate func work(_ buffer: UnsafeMutableRawBufferPointer, share: Int) -> Bool {
        let limit = state.withLock { $0.limit }
        let target = min(limit, done + share)
        while done < target {
            let count = unsafe pread(descriptor, buffer.baseAddress, min(buffer.count, target - done), done)
            guard count > 0 else {
                if count < 0 && errno == EINTR { continue }
                fail(SystemError("read", path, errno: Errno(rawValue: count < 0 ? errno : EIO)))
                return false
            }
            unsafe hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            done += count
        }
        return settle()
    }

    /// Gives the digest when all is hashed. True when there is more to do at once.
    private func settle() -> Bool {
        let done = done
        let (completion, isBusy): (Completion?, Bool) = state.withLock { state in
            if let end = state.end, done >= end {
                defer { state.completion = nil }
                return (state.completion, false)
            }
            state.isQueued = done < state.limit
            return (nil, state.isQueued)
        }
        if let completion {
            var finished = SHA256Hasher()
            swap(&finished, &hasher)
            completion(.success(finished.finish()))
        }
        return isBusy
    }

    private func fail(_ error: SystemError) {
        let completion = state.withLock { state in
            defer { state.completion = nil }
            return state.completion
        }
        completion?(.failure(error))
    }
}

/// Hashers that have something to do, and the thread that does it. The thread is gone when the queue is.
@safe package final class HashingQueue: Sendable {
    /// What the thread works on; it outlives the queue until the thread has ended.
    // Sendable by this: a semaphore is made for several threads; the rest is behind the lock.
    @safe private final class Line: @unchecked Sendable {
        let semaphore: UnsafeMutableRawPointer
        let state = Mutex<(hashers: [TrailingHasher], hasThread: Bool, isOver: Bool)>(([], false, false))

        init() {
            guard let semaphore = unsafe velo_make_semaphore() else {
                preconditionFailure("no memory for a semaphore")
            }
            unsafe self.semaphore = semaphore
        }

        deinit { unsafe velo_free_semaphore(semaphore) }

        /// One after the other, a share at a time, so that a large file does not hold up small ones.
        func loop() {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
            defer { unsafe buffer.deallocate() }
            while true {
                unsafe velo_wait_semaphore(semaphore)
                let (next, isOver) = state.withLock { state in
                    (state.hashers.isEmpty ? nil : state.hashers.removeFirst(), state.isOver)
                }
                if let next {
                    if unsafe next.work(buffer, share: 4 << 20) { add(next) }
                } else if isOver {
                    return
                }
            }
        }

        func add(_ hasher: TrailingHasher) {
            state.withLock { $0.hashers.append(hasher) }
            unsafe velo_post_semaphore(semaphore)
        }
    }

    private let line = Line()

    package init() {}

    deinit {
        line.state.withLock { $0.isOver = true }
        unsafe velo_post_semaphore(line.semaphore)
    }

    fileprivate func add(_ hasher: TrailingHasher) {
        let needsThread = line.state.withLock { state in
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if needsThread { startThread() }
        line.add(hasher)
    }

    private func startThread() {
        let code = unsafe velo_start_thread(
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Line>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, Unmanaged.passRetained(line).toOpaque(), 256 << 10)
        precondition(code == 0, "no thread for digests: \(code)")
    }
}
