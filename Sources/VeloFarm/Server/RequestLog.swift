import Hummingbird
import Logging
import Synchronization
import VeloBuild

/// How many requests were answered, by method and status.
final class RequestCounters: Sendable {
    struct Key: Hashable, Sendable {
        var method: String
        var status: Int
    }

    private let counts = Mutex<[Key: Int]>([:])

    func count(_ method: String, _ status: Int) {
        // A client may send any word as its method: those we do not serve share one row.
        let known = ["GET", "HEAD", "POST"].contains(method) ? method : "other"
        counts.withLock { $0[Key(method: known, status: status), default: 0] += 1 }
    }

    var all: [(key: Key, count: Int)] {
        counts.withLock { Array($0) }
            .sorted { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) }
            .map { ($0.key, $0.value) }
    }
}

/// Counts every request and writes a line for it at level debug.
struct RequestLog: RouterMiddleware {
    let counters: RequestCounters

    func handle(
        _ request: Request, context: FarmRequestContext,
        next: @concurrent (Request, FarmRequestContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        let response = try await next(request, context)
        counters.count(request.method.rawValue, response.status.code)
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(LogText.sanitize(request.uri.path))",
                "status": "\(response.status.code)", "elapsed": "\(ContinuousClock.now - started)",
            ])
        return response
    }
}
