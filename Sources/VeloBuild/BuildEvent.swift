package import VeloCore

/// The stages of a build, in order.
package enum BuildPhase: String, Sendable, CaseIterable, Codable {
    case fetch, dependencies, unpack, patch, install, clean, bottle, prove, test, publish
}

/// What happens during a build, as it happens.
package enum BuildEvent: Sendable {
    case phase(BuildPhase)
    /// A line for the log, without its end; may hold anything a compiler prints.
    case line(String)
    /// Something happened to the download of a source.
    case transfer(TransferEvent)
    /// What a step has used, when it is over; where the host counts that.
    case usage(SandboxUsage)
}

/// What all processes of a step together have used.
package struct SandboxUsage: Codable, Sendable, Equatable {
    package var processorSeconds: Double
    /// Bytes at most at a time; nil where the host does not count them.
    package var memoryPeak: Int?

    /// For the log.
    package var words: String {
        let tenths = Int((processorSeconds * 10).rounded())
        let memory = memoryPeak.map { ", \($0 >> 20) MiB of memory at most" } ?? ""
        return "used \(tenths / 10).\(tenths % 10) s of processor time\(memory)"
    }
}
