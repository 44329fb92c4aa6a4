import VeloSystem

/// What all transfers of an engine share: the budget of connections, what is known of hosts, the bandwidth.
///
/// Lives on the engine's thread.
final class TransferDesk {
    var hosts: HostTable
    private var budget: ConnectionBudget
    private var limiter: BandwidthLimiter?
    private var turns: [ConnectionBudget.Ticket: () -> Void] = [:]
    private var lastTicket = 0

    init(_ policy: TransferPolicy) {
        hosts = HostTable(policy.breaker)
        budget = ConnectionBudget(limit: policy.connections, limitPerHost: policy.connectionsPerHost)
        limiter = policy.bandwidth.map { BandwidthLimiter(rate: $0) }
    }

    /// True when a connection may be had now, and nobody waits for one.
    func takeAtOnce(_ host: String) -> Bool { budget.takeAtOnce(host) }

    /// Calls `turn` when a connection may be had: now, or later. Returns a ticket if it is later.
    func take(_ host: String, _ turn: @escaping () -> Void) -> ConnectionBudget.Ticket? {
        lastTicket += 1
        if budget.take(host, lastTicket) {
            turn()
            return nil
        }
        turns[lastTicket] = turn
        return lastTicket
    }

    /// A connection is free again; whose turn it is gets it.
    func giveBack(_ host: String) {
        if let next = budget.giveBack(host) { turns.removeValue(forKey: next)?() }
    }

    /// False when its turn had come already.
    func withdraw(_ ticket: ConnectionBudget.Ticket) -> Bool {
        turns.removeValue(forKey: ticket)
        return budget.withdraw(ticket)
    }

    /// How long to take nothing more after these bytes; nil to go on.
    func pause(after bytes: Int, now: Duration) -> Duration? { limiter?.spend(bytes, now: now) }
}

/// Bytes a second, with a tenth of a second's worth on credit.
struct BandwidthLimiter {
    private let rate: Double
    private var balance: Double
    private var last: Duration?

    init(rate: Int) {
        self.rate = Double(max(1, rate))
        balance = self.rate / 10
    }

    /// How long to wait after bytes that have come already; nil if not at all.
    mutating func spend(_ bytes: Int, now: Duration) -> Duration? {
        if let last { balance = min(rate / 10, balance + rate * ((now - last) / .seconds(1))) }
        last = now
        balance -= Double(bytes)
        return balance < 0 ? .seconds(-balance / rate) : nil
    }
}
