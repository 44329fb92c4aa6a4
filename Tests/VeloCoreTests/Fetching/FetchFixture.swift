import Synchronization
import SystemPackage
import VeloCore
import VeloSystem
import VeloTestSupport

/// An engine that neither waits between tries nor uses a proxy, a folder, and what happened.
struct FetchFixture: Sendable {
    let engine: TransferEngine
    let folder: FilePath
    let events = EventRecord()

    static func with(
        _ name: String, _ change: (inout TransferPolicy) -> Void = { _ in },
        now: @escaping @Sendable () -> Duration = TransferTiming.system.now, _ body: (FetchFixture) async throws -> Void
    ) async throws {
        var policy = TransferPolicy()
        policy.proxy = .none
        // Tests of several streams say so.
        policy.streams = .one
        policy.stallLimit = CurlStallWatch.Limit(window: .seconds(20))
        change(&policy)
        let timing = TransferTiming(now: now, sleep: { _ in await Task.yield() }, jitter: { 1 })
        let engine = TransferEngine(policy: policy, timing: timing)
        defer { engine.shutdown() }
        try await Scratch.with(name) { scratch in
            try await body(FetchFixture(engine: engine, folder: scratch.path))
        }
    }

    var file: FilePath { folder.appending("file") }
    var partial: FilePath { TransferEngine.partialPath(of: file) }

    @discardableResult
    func download(_ request: TransferRequest) async throws -> TransferResult {
        try await engine.download(request, to: file, events: events.sink)
    }
}

/// Keeps the events of a transfer, in order.
final class EventRecord: Sendable {
    private let list = Mutex<[TransferEvent]>([])

    var all: [TransferEvent] { list.withLock { $0 } }
    var sink: TransferEvents { { event in self.list.withLock { $0.append(event) } } }

    /// One word for each event, repeated ones once.
    var names: [String] {
        all.map { String(String(describing: $0).prefix { $0 != "(" }) }
            .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    var delays: [Duration] {
        all.compactMap { if case .retrying(_, let delay) = $0 { delay } else { nil } }
    }
}

/// Bytes without a pattern that a mistake of offset would survive.
func sampleBytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

/// The error that a piece of work ends with; nil when it ends well.
func fetchError(_ work: () async throws -> Void) async -> FetchError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? FetchError
    }
}
