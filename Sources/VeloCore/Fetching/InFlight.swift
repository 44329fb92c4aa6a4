import Synchronization

/// Work that several tasks want at once and that is done once for all of them.
///
/// Who asks while it is under way shares the result and hears the events from then on. The work is cancelled when
/// nobody wants it any more; one that stops waiting leaves the others alone.
final class InFlight<Key: Hashable & Sendable, Value: Sendable, Event: Sendable>: Sendable {
    typealias Events = @Sendable (Event) -> Void
    typealias Work = @Sendable (_ events: @escaping Events) async throws -> Value

    private struct Waiter {
        var continuation: CheckedContinuation<Value, any Error>
        var events: Events
    }

    private struct Flight {
        var number: Int
        var task: Task<Void, Never>
        var waiters: [Int: Waiter]
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var lastNumber = 0

        mutating func nextNumber() -> Int {
            lastNumber += 1
            return lastNumber
        }
    }

    private let state = Mutex(State())

    /// The result of the work for `key`, begun now if nobody has begun it.
    ///
    /// - Throws: what the work throws, and `CancellationError` when this task stops waiting.
    func value(for key: Key, events: @escaping Events, work: @escaping Work) async throws -> Value {
        let number = state.withLock { $0.nextNumber() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                join(key, number, Waiter(continuation: continuation, events: events), work)
                // A cancellation from before this line has found nobody waiting.
                if Task.isCancelled { leave(key, number) }
            }
        } onCancel: {
            leave(key, number)
        }
    }

    private func join(_ key: Key, _ number: Int, _ waiter: Waiter, _ work: @escaping Work) {
        state.withLock { state in
            if state.flights[key] != nil {
                state.flights[key]?.waiters[number] = waiter
                return
            }
            let flight = state.nextNumber()
            let task = Task {
                do {
                    let value = try await work { event in self.tell(event, key, flight) }
                    self.land(.success(value), key, flight)
                } catch {
                    self.land(.failure(error), key, flight)
                }
            }
            state.flights[key] = Flight(number: flight, task: task, waiters: [number: waiter])
        }
    }

    private func leave(_ key: Key, _ number: Int) {
        let left: (Waiter, Task<Void, Never>?)? = state.withLock { state in
            guard let waiter = state.flights[key]?.waiters.removeValue(forKey: number) else { return nil }
            guard state.flights[key]?.waiters.isEmpty == true else { return (waiter, nil) }
            return (waiter, state.flights.removeValue(forKey: key)?.task)
        }
        left?.1?.cancel()
        left?.0.continuation.resume(throwing: CancellationError())
    }

    private func tell(_ event: Event, _ key: Key, _ flight: Int) {
        for waiter in waiters(of: flight, key) { waiter.events(event) }
    }

    private func land(_ result: Result<Value, any Error>, _ key: Key, _ flight: Int) {
        let waiters = state.withLock { state in
            state.flights[key]?.number == flight ? state.flights.removeValue(forKey: key)?.waiters : nil
        }
        for waiter in (waiters ?? [:]).values { waiter.continuation.resume(with: result) }
    }

    private func waiters(of flight: Int, _ key: Key) -> [Waiter] {
        state.withLock { state in
            guard let found = state.flights[key], found.number == flight else { return [] }
            return Array(found.waiters.values)
        }
    }
}
