import VeloCore
import VeloSystem

/// Turns the events of downloads into what a terminal shows. Pure: text in, text out.
struct FetchDisplay: Sendable {
    private let count: Int
    private var done = 0
    private var running: [String: TransferProgress] = [:]
    private var retry: (name: String, reason: String)?

    init(count: Int) { self.count = count }

    mutating func take(_ event: TransferEvent, of name: String) {
        switch event {
        case .progress(let progress):
            if let before = running[name], progress.bytes > before.bytes, retry?.name == name { retry = nil }
            running[name] = progress
        case .retrying(let reason, _): retry = (name, reason.summary)
        case .finished: end(name, isGood: true)
        default: break
        }
    }

    mutating func end(_ name: String, isGood: Bool) {
        running[name] = nil
        if retry?.name == name { retry = nil }
        if isGood { done += 1 }
    }

    /// `[=====>    ]  4.1 of 9.8 MB  2.0 MB/s  8 streams  hello.tar.gz`, less the right parts as it gets narrow.
    func draw(width: Int) -> String {
        guard !running.isEmpty else { return "" }
        let all = running.values
        let bytes = all.reduce(0) { $0 + $1.bytes }
        let streams = all.reduce(0) { $0 + $1.streams }
        var parts: [String] = []
        if count > 1 { parts.append("fetching \(done)/\(count)") }
        if count == 1, let total = all.first?.total {
            parts.append(ProgressDisplay.bar(bytes, of: total))
            parts.append("\(Quantity.bytes(bytes)) of \(Quantity.bytes(total))")
        } else {
            parts.append(Quantity.bytes(bytes))
        }
        parts.append("\(Quantity.bytes(all.reduce(0) { $0 + $1.rate }))/s")
        parts.append(streams == 1 ? "1 stream" : "\(streams) streams")
        parts.append(retry?.reason ?? running.keys.sorted().joined(separator: ", "))
        return ProgressDisplay.joined(parts, max(1, width - 1))
    }

    /// A line for those who want to know everything; nil for what comes many times a second.
    static func detail(_ event: TransferEvent) -> String? {
        switch event {
        case .waiting(let process): "waiting for \(process.map { "process \($0)" } ?? "another process")"
        case .resumed(let bytes): "going on after \(Quantity.bytes(bytes)) of an earlier run"
        case .started(let url): "asking `\(url)`"
        case .responded(let status, let total): "answered \(status)\(total.map { ", \($0) bytes in all" } ?? "")"
        case .firstByte(let time): "the first byte came after \(milliseconds(time)) ms"
        case .retrying(let reason, let delay):
            "\(reason.summary); trying again\(delay > .zero ? " in \(Quantity.duration(delay))" : "")"
        case .health(let origin, let health):
            "`\(origin)`: \(health.failuresInARow) failures in a row, \(health.successes) successes"
        case .verified(let digest): "the sha256 is \(digest)"
        case .received, .progress, .finished: nil
        }
    }

    private static func milliseconds(_ time: Duration) -> Int { Int((time / .milliseconds(1)).rounded()) }
}
