import Synchronization
import VeloCore
import VeloSystem

/// What went on between this server and those that it fetches from, by host: for the metrics.
final class UpstreamMetrics: Sendable {
    struct Host: Sendable, Equatable {
        var bytes = 0
        /// Requests under way.
        var streams = 0
        var exchanges = 0
        var failures = 0
        var retries = 0
        var failuresInARow = 0
        /// Exchanges by the first of `bounds` that their first byte came within; the last one is beyond all.
        var firstBytes = [Int](repeating: 0, count: UpstreamMetrics.bounds.count + 1)
        var firstByteSeconds = 0.0

        /// Like the breaker of downloads: one failure is no news.
        var isHealthy: Bool { failuresInARow < 3 }
    }

    /// Seconds.
    static let bounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    /// Formulae name their hosts: those beyond so many share one row.
    private static let limit = 200

    private let hosts = Mutex<[String: Host]>([:])

    /// By host, with its port where that is not the usual one.
    var all: [(name: String, host: Host)] {
        hosts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// A request that goes out now.
    func begin(_ url: CurlURL) -> Exchange { Exchange(self, Self.name(url)) }

    /// What was asked of a host is asked again.
    func retried(_ url: String) { CurlURL(url).map { url in change(Self.name(url)) { $0.retries += 1 } } }

    /// Takes the events of downloads that the fetch engine does, one after the other.
    func follow() -> Follower { Follower(self) }

    fileprivate func change(_ name: String, _ body: (inout Host) -> Void) {
        hosts.withLock { hosts in
            let name = hosts[name] != nil || hosts.count < Self.limit ? name : "other"
            body(&hosts[name, default: Host()])
        }
    }

    fileprivate static func name(_ url: CurlURL) -> String { url.host + (url.port.map { ":\($0)" } ?? "") }
}

extension UpstreamMetrics.Host {
    fileprivate mutating func sawFirstByte(_ time: Duration) {
        let seconds = time / .seconds(1)
        firstBytes[UpstreamMetrics.bounds.firstIndex { seconds <= $0 } ?? UpstreamMetrics.bounds.count] += 1
        firstByteSeconds += seconds
    }
}

extension UpstreamMetrics {
    /// One request to one host.
    final class Exchange: Sendable {
        private let metrics: UpstreamMetrics
        private let name: String
        private let began = ContinuousClock.now

        fileprivate init(_ metrics: UpstreamMetrics, _ name: String) {
            self.metrics = metrics
            self.name = name
            metrics.change(name) { ($0.streams, $0.exchanges) = ($0.streams + 1, $0.exchanges + 1) }
        }

        func sawHead() {
            let time = ContinuousClock.now - began
            metrics.change(name) { $0.sawFirstByte(time) }
        }

        func received(_ count: Int) { metrics.change(name) { $0.bytes += count } }

        /// - Parameter status: nil when there was no answer.
        func end(_ outcome: CurlOutcome, status: Int?) {
            metrics.change(name) { host in
                host.streams -= 1
                switch outcome {
                // It was ended from this side.
                case .stopped, .cancelled: return
                case .complete where status.map { $0 < 500 && $0 != 429 } ?? false: host.failuresInARow = 0
                case .complete, .failed:
                    host.failures += 1
                    host.failuresInARow += 1
                }
            }
        }
    }

    /// The downloads of a build. What comes from mirrors counts for the host that was asked last.
    final class Follower: Sendable {
        private struct State {
            var name: String?
            var bytes = 0
            var streams = 0
        }

        private let metrics: UpstreamMetrics
        private let state = Mutex(State())

        fileprivate init(_ metrics: UpstreamMetrics) { self.metrics = metrics }

        func take(_ event: TransferEvent) {
            switch event {
            case .started(let url):
                guard let url = CurlURL(url) else { return }
                let name = UpstreamMetrics.name(url)
                set(streams: 0)
                state.withLock { $0.name = name }
                change { $0.exchanges += 1 }
            case .resumed(let bytes): state.withLock { $0.bytes = bytes }
            case .firstByte(let time): change { $0.sawFirstByte(time) }
            case .received(let bytes): set(bytes: bytes)
            case .progress(let progress):
                set(bytes: progress.bytes)
                set(streams: progress.streams)
            case .retrying: change { $0.retries += 1 }
            case .health(let origin, let health):
                guard let url = CurlURL(origin) else { return }
                metrics.change(UpstreamMetrics.name(url)) { host in
                    host.failures += max(0, health.failuresInARow - host.failuresInARow)
                    host.failuresInARow = health.failuresInARow
                }
            case .finished(let result):
                set(bytes: result.size)
                change { $0.failuresInARow = 0 }
                end()
            case .waiting, .responded, .verified: break
            }
        }

        /// No more comes of the present one.
        func end() {
            set(streams: 0)
            state.withLock { $0 = State() }
        }

        private func change(_ body: (inout Host) -> Void) {
            if let name = state.withLock({ $0.name }) { metrics.change(name, body) }
        }

        private func set(bytes: Int) {
            let fresh = state.withLock { state in
                defer { state.bytes = max(state.bytes, bytes) }
                return max(0, bytes - state.bytes)
            }
            change { $0.bytes += fresh }
        }

        private func set(streams: Int) {
            let more = state.withLock { state in
                defer { state.streams = streams }
                return streams - state.streams
            }
            change { $0.streams += more }
        }
    }
}
