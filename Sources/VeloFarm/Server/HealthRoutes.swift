import Hummingbird
import VeloSystem

/// `/healthz` (the process answers), `/readyz` (it can also work), `/metrics` (for Prometheus).
struct HealthRoutes: Sendable {
    let farm: Farm
    let counters: RequestCounters

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/healthz") { _, _ in .text("ok\n") }
        router.getOrHead("/readyz") { _, _ in
            _ = try await farm.database.taps()
            guard FileTree.isWritable(farm.folder.blobs) else {
                throw HTTPError(.serviceUnavailable, message: "the blob store is not writable")
            }
            return .text("ready\n")
        }
        router.getOrHead("/metrics") { _, _ in
            .text(try await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private func metrics() async throws -> String {
        var page = MetricsPage()
        page.add("velod_jobs", "Jobs by state.", .gauge)
        for (state, count) in try await farm.queue.jobCounts().sorted(by: { $0.key < $1.key }) {
            page.sample("velod_jobs", ["state": state], Double(count))
        }
        page.add("velod_build_seconds", "Time that ended jobs took, of their last attempt.", .summary)
        for row in try await farm.queue.buildSeconds() {
            page.sample("velod_build_seconds_sum", ["state": row.state], row.seconds)
            page.sample("velod_build_seconds_count", ["state": row.state], Double(row.jobs))
        }
        let blobs = try await farm.database.blobTotals()
        page.add("velod_blobs", "Bottles in the store.", .gauge)
        page.sample("velod_blobs", [:], Double(blobs.count))
        page.add("velod_blob_bytes", "Bytes of the bottles in the store.", .gauge)
        page.sample("velod_blob_bytes", [:], Double(blobs.bytes))
        page.add("velod_http_requests_total", "Requests answered.", .counter)
        for (key, count) in counters.all {
            page.sample(
                "velod_http_requests_total", ["method": key.method, "status": String(key.status)], Double(count))
        }
        let damaged = try await farm.database.damagedBlobs()
        page.add("velod_damaged_blobs", "Blobs that were damaged on disk and are not here again.", .gauge)
        page.sample("velod_damaged_blobs", [:], Double(damaged))
        addServing(&page)
        addUpstreams(&page)
        return page.text
    }

    private func addServing(_ page: inout MetricsPage) {
        page.add("velod_fast_answers_total", "Answers given at the level of bytes.", .counter)
        page.sample("velod_fast_answers_total", [:], Double(counters.fastAnswers))
        page.add("velod_fast_bytes_total", "Bytes of the bodies of those.", .counter)
        page.sample("velod_fast_bytes_total", [:], Double(counters.fastBytes))
        page.add(
            "velod_slow_connections_closed_total", "Connections closed because their client kept them waiting.",
            .counter)
        page.sample("velod_slow_connections_closed_total", [:], Double(counters.slowConnections))
        let fills = farm.mirror.fills.counts
        page.add("velod_fills_total", "Blobs asked of upstream, by outcome; joined ones cost no transfer.", .counter)
        page.sample("velod_fills_total", ["outcome": "begun"], Double(fills.begun))
        page.sample("velod_fills_total", ["outcome": "joined"], Double(fills.joined))
        page.sample("velod_fills_total", ["outcome": "failed"], Double(fills.failed))
        page.sample("velod_fills_total", ["outcome": "unkept"], Double(fills.unkept))
        page.add("velod_fill_bytes_total", "Bytes that came from upstream.", .counter)
        page.sample("velod_fill_bytes_total", [:], Double(fills.bytes))
        page.add("velod_fill_seconds_total", "Time that whole fills took.", .counter)
        page.sample("velod_fill_seconds_total", [:], fills.seconds)
        page.add("velod_fills_running", "Transfers from upstream under way.", .gauge)
        page.sample("velod_fills_running", [:], Double(farm.mirror.fills.runningCount))
        page.add("velod_quota_bytes", "What blobs and sources may take; 0 is no limit.", .gauge)
        page.sample("velod_quota_bytes", [:], Double(farm.quota.limit))
        if let free = FileTree.freeBytes(farm.folder.root) {
            page.add("velod_disk_free_bytes", "Bytes free where the data folder is.", .gauge)
            page.sample("velod_disk_free_bytes", [:], Double(free))
        }
    }
}

/// A page in Prometheus' text format, version 0.0.4.
struct MetricsPage {
    enum Kind: String { case gauge, counter, summary, histogram }

    private(set) var text = ""

    mutating func add(_ name: String, _ help: String, _ kind: Kind) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [String: String], _ value: Double) {
        let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        let number = value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
        text += name + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") + " \(number)\n"
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : $0 == "\n" ? ["\\", "n"] : [$0] })
    }
}
