import Glibc

/// The signals that ask a program to stop.
package struct StopSignal: Sendable, Equatable {
    package let number: Int32

    /// What a shell reports for a program that a signal ended: 130 for Ctrl-C, 143 for `kill`.
    package var exitStatus: Int32 { 128 + number }
}

extension Terminal {
    /// Ends the process here and now.
    package static func exit(_ status: Int32) -> Never { Glibc._exit(status) }

    /// Leaves this thread to sleep, its signals blocked as `onStop` left them, until somebody ends the process.
    ///
    /// For a main thread: an asynchronous `main` gives it to libdispatch, which lets every signal through.
    package static func park() -> Never {
        while true { pause() }
    }

    /// Takes Ctrl-C, `kill` and a closed terminal on a thread of its own and calls `action` for each, so that ordinary
    /// code can put in order what they interrupt. Call it before any other thread is started.
    package static func onStop(_ action: @escaping @Sendable (StopSignal) -> Void) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        // Reported by `write` instead.
        signal(SIGPIPE, SIG_IGN)
        let watch = SignalWatch(signals: signals, action: action)
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(watch).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<SignalWatch>.fromOpaque(context).takeRetainedValue().run()
            }, context)
        if code == 0 {
            pthread_detach(thread)
        } else {
            unsafe Unmanaged<SignalWatch>.fromOpaque(context).release()
            unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        }
    }
}

private final class SignalWatch: Sendable {
    private let signals: sigset_t
    private let action: @Sendable (StopSignal) -> Void

    init(signals: sigset_t, action: @escaping @Sendable (StopSignal) -> Void) {
        self.signals = signals
        self.action = action
    }

    func run() -> Never {
        while true {
            var signals = self.signals
            var number: Int32 = 0
            if unsafe sigwait(&signals, &number) == 0 { action(StopSignal(number: number)) }
        }
    }
}
