/// How many exchanges may run at once, in all and with each host; who comes too many waits in line.
///
/// One that waits for its host does not hold up those behind it that want another.
struct ConnectionBudget {
    typealias Ticket = Int

    private let limit: Int
    private let limitPerHost: Int
    private var total = 0
    private var inUse: [String: Int] = [:]
    private var line: [(ticket: Ticket, host: String)] = []

    init(limit: Int, limitPerHost: Int) {
        self.limit = max(1, limit)
        self.limitPerHost = max(1, limitPerHost)
    }

    /// True when it may begin now; else its ticket is in line.
    mutating func take(_ host: String, _ ticket: Ticket) -> Bool {
        if hasRoom(for: host) {
            occupy(host)
            return true
        }
        line.append((ticket, host))
        return false
    }

    /// True when it may begin now and nobody is in line; else nothing has happened.
    mutating func takeAtOnce(_ host: String) -> Bool {
        guard line.isEmpty, hasRoom(for: host) else { return false }
        occupy(host)
        return true
    }

    /// An exchange is over. Returns whose turn it is, if anyone's.
    mutating func giveBack(_ host: String) -> Ticket? {
        total -= 1
        let left = inUse[host, default: 1] - 1
        inUse[host] = left > 0 ? left : nil
        guard let next = line.firstIndex(where: { hasRoom(for: $0.host) }) else { return nil }
        let (ticket, host) = line.remove(at: next)
        occupy(host)
        return ticket
    }

    /// Leaves the line; false when it was not in it, so its turn has come.
    mutating func withdraw(_ ticket: Ticket) -> Bool {
        guard let place = line.firstIndex(where: { $0.ticket == ticket }) else { return false }
        line.remove(at: place)
        return true
    }

    private func hasRoom(for host: String) -> Bool { total < limit && inUse[host, default: 0] < limitPerHost }

    private mutating func occupy(_ host: String) {
        total += 1
        inUse[host, default: 0] += 1
    }
}
