import CVeloShims

/// The one seam between tasks and code that blocks: a thread of its own for each call, so that the cooperative pool's
/// few threads stay free.
package enum BlockingThread {
    /// Runs `body` on a new thread and waits for its result without blocking.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work { continuation.resume(with: Result { try body() }) }
            // The evaluator and deep folders recurse: a generous stack.
            let code = unsafe velo_start_thread(
                { pointer in
                    guard let pointer = unsafe pointer else { return nil }
                    unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque(), 64 << 20)
            guard code == 0 else { preconditionFailure("no thread could be started: error \(code)") }
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
