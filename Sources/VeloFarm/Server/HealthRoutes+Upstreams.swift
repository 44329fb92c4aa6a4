extension HealthRoutes {
    /// What went on with each host that something was fetched from: for fills, API documents, and sources of builds.
    func addUpstreams(_ page: inout MetricsPage) {
        let all = farm.upstreamMetrics.all
        func add(
            _ name: String, _ help: String, _ kind: MetricsPage.Kind, _ value: (UpstreamMetrics.Host) -> Double
        ) {
            page.add(name, help, kind)
            for (host, state) in all { page.sample(name, ["host": host], value(state)) }
        }
        add("velod_upstream_requests_total", "Requests sent to a host.", .counter) { Double($0.exchanges) }
        add("velod_upstream_bytes_total", "Bytes of bodies that came from a host.", .counter) { Double($0.bytes) }
        add("velod_upstream_failures_total", "Requests that broke off, or met 429 or 5xx.", .counter) {
            Double($0.failures)
        }
        add("velod_upstream_retries_total", "Requests that were made again for that.", .counter) { Double($0.retries) }
        add("velod_upstream_streams", "Requests under way.", .gauge) { Double($0.streams) }
        add("velod_upstream_host_healthy", "0 after three failures in a row, until a request succeeds.", .gauge) {
            $0.isHealthy ? 1 : 0
        }
        let name = "velod_upstream_first_byte_seconds"
        page.add(name, "From a request to the head of its answer.", .histogram)
        for (host, state) in all {
            var count = 0
            for (bound, more) in zip(UpstreamMetrics.bounds.map { "\($0)" } + ["+Inf"], state.firstBytes) {
                count += more
                page.sample(name + "_bucket", ["host": host, "le": bound], Double(count))
            }
            page.sample(name + "_sum", ["host": host], state.firstByteSeconds)
            page.sample(name + "_count", ["host": host], Double(count))
        }
    }
}
