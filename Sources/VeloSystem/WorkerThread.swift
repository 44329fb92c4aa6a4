import CVeloShims

/// A thread for one piece of work, that its owner waits for.
final class WorkerThread: Sendable {
    private let end = BoundedQueue<Bool>(capacity: 1)

    init(_ body: @escaping @Sendable () -> Void) {
        let end = end
        let work = Work {
            body()
            end.put(true)
        }
        let code = unsafe velo_start_thread(
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(work).toOpaque(), 8 << 20)
        guard code == 0 else { preconditionFailure("no thread could be started: error \(code)") }
    }

    /// Waits until the work is done; once.
    func join() { _ = end.take() }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
