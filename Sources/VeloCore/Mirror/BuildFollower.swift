import VeloSystem

/// Follows a build on a farm until it is over, however often the line breaks.
package struct BuildFollower: Sendable {
    private let engine: TransferEngine
    private let mirror: String
    private let build: Int
    /// How often in a row it connects without hearing anything new.
    private let patience: Int
    private let pause: Duration

    package init(
        engine: TransferEngine, mirror: String, build: Int, patience: Int = 10, pause: Duration = .seconds(1)
    ) {
        self.engine = engine
        self.mirror = mirror
        self.build = build
        self.patience = patience
        self.pause = pause
    }

    /// Reports what happens, and returns how it ended. A farm that is restarted meanwhile is waited for.
    ///
    /// - Throws: `MirrorError.followFailed`, and `CancellationError` when the task is cancelled; the build goes on.
    package func follow(_ report: (BuildNotice) -> Void) async throws -> BuildStatus {
        var last = ""
        var silences = 0
        while true {
            var failure: any Error = FollowBreak.streamEnded
            do {
                var headers: CurlHeaders = [:]
                if !last.isEmpty { headers["Last-Event-ID"] = last }
                for try await event in engine.serverSentEvents(url + "/events", headers: headers) {
                    silences = 0
                    if !event.id.isEmpty { last = event.id }
                    guard let notice = Self.notice(event) else { continue }
                    report(notice)
                    if case .end(let status) = notice { return status }
                }
            } catch let error as FetchError {
                if case .cancelled = error { throw CancellationError() }
                if error.severity == .refused { throw broken(error) }
                failure = error
            }
            try Task.checkCancellation()
            if let status = try await status(), status.state != .running {
                report(.end(status))
                return status
            }
            silences += 1
            guard silences < patience else { throw broken(failure) }
            try await Task.sleep(for: pause * min(silences, 10))
        }
    }

    private var url: String { "\(mirror)/farm/v1/builds/\(build)" }

    private func broken(_ error: any Error) -> MirrorError {
        .followFailed(mirror: mirror, build: build, cause: error)
    }

    /// How the build stands; nil if the farm does not say just now.
    private func status() async throws -> BuildStatus? {
        do {
            return try WireCoding.decode(BuildStatus.self, from: try await engine.get(url).body)
        } catch let error as FetchError {
            if case .cancelled = error { throw CancellationError() }
            return nil
        } catch {
            throw broken(error)
        }
    }

    /// Nil for an event that this version does not know.
    private static func notice(_ event: ServerSentEvent) -> BuildNotice? {
        let bytes = Array(event.data.utf8)
        switch event.event {
        case "job": return (try? WireCoding.decode(JobStatus.self, from: bytes)).map(BuildNotice.job)
        case "log": return (try? WireCoding.decode(JobLogLine.self, from: bytes)).map(BuildNotice.log)
        case "end": return (try? WireCoding.decode(BuildStatus.self, from: bytes)).map(BuildNotice.end)
        default: return nil
        }
    }
}

/// Why a stream stopped although nothing failed.
private enum FollowBreak: Problem {
    case streamEnded

    var summary: String { "the stream of events ended before the build did" }
}
