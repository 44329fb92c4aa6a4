import Synchronization
import VeloSystem

/// What upstream was asked for and does not have, for a while.
final class AbsentNames: Sendable {
    private let names = Mutex<[String: Double]>([:])

    func contains(_ name: String, _ now: Double) -> Bool {
        names.withLock { names in
            guard let until = names[name] else { return false }
            if until > now { return true }
            names[name] = nil
            return false
        }
    }

    func insert(_ name: String, until: Double) {
        names.withLock { names in
            // Whoever asks for many things that do not exist fills no memory with them.
            if names.count > 50_000 { names.removeAll() }
            names[name] = until
        }
    }

    func removeAll() { names.withLock { $0 = [:] } }
}

/// Several who ask the same at a time are answered by one question.
actor AskOnce {
    private var running: [String: Task<SHA256Digest?, any Error>] = [:]

    func once(
        _ key: String, _ ask: @escaping @Sendable () async throws -> SHA256Digest?
    ) async throws
        -> SHA256Digest?
    {
        if let task = running[key] { return try await task.value }
        let task = Task { try await ask() }
        running[key] = task
        defer { running[key] = nil }
        return try await task.value
    }
}
