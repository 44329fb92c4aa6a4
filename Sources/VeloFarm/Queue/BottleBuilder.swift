package import SystemPackage
package import VeloBuild

/// Makes a bottle from a formula: the seam between the queue and the sandbox.
package protocol BottleBuilder: Sendable {
    /// Builds and proves.
    ///
    /// - Parameters:
    ///   - scratch: an empty folder of its own; whoever calls removes it, after taking the bottle out of it.
    ///   - events: called as things happen, from any thread.
    /// - Throws: when there is no bottle. A `Problem` of severity `.temporary` says that nothing was learned about the
    ///   formula, and the job is tried again. Stops and throws soon after its task is cancelled.
    func build(
        _ request: BuildRequest, jobID: Int, scratch: FilePath, events: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> BuiltBottle
}
