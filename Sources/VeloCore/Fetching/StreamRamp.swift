/// How many streams one file may have just now: it begins with a few and doubles while that makes it faster.
///
/// Pure: it is told how many bytes have come and what the clock says.
package struct StreamRamp: Sendable, Equatable {
    package private(set) var allowed: Int
    private let most: Int
    private var isSettled: Bool
    private var bestRate = 0.0
    private var windowStart: Duration?
    private var bytesAtStart = 0

    /// A doubling has to bring this much to be worth another one.
    private static let worthwhile = 1.15
    private static let window = Duration.milliseconds(400)

    /// `isFixed`: somebody has said how many, so all of them at once.
    package init(_ streams: TransferPolicy.Streams) {
        most = max(1, streams.most)
        allowed = streams.isFixed ? most : min(max(1, streams.first), most)
        isSettled = streams.isFixed || allowed == most
    }

    /// To be told now and then. `active` is how many streams run.
    package mutating func observe(bytes: Int, active: Int, now: Duration) {
        guard !isSettled else { return }
        // What fewer streams than allowed bring says nothing.
        guard active >= allowed, let start = windowStart else {
            windowStart = active >= allowed ? now : nil
            bytesAtStart = bytes
            return
        }
        guard now - start >= Self.window else { return }
        let rate = Double(bytes - bytesAtStart) / ((now - start) / .seconds(1))
        windowStart = now
        bytesAtStart = bytes
        if rate > bestRate * Self.worthwhile {
            bestRate = rate
            allowed = min(most, allowed * 2)
            isSettled = allowed == most
        } else {
            isSettled = true
        }
    }

    /// The server does not want so many: no more than these from now on.
    package mutating func limit(to count: Int) {
        allowed = min(allowed, max(1, count))
        isSettled = true
    }
}
