import Synchronization

/// Tells whoever listens that something about builds changed; what it is they read where it is kept.
///
/// So a listener that is slow costs nothing, and one that comes late sees the same as one that was there.
final class BuildFeed: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
        var jobChanges = 0
    }

    private let state = Mutex(State())

    /// Wakes for every change, several at once as one. Ends when the listener's task does.
    func listen() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners[id] = nil }
        }
        return stream
    }

    /// Grows with every change of a job: whoever saw this number has seen all changes so far.
    var jobChanges: Int { state.withLock { $0.jobChanges } }

    func jobChanged() {
        wake { $0.jobChanges += 1 }
    }

    func logGrew(_ job: Int) {
        wake { _ in }
    }

    /// Wakes everybody, so that they can do what is due with time.
    func tick() {
        wake { _ in }
    }

    private func wake(_ change: (inout State) -> Void) {
        let listeners = state.withLock { state in
            change(&state)
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }
}
