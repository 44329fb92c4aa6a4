import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

extension OneShotBuild {
    /// Builds what was asked for a second time, in other circumstances, and says what is different then.
    ///
    /// - Parameter records: of the first time.
    package func compare(_ records: [BuildRecord]) async throws -> [BottleComparison] {
        let done = Dictionary(records.map { ($0.formula, $0) }) { first, _ in first }
        let cache = BlobCache(root: output.downloads)
        let engine = TransferEngine()
        var comparisons: [BottleComparison] = []
        for step in order.steps where step.isRequested {
            guard let record = done[step.name], record.facts != nil else { continue }
            try Task.checkCancellation()
            comparisons.append(try await again(step, record, done, cache, engine))
        }
        return comparisons
    }

    private func again(
        _ step: BuildSequence.Step, _ record: BuildRecord, _ done: [String: BuildRecord], _ cache: BlobCache,
        _ engine: TransferEngine
    ) async throws -> BottleComparison {
        let jobs = settings.jobs > 1 ? 1 : 2
        var varied = ["folder: /rebuild/again instead of \(BuildLayout.Inside.build)", "jobs: \(jobs)"]
        var second = buildSettings(jobs, cache, engine)
        second.root = "/rebuild/again"
        if ShiftedClock.isAvailable {
            second.daysAhead = ShiftedClock.daysAhead
            varied.append("clock: \(ShiftedClock.daysAhead) days ahead")
        } else {
            varied.append("clock: the same day, because libfaketime is not installed")
        }
        notices(.started(step.name, version: step.formula.formula.pkgVersion))
        let log = try OneShotLog(
            file: output.log("\(step.name).rebuild"), formula: step.name, notices: notices)
        let scratch = try FileTree.makeScratch(in: output.work, prefix: "\(step.name)-")
        defer { try? FileTree.remove(scratch) }
        var request = try request(step, done)
        request.commits = record.commits
        let build = BottleBuild(
            request, settings: second, scratch: scratch, interruption: Interruption(),
            events: log.hear)
        let built = try await build.makeUnproven()
        let (first, name, list) = (output.bottle(record), step.name, varied)
        return try await BlockingThread.run {
            try BottleComparison(formula: name, first: first, second: built.file, varied: list)
        }
    }
}
