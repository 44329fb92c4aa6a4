/// Notices that a transfer moves too few bytes: it asks once per window, and wants progress in each.
///
/// libcurl's own watch counts in whole seconds; this one counts in any `Duration`.
package struct CurlStallWatch: Sendable {
    /// At least `floor` bytes have to move in each `window`.
    package struct Limit: Sendable, Equatable {
        package var window: Duration
        package var floor: Int

        package init(window: Duration, floor: Int = 1) {
            self.window = window
            self.floor = floor
        }
    }

    private let limit: Limit
    private var bytesAtStart = 0
    private(set) var deadline: ContinuousClock.Instant

    init(_ limit: Limit, now: ContinuousClock.Instant) {
        self.limit = limit
        deadline = now + limit.window
    }

    /// To be called from the deadline on. True when the window brought too little; else a new window begins.
    /// A transfer that waits for its reader has no obligations.
    mutating func isStalled(now: ContinuousClock.Instant, bytes: Int, isPaused: Bool) -> Bool {
        guard now >= deadline else { return false }
        if !isPaused && bytes - bytesAtStart < limit.floor { return true }
        bytesAtStart = bytes
        deadline = now + limit.window
        return false
    }
}
