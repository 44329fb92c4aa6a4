import Synchronization

/// Connections by address, for a limit on those of one client.
final class ConnectionCount: Sendable {
    private let counts = Mutex<[String: Int]>([:])
    private let limit: Int

    /// - Parameter limit: 0 is none.
    init(limit: Int) {
        self.limit = limit
    }

    func enter(_ address: String) -> Bool {
        guard limit > 0 else { return true }
        return counts.withLock { counts in
            guard counts[address, default: 0] < limit else { return false }
            counts[address, default: 0] += 1
            return true
        }
    }

    func leave(_ address: String) {
        guard limit > 0 else { return }
        counts.withLock { counts in
            if let count = counts[address], count > 1 { counts[address] = count - 1 } else { counts[address] = nil }
        }
    }
}
