import Synchronization
import VeloSystem

/// What was asked about or sent just now: somebody may be about to name it in a manifest, or is reading it.
final class Leases: Sendable {
    private let touched = Mutex<[SHA256Digest: Double]>([:])
    private let now: @Sendable () -> Double
    /// Seconds for which a touch holds.
    let length: Double
    private let began: Double

    init(length: Double, now: @escaping @Sendable () -> Double) {
        self.length = length
        self.now = now
        began = now()
    }

    /// - Parameter time: seconds since 1970; nil for now.
    func touch(_ digest: SHA256Digest, at time: Double? = nil) {
        let now = time ?? now()
        touched.withLock { touched in
            if touched.count > 200_000 { touched = touched.filter { now - $0.value < length } }
            touched[digest] = max(touched[digest] ?? 0, now)
        }
    }

    func holds(_ digest: SHA256Digest) -> Bool {
        let now = now()
        return touched.withLock { $0[digest].map { now - $0 < length } ?? false }
    }

    /// When this process began: what was touched before is not known.
    var start: Double { began }
}
