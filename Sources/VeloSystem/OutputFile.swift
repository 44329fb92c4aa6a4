import CVeloShims
import Glibc
import Synchronization
import SystemPackage

/// A file that is being unpacked. Its pieces may be written by several threads; the last of them finishes it.
final class OutputFile: Sendable {
    let plan: TreeWriter.Plan
    private let parent: OpenFolder
    private let name: String
    private let state = Mutex(State())

    private struct State {
        var descriptor: Int32 = -1
        var pieces = 0
        /// The file's size, once all pieces have been handed out.
        var count: Int?
    }

    init(_ plan: TreeWriter.Plan, parent: OpenFolder, name: String) {
        self.plan = plan
        self.parent = parent
        self.name = name
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    private var descriptor: Int32 { state.withLock { $0.descriptor } }

    /// Creates the file. An error when anything has that name already.
    func open() throws(SystemError) {
        let access = if case .inPlace = plan.edit { O_RDWR } else { O_WRONLY }
        let descriptor = unsafe openat(
            parent.descriptor, name, access | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, plan.mode & 0o777)
        guard descriptor >= 0 else { throw failure("open") }
        state.withLock { $0.descriptor = descriptor }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        let descriptor = descriptor
        var done = 0
        while done < bytes.count {
            let count = unsafe pwrite(
                descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            done += count
        }
    }

    func expectPiece() { state.withLock { $0.pieces += 1 } }

    /// All pieces have been handed out.
    func seal(count: Int, _ outcome: WriteOutcome) {
        let isLast = state.withLock {
            $0.count = count
            return $0.pieces == 0
        }
        guard isLast else { return }
        do { try finish(count: count, outcome) } catch { outcome.fail(error) }
    }

    func pieceDone(_ outcome: WriteOutcome) throws {
        let count: Int? = state.withLock {
            $0.pieces -= 1
            return $0.pieces == 0 ? $0.count : nil
        }
        if let count { try finish(count: count, outcome) }
    }

    /// Edits the file if it has to be, gives it its mode and time, and closes it.
    func finish(count: Int, _ outcome: WriteOutcome) throws {
        let descriptor = descriptor
        if case .inPlace(let edit) = plan.edit {
            do {
                let file = EditableFile(descriptor: descriptor, count: count, path: plan.entry)
                let isChanged = try edit(file)
                try file.check()
                if isChanged { outcome.noteChange(plan.entry) }
            } catch {
                throw TreeWriter.EditFailure(entry: plan.entry, cause: error)
            }
        }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("stat") }
        // The umask may have taken something away.
        if status.st_mode & 0o7777 != plan.mode {
            guard fchmod(descriptor, plan.mode) == 0 else { throw failure("chmod") }
        }
        let times = [timespec(tv_sec: plan.modified, tv_nsec: 0), timespec(tv_sec: plan.modified, tv_nsec: 0)]
        _ = unsafe futimens(descriptor, times)
        // A big file goes to the disk while the rest is unpacked, so that the flush before the commit finds little.
        if count >= 1 << 20 { velo_start_writing(descriptor) }
        state.withLock { $0.descriptor = -1 }
        guard close(descriptor) == 0 else { throw failure("write") }
    }

    private func failure(_ call: String) -> SystemError {
        SystemError(call, plan.entry, errno: Errno(rawValue: errno))
    }
}
