package import VeloSystem

/// What the state of this machine means for downloads: how many streams and connections, and why.
package struct FetchAdaptation: Sendable, Equatable {
    package var streams: TransferPolicy.Streams
    package var connections: Int
    package var connectionsPerHost: Int
    /// What was decided and by which fact, in words; empty when nothing is out of the ordinary.
    package private(set) var reasons: [String] = []

    /// `streams` is what somebody has asked for; nothing else counts then.
    package init(_ host: HostConditions, isCI: Bool, streams asked: Int? = nil) {
        let policy = TransferPolicy()
        streams = policy.streams
        connections = policy.connections
        connectionsPerHost = policy.connectionsPerHost
        if let asked {
            streams = TransferPolicy.Streams(most: asked, first: asked, isFixed: true)
            connections = max(connections, asked)
            connectionsPerHost = max(connectionsPerHost, asked)
            reasons = ["\(asked) for each file, as was asked for"]
            return
        }
        if isCI {
            streams.first = 8
            reasons.append("a CI job: 8 streams from the start, as many as pay")
        }
        // The strictest of these wins.
        if host.isOnBattery == true { limit(4, "on battery") }
        if host.link == .mobile { limit(2, "`\(host.interface ?? "the network")` is a mobile link, often metered") }
        if let speed = host.linkSpeed, speed <= 10 {
            limit(2, "`\(host.interface ?? "the network")` has \(speed) Mbit/s")
        }
        if let free = host.availableMemory, free < 256 << 20 {
            limit(2, "\(free >> 20) MiB of memory are free")
            (connections, connectionsPerHost) = (4, 4)
        } else if let pressure = host.memoryPressure, pressure >= 10 {
            limit(2, "tasks wait for memory \(Int(pressure)) % of the time")
            (connections, connectionsPerHost) = (4, 4)
        }
    }

    private mutating func limit(_ most: Int, _ reason: String) {
        streams.most = min(streams.most, most)
        streams.first = min(streams.first, most)
        reasons.append("\(reason): no more than \(most) streams")
    }

    /// In a line: `16 streams for each file, 32 connections`
    package var summary: String {
        let count = streams.most == 1 ? "1 stream" : "\(streams.isFixed ? "" : "up to ")\(streams.most) streams"
        return "\(count) for each file, \(connections) connections, \(connectionsPerHost) for each host"
    }

    package func apply(to policy: inout TransferPolicy) {
        policy.streams = streams
        policy.connections = connections
        policy.connectionsPerHost = connectionsPerHost
    }
}
