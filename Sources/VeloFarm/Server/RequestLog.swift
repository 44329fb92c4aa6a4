import Hummingbird
import Logging
import Synchronization
import VeloBuild

/// How many requests were answered, by method and status, and what went with them.
final class RequestCounters: Sendable {
    struct Key: Hashable, Sendable {
        var method: String
        var status: Int
    }

    private let counts = Mutex<[Key: Int]>([:])
    private let fast = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let slow = Atomic<Int>(0)
    private let transfers = Atomic<Int>(0)

    func count(_ method: String, _ status: Int) {
        // A client may send any word as its method: those we do not serve share one row.
        let known = Self.methods.contains(method) ? method : "other"
        counts.withLock { $0[Key(method: known, status: status), default: 0] += 1 }
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    /// Answered at the level of bytes; also counted by method and status.
    func countFast() { fast.wrappingAdd(1, ordering: .relaxed) }
    func sent(_ count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }
    func closedSlow() { slow.wrappingAdd(1, ordering: .relaxed) }

    /// A body that takes its time: what a graceful stop waits for.
    func beginTransfer() { transfers.wrappingAdd(1, ordering: .relaxed) }
    func endTransfer() { transfers.wrappingSubtract(1, ordering: .relaxed) }

    var runningTransfers: Int { transfers.load(ordering: .relaxed) }
    var fastAnswers: Int { fast.load(ordering: .relaxed) }
    var fastBytes: Int { bytes.load(ordering: .relaxed) }
    var slowConnections: Int { slow.load(ordering: .relaxed) }

    var all: [(key: Key, count: Int)] {
        counts.withLock { Array($0) }
            .sorted { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) }
            .map { ($0.key, $0.value) }
    }
}

/// Gives every request an id, counts it, and writes a line for it: at level debug, or at info where that is wanted.
struct RequestLog: RouterMiddleware {
    let counters: RequestCounters
    let isLogged: Bool
    /// Of our own lines: the server proper keeps quiet about its own.
    let level: Logger.Level

    func handle(
        _ request: Request, context: FarmRequestContext,
        next: @concurrent (Request, FarmRequestContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        var context = context
        context.requestID = Self.usable(request.headers[.requestID]) ?? Self.makeID()
        context.logger.logLevel = level
        context.logger[metadataKey: "request"] = "\(context.requestID)"
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        counters.count(request.method.rawValue, response.status.code)
        context.logger.log(
            level: isLogged ? .info : .debug, "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(LogText.sanitize(request.uri.path))",
                "status": "\(response.status.code)", "elapsed": "\(ContinuousClock.now - started)",
                "client": "\(context.client)",
            ])
        return response
    }

    /// A proxy's own id is kept, when it is one.
    private static func usable(_ id: String?) -> String? {
        guard let id, !id.isEmpty, id.utf8.count <= 64,
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        else { return nil }
        return id
    }

    private static func makeID() -> String {
        let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
