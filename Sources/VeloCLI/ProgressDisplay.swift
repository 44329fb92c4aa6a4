package import VeloCore
import VeloSystem

/// Turns the events of an install into what a terminal shows: lines that stay, and a live region below them.
///
/// Pure: text in, text out, the clock a parameter.
package struct ProgressDisplay: Sendable {
    package enum Style: String, Sendable, CaseIterable {
        /// A live region, and a line for each result.
        case bar
        /// A line for each change of step.
        case plain
        /// A line for each result.
        case none
    }

    private let style: Style
    private var plan: InstallPlan?
    private var build = BuildProgress()
    private var downloads: [String: (received: Int, total: Int)] = [:]
    private var downloadsBegan: Duration?
    private var bytesFromNetwork = 0
    private var pouring: [String] = []
    private var linking: String?
    private var retry: String?

    package init(style: Style) { self.style = style }

    /// Takes an event and returns the lines to print for it.
    package mutating func take(_ event: InstallEvent, at now: Duration) -> [String] {
        switch event {
        case .recovered(let title):
            return ["undid `\(title)`, which was never finished"]
        case .catalog(let mirror, .stale):
            return ["no mirror answers; the last catalog of `\(mirror)` is used"]
        case .catalog:
            return []
        case .planned(let plan):
            self.plan = plan
            return [PlanWording.summary(of: plan)] + PlanWording.warnings(of: plan)
        case .buildOrdered(let status, let mirror):
            return build.begin(status, at: mirror, now: now)
        case .build(let notice):
            return build.take(notice, isPlain: style == .plain, now: now)
        case .downloading(let name, let received, let total):
            return receive(name, received, total, now)
        case .retrying(let name, let reason):
            retry = "\(name): \(reason.summary)"
            return style == .plain ? ["\(name): trying again, because \(reason.summary)"] : []
        case .downloaded(let name, let bytes, let fromCache):
            downloads[name] = (bytes, bytes)
            retry = nil
            guard style == .plain else { return [] }
            return [fromCache ? "\(name): in the cache" : "\(name): downloaded \(Quantity.bytes(bytes))"]
        case .pouring(let name):
            pouring.append(name)
            return style == .plain ? ["\(name): pouring"] : []
        case .poured(let name):
            pouring.removeAll { $0 == name }
            return []
        case .linking(let name):
            linking = name
            return style == .plain ? ["\(name): linking"] : []
        case .unlinking(let name):
            linking = name
            return style == .plain ? ["\(name): unlinking"] : []
        case .installed(let step):
            linking = nil
            return [PlanWording.result(of: step)]
        case .removed(let keg):
            linking = nil
            return ["removed \(keg.label)"]
        case .finished(let summary):
            return PlanWording.total(summary).map { [$0] } ?? []
        }
    }

    private mutating func receive(_ name: String, _ received: Int, _ total: Int, _ now: Duration) -> [String] {
        if downloadsBegan == nil { downloadsBegan = now }
        let isNew = downloads[name] == nil
        bytesFromNetwork += max(0, received - (downloads[name]?.received ?? 0))
        downloads[name] = (received, total)
        return isNew && style == .plain ? ["\(name): downloading \(Quantity.bytes(total))"] : []
    }

    /// The live region, for a terminal of so many columns. Empty when there is nothing to show, or in another style.
    package func draw(width: Int, at now: Duration) -> String {
        guard style == .bar else { return "" }
        // The last column stays free: some terminals wrap there.
        let columns = max(1, width - 1)
        if build.isRunning { return build.draw(columns, now) }
        guard let plan else { return "" }
        if let linking { return DisplayWidth.fitted("linking \(linking)", to: columns) }
        let active = downloads.filter { $0.value.received < $0.value.total }.map(\.key).sorted()
        if !active.isEmpty { return transfer(plan, active, columns, now) }
        guard !pouring.isEmpty else { return "" }
        return DisplayWidth.fitted("pouring \(pouring.joined(separator: ", "))", to: columns)
    }

    /// `downloading 1/3  [=====>    ]  4.1 of 9.8 MB  2.0 MB/s  hello, zlib`, less the right parts as it gets narrow.
    private func transfer(_ plan: InstallPlan, _ active: [String], _ columns: Int, _ now: Duration) -> String {
        let total = max(1, plan.downloadSize)
        let received = min(total, downloads.values.reduce(0) { $0 + $1.received })
        let done = downloads.values.count { $0.received >= $0.total }
        let seconds = downloadsBegan.map { (now - $0) / .seconds(1) } ?? 0
        var parts = ["downloading \(done)/\(plan.toPour.count)", Self.bar(received, of: total)]
        parts.append("\(Quantity.bytes(received)) of \(Quantity.bytes(total))")
        if seconds >= 1 { parts.append("\(Quantity.bytes(Int(Double(bytesFromNetwork) / seconds)))/s") }
        parts.append(retry ?? active.joined(separator: ", "))
        return Self.joined(parts, columns)
    }

    static func bar(_ done: Int, of total: Int) -> String {
        let cells = 20
        let filled = min(cells, done * cells / max(1, total))
        let head = filled < cells ? ">" : ""
        let rest = String(repeating: " ", count: cells - filled - head.count)
        return "[\(String(repeating: "=", count: filled))\(head)\(rest)]"
    }

    /// As many parts as fit, from the left; the first is cut if even it does not.
    static func joined(_ parts: [String], _ columns: Int) -> String {
        var line = DisplayWidth.fitted(parts.first ?? "", to: columns)
        for part in parts.dropFirst() where !part.isEmpty {
            let longer = "\(line)  \(part)"
            guard DisplayWidth.of(longer) <= columns else { return line }
            line = longer
        }
        return line
    }
}
