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
}
