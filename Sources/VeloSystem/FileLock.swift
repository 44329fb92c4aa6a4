import Glibc
package import SystemPackage

/// An advisory lock on a path, held by one process or task at a time.
///
/// The lock file carries its holder's process number as text, and is removed when the lock is released. The kernel
/// lets go of it when the holder dies.
package struct FileLock: ~Copyable {
    private let descriptor: Int32
    private let path: FilePath

    private init(descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // Removed while held: whoever opened it before sees that the name is gone and begins again.
        _ = unsafe unlink(path.string)
        close(descriptor)
    }

    /// Lets go of it, and says in the code up to where it is held.
    package consuming func release() {}

    /// Nil when somebody else holds it. Never waits.
    package static func attempt(_ path: FilePath) throws(SystemError) -> FileLock? {
        while true {
            let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw SystemError("open", path, errno: Errno(rawValue: errno)) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = Errno(rawValue: errno)
                close(descriptor)
                if error == .wouldBlock { return nil }
                throw SystemError("flock", path, errno: error)
            }
            if isCurrent(descriptor, path) {
                record(in: descriptor)
                return FileLock(descriptor: descriptor, path: path)
            }
            close(descriptor)
        }
    }

    /// Waits until it is free. `whenBusy` is called once if it has to wait, with the holder's process number.
    ///
    /// - Throws: `SystemError`, and `CancellationError` when the task is cancelled meanwhile.
    package static func acquire(
        _ path: FilePath, every interval: Duration = .milliseconds(50), whenBusy: (Int?) -> Void = { _ in }
    ) async throws -> FileLock {
        var hasTold = false
        while true {
            if let lock = try attempt(path) { return lock }
            if !hasTold { whenBusy(holder(of: path)) }
            hasTold = true
            try await Task.sleep(for: interval)
        }
    }

    /// The process that holds a lock, as it says itself; nil when nobody does, or it is no more.
    package static func holder(of path: FilePath) -> Int? {
        guard let text = try? FileTree.read(path, limit: 32) else { return nil }
        guard let process = Int32(String(decoding: text.prefix { $0 != 10 }, as: UTF8.self)), process > 0 else {
            return nil
        }
        // One that was killed has left its file. Asking the lock itself would get in the way of who wants to take it.
        return kill(process, 0) == 0 || errno == EPERM ? Int(process) : nil
    }

    /// Whether the path still leads to the file that was locked.
    private static func isCurrent(_ descriptor: Int32, _ path: FilePath) -> Bool {
        var locked = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &locked) == 0, unsafe stat(path.string, &named) == 0 else { return false }
        return locked.st_ino == named.st_ino && locked.st_dev == named.st_dev
    }

    private static func record(in descriptor: Int32) {
        ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        // The number only serves messages: the lock stands without it.
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
