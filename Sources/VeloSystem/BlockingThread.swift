import CVeloShims
import Synchronization

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

    /// Does something with every few neighbours of `count` things, on as many threads as there are processors; which
    /// part comes when is open.
    ///
    /// - Parameter body: gets the number of the part, and the indices in it.
    package static func inParts(
        of count: Int, size: Int, _ body: @escaping @Sendable (_ part: Int, Range<Int>) -> Void
    ) async throws {
        let parts = (count + size - 1) / size
        let drawn = Drawn()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, min(Host.current().processorCount, parts)) {
                group.addTask {
                    try await run {
                        while case let part = drawn.next(), part < parts {
                            body(part, (part * size)..<min(count, (part + 1) * size))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Numbers that several threads draw, each once.
    private final class Drawn: Sendable {
        private let count = Atomic<Int>(0)

        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
