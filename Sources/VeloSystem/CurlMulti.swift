import CLibCurl
import Glibc
import Synchronization

/// A job that an actor has left for its executor; the runtime keeps it alive until it has run, which happens once.
@safe private struct QueuedJob: Sendable {
    private let job: UnownedJob

    init(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

    func run(on executor: CurlMulti) { unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
}

/// A libcurl multi handle and the one thread that drives it.
///
/// It is an executor: an actor that names it as its own runs on this thread between libcurl's turns, so it may touch
/// transfers without a lock. The thread begins with the first job and is gone after `shutdown()`; a job that comes
/// later begins a new one.
// Sendable by this: `multi` never changes, and other threads only ever pass it to curl_multi_wakeup, which allows that;
// `running` is touched on the thread alone; the rest is behind `inbox`.
@safe package final class CurlMulti: SerialExecutor, @unchecked Sendable {
    /// Names a transfer under way, or a timer, of this handle.
    package typealias TransferID = Int
    package typealias TimerID = Int

    private struct Running {
        var transfer: CurlTransfer
        var watch: CurlStallWatch?
        var whenEnded: (CurlOutcome) -> Void
    }

    private struct PendingTimer {
        var deadline: ContinuousClock.Instant
        var work: () -> Void
    }

    /// What other threads leave for this one.
    private struct Inbox {
        enum Life { case idle, running(pthread_t), stopping(pthread_t) }
        var jobs: [QueuedJob] = []
        var cancelled: [TransferID] = []
        var life = Life.idle
        var isPolling = false
        var isStopping: Bool {
            if case .stopping = life { return true }
            return false
        }
    }

    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private var running: [TransferID: Running] = [:]
    /// By the address of the handle.
    private var identifiers: [UInt: TransferID] = [:]
    private var lastIdentifier = 0
    private var timers: [TimerID: PendingTimer] = [:]
    /// What has to wait until libcurl is not in the middle of something.
    private var postponed: [() -> Void] = []
    private let threadName: String

    /// libcurl wants this once, before anything else.
    private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    static func prepareLibrary() {
        precondition(library == CURLE_OK, "libcurl does not initialise")
    }

    package init(threadName: String) {
        Self.prepareLibrary()
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory for a handle") }
        unsafe self.multi = multi
        self.threadName = threadName
    }

    deinit { unsafe curl_multi_cleanup(multi) }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = QueuedJob(job)
        leave { $0.jobs.append(job) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() {
        precondition(isOnThread, "a transfer is touched outside the thread of its `CurlMulti`")
    }

    private var isOnThread: Bool {
        inbox.withLock {
            switch $0.life {
            case .idle: false
            case .running(let thread), .stopping(let thread): pthread_equal(thread, pthread_self()) != 0
            }
        }
    }

    // MARK: Transfers

    /// Runs a transfer to its end. Cancelling the task ends it at once, with `.cancelled`.
    ///
    /// To be called from an actor that has this as its executor.
    // The isolation is handed on by name: in Swift 6.3 a closure in a caller-isolated function does not know it, and
    // the continuation would be made on another thread. To be simplified when `checkIsolated` below is content.
    package func run(_ transfer: CurlTransfer, isolation: isolated any Actor = #isolation) async -> CurlOutcome {
        let identifier = nextIdentifier()
        return await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: isolation) { continuation in
                add(transfer, identifier) { continuation.resume(returning: $0) }
                // A cancellation from before this line has found nothing to end.
                if Task.isCancelled { cancel(identifier) }
            }
        } onCancel: {
            cancel(identifier)
        }
    }

    /// Begins a transfer; `whenEnded` is called once, on the thread and never from within this call.
    ///
    /// To be called on the thread, as everything below; not from a receiver.
    package func start(_ transfer: CurlTransfer, whenEnded: @escaping (CurlOutcome) -> Void) -> TransferID {
        let identifier = nextIdentifier()
        add(transfer, identifier, whenEnded)
        return identifier
    }

    /// Ends a transfer without a word: `whenEnded` is not called.
    package func drop(_ identifier: TransferID) {
        guard let dropped = running.removeValue(forKey: identifier) else { return }
        forget(dropped.transfer)
    }

    /// Calls `work` on the thread when the time has come.
    @discardableResult
    package func wake(after delay: Duration, _ work: @escaping () -> Void) -> TimerID {
        checkIsolated()
        let identifier = nextIdentifier()
        timers[identifier] = PendingTimer(deadline: .now + delay, work: work)
        return identifier
    }

    package func forget(timer: TimerID) { timers.removeValue(forKey: timer) }

    /// Calls `work` as soon as libcurl is at rest: for receivers, which may not begin or end transfers themselves.
    package func whenAtRest(_ work: @escaping () -> Void) { postponed.append(work) }

    private func nextIdentifier() -> Int {
        lastIdentifier += 1
        return lastIdentifier
    }

    private func add(
        _ transfer: CurlTransfer, _ identifier: TransferID, _ whenEnded: @escaping (CurlOutcome) -> Void
    ) {
        checkIsolated()
        let watch = transfer.stallLimit.map { CurlStallWatch($0, now: .now) }
        let code = unsafe curl_multi_add_handle(multi, transfer.handle)
        guard code == CURLM_OK else {
            let words = unsafe String(cString: curl_multi_strerror(code))
            return postponed.append { whenEnded(.failed(CurlFailure(.other, words))) }
        }
        running[identifier] = Running(transfer: transfer, watch: watch, whenEnded: whenEnded)
        identifiers[unsafe UInt(bitPattern: transfer.handle)] = identifier
    }

    private func cancel(_ identifier: TransferID) {
        leave { $0.cancelled.append(identifier) }
    }

    private func end(_ identifier: TransferID, _ outcome: (CurlTransfer) -> CurlOutcome) {
        guard let ended = running.removeValue(forKey: identifier) else { return }
        forget(ended.transfer)
        ended.whenEnded(outcome(ended.transfer))
    }

    private func forget(_ transfer: CurlTransfer) {
        identifiers.removeValue(forKey: unsafe UInt(bitPattern: transfer.handle))
        unsafe curl_multi_remove_handle(multi, transfer.handle)
    }

    // MARK: Thread

    /// Ends all transfers with `.cancelled`, lets the jobs that wait run, and waits for the thread to be gone.
    ///
    /// Blocking; not to be called from the thread itself.
    package func shutdown() {
        if let thread = stop() { pthread_join(thread, nil) }
    }

    /// The same without waiting: for an owner that goes away, perhaps on the thread itself.
    package func shutdownLater() {
        if let thread = stop() { pthread_detach(thread) }
    }

    private func stop() -> pthread_t? {
        let thread: pthread_t? = inbox.withLock {
            guard case .running(let thread) = $0.life else { return nil }
            $0.life = .stopping(thread)
            return thread
        }
        if thread != nil { unsafe curl_multi_wakeup(multi) }
        return thread
    }

    /// Puts something into the inbox, and sees to it that the thread looks.
    private func leave(_ put: (inout sending Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            put(&inbox)
            if case .idle = inbox.life { inbox.life = .running(begin()) }
            defer { inbox.isPolling = false }
            return inbox.isPolling
        }
        if mustWake { unsafe curl_multi_wakeup(multi) }
    }

    private func begin() -> pthread_t {
        var thread = pthread_t()
        // The thread inherits a mask that blocks everything: signals are the main thread's business, and SIGPIPE stays
        // pending here instead of ending the process when a peer hangs up during TLS.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread for transfers: \(code)")
        return thread
    }

    private func loop() {
        unsafe velo_curl_name_thread(threadName)
        while let work = nextWork() {
            for job in work.jobs { job.run(on: self) }
            for identifier in work.cancelled { end(identifier) { _ in .cancelled } }
            if work.isStopping { for identifier in Array(running.keys) { end(identifier) { _ in .cancelled } } }
            var count: Int32 = 0
            unsafe curl_multi_perform(multi, &count)
            runPostponed()
            reap()
            endStalled()
            runTimers()
            runPostponed()
            if startsPolling() { unsafe curl_multi_poll(multi, nil, 0, patience, nil) }
        }
    }

    /// Nil when the thread is to end: it was told to, and nothing is left to do.
    private func nextWork() -> (jobs: [QueuedJob], cancelled: [TransferID], isStopping: Bool)? {
        let isIdle = running.isEmpty && postponed.isEmpty
        return inbox.withLock { inbox in
            inbox.isPolling = false
            if inbox.isStopping && isIdle && inbox.jobs.isEmpty {
                inbox.cancelled = []
                inbox.life = .idle
                return nil
            }
            defer {
                inbox.jobs = []
                inbox.cancelled = []
            }
            return (inbox.jobs, inbox.cancelled, inbox.isStopping)
        }
    }

    /// False when something has come meanwhile. From here on, whoever leaves something wakes the poll.
    private func startsPolling() -> Bool {
        inbox.withLock { inbox in
            inbox.isPolling = inbox.jobs.isEmpty && inbox.cancelled.isEmpty && !inbox.isStopping
            return inbox.isPolling
        }
    }

    private func reap() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle,
                let identifier = identifiers[UInt(bitPattern: handle)]
            else { continue }
            let code = unsafe velo_curl_message_result(message)
            end(identifier) { $0.outcome(code) }
        }
    }

    private func endStalled() {
        let now = ContinuousClock.now
        for (identifier, entry) in running {
            guard var watch = entry.watch, watch.deadline <= now else { continue }
            if watch.isStalled(now: now, bytes: entry.transfer.bytesMoved, isPaused: entry.transfer.isPaused) {
                end(identifier) { _ in .failed(CurlFailure(.stalled, "the transfer stands still")) }
            } else {
                running[identifier]?.watch = watch
            }
        }
    }

    private func runPostponed() {
        while !postponed.isEmpty {
            let works = postponed
            postponed = []
            for work in works { work() }
        }
    }

    private func runTimers() {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        for (identifier, timer) in timers where timer.deadline <= now {
            // An earlier one may have taken it back.
            if timers.removeValue(forKey: identifier) != nil { timer.work() }
        }
    }

    /// Milliseconds until the next stall check or timer; libcurl shortens it to its own timers.
    private var patience: Int32 {
        if !postponed.isEmpty { return 0 }
        var next: ContinuousClock.Instant?
        for entry in running.values {
            if let deadline = entry.watch?.deadline, deadline < next ?? deadline + .seconds(1) { next = deadline }
        }
        for timer in timers.values where timer.deadline < next ?? timer.deadline + .seconds(1) { next = timer.deadline }
        guard let next else { return 60_000 }
        let wait = ContinuousClock.now.duration(to: next).components
        return Int32(clamping: max(0, wait.seconds * 1000 + wait.attoseconds / 1_000_000_000_000_000 + 1))
    }
}
