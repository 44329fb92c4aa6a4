/// Keeps collection and arrival apart: whoever puts a file into the store and a row beside it shares the gate, whoever
/// takes rows and files away has it alone.
///
/// Otherwise a blob that arrives again between the removal of its row and of its file would be acknowledged and gone.
actor StoreGate {
    private var sharers = 0
    private var isTaken = false
    private var waiting: [(isAlone: Bool, CheckedContinuation<Void, Never>)] = []

    nonisolated func share<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        await enter(alone: false)
        do {
            let result = try await body()
            await leave(alone: false)
            return result
        } catch {
            await leave(alone: false)
            throw error
        }
    }

    nonisolated func alone<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        await enter(alone: true)
        do {
            let result = try await body()
            await leave(alone: true)
            return result
        } catch {
            await leave(alone: true)
            throw error
        }
    }

    private func enter(alone: Bool) async {
        // In order of arrival: a collection waits for what is there, and what comes later waits for it.
        if waiting.isEmpty, admits(alone) { return admit(alone) }
        await withCheckedContinuation { waiting.append((alone, $0)) }
    }

    private func leave(alone: Bool) {
        if alone { isTaken = false } else { sharers -= 1 }
        while let (isAlone, continuation) = waiting.first, admits(isAlone) {
            waiting.removeFirst()
            admit(isAlone)
            continuation.resume()
        }
    }

    private func admits(_ alone: Bool) -> Bool { alone ? sharers == 0 && !isTaken : !isTaken }

    private func admit(_ alone: Bool) {
        if alone { isTaken = true } else { sharers += 1 }
    }
}
