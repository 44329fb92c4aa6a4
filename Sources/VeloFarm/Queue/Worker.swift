import Logging
import SystemPackage
import VeloBuild
import VeloSystem

/// Takes jobs from the queue and has them built, one at a time, until its task is cancelled.
struct Worker: Sendable {
    let name: String
    let queue: JobQueue
    let database: FarmDatabase
    let blobs: BlobStore
    let assembly: RequestAssembly
    let publisher: BottlePublisher
    let builder: any BottleBuilder
    let feed: BuildFeed
    let folder: DataFolder
    let transfers: UpstreamMetrics
    let logger: Logger

    func run() async {
        let wakes = feed.listen()
        while !Task.isCancelled {
            do {
                if let claim = try await queue.claim(owner: name) {
                    await carryOut(claim)
                    continue
                }
            } catch {
                logger.error("could not ask the queue", metadata: ["error": "\(ProblemReport(error).oneLine)"])
            }
            // Nothing to do: wait for a change, or the tick that also ends waits for a later try.
            for await _ in wakes { break }
        }
    }

    private func carryOut(_ claim: JobQueue.Claim) async {
        feed.jobChanged()
        var log = logger
        log[metadataKey: "job"] = "\(claim.lease.job)"
        log[metadataKey: "formula"] = "\(claim.formula.fullName) \(claim.pkgVersion)"
        log.info("job started", metadata: ["attempt": "\(claim.attempt)", "worker": "\(name)"])
        do {
            if let setback = try await attempt(claim) {
                log.info("job ended without a bottle", metadata: setback)
            } else {
                log.info("job succeeded")
            }
        } catch let error as FarmError where error.isLeaseLost {
            log.warning("job was given to another worker")
        } catch {
            log.error("could not record the end of the job", metadata: ["error": "\(ProblemReport(error).oneLine)"])
        }
        feed.jobChanged()
    }

    /// Builds and publishes, or records why not and returns it for the log.
    private func attempt(_ claim: JobQueue.Claim) async throws -> Logger.Metadata? {
        let log = try BuildLog(
            job: claim.lease.job, file: folder.log(claim.lease.job), feed: feed)
        let phases = PhaseReports(queue: queue, lease: claim.lease, feed: feed)
        do {
            log.append(
                "==> \(claim.formula.fullName) \(claim.pkgVersion) for \(claim.platform), attempt \(claim.attempt)")
            try await withHeartbeat(claim.lease) { try await build(claim, log, phases) }
            return nil
        } catch let error as FarmError where error.isLeaseLost {
            throw error
        } catch {
            let isStopping = Task.isCancelled
            let report = ProblemReport(error)
            log.append(isStopping ? "==> stopped: the farm was shut down" : "==> failed: \(report.oneLine)")
            let setback = RetryPolicy.Setback(
                error, phase: phases.current, lastLines: log.lastLines, log: JobQueue.logPath(claim.lease.job),
                isStopping: isStopping)
            // The task may be cancelled, and this must be written all the same.
            let verdict = try await Task { try await queue.end(claim.lease, setback) }.value
            return ["verdict": "\(verdict.word)", "error": "\(report.oneLine)"]
        }
    }

    private func build(_ claim: JobQueue.Claim, _ log: BuildLog, _ phases: PhaseReports) async throws {
        let (request, digests, record) = try await assembly.request(claim)
        let key = try await assembly.key(request, on: digests, claim)
        if let key, let bottle = try await database.bottle(key: key), try blobs.size(bottle.digest) == bottle.size {
            log.append("==> nothing that can change it has changed: \(bottle.digest.ociDigest) is taken over")
            return try await publisher.takeOver(bottle, key, claim, formula: record.catalog, request.tapCommit)
        }
        let scratch = try FileTree.makeScratch(in: folder.scratch, prefix: "job-\(claim.lease.job)-")
        // What is left is emptied at the next start.
        defer { try? FileTree.remove(scratch) }
        let reporting = Task { await phases.run() }
        defer { reporting.cancel() }
        let downloads = transfers.follow()
        defer { downloads.end() }
        let built = try await builder.build(request, jobID: claim.lease.job, scratch: scratch) { event in
            switch event {
            case .phase(let phase):
                log.append("==> \(phase.rawValue)")
                phases.enter(phase)
            case .line(let line): log.append(line)
            case .transfer(let event): downloads.take(event)
            case .usage(let usage): log.append("==> \(usage.words)")
            }
        }
        phases.enter(.publish)
        phases.finish()
        await reporting.value
        log.append("==> publish: \(built.digest.ociDigest), \(built.size) bytes")
        try await publisher.publish(built, claim, formula: record.catalog, tapCommit: request.tapCommit, key: key)
    }

    /// Keeps the lease while the body runs; ends the body when the lease is lost.
    private func withHeartbeat(
        _ lease: JobQueue.Lease, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(queue.leaseLength / 4))
                    do {
                        try await queue.heartbeat(lease)
                    } catch let error as FarmError where error.isLeaseLost {
                        throw error
                    } catch {
                        // A full disk, say: the lease holds for three more of these.
                        logger.warning("no heartbeat", metadata: ["error": "\(ProblemReport(error).oneLine)"])
                    }
                }
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next(), !isDone {}
        }
    }
}

extension FarmError {
    var isLeaseLost: Bool { if case .leaseLost = self { true } else { false } }
}

extension RetryPolicy.Verdict {
    fileprivate var word: String {
        switch self {
        case .fail: "failed"
        case .retry(let delay, _): "tried again in \(Int(delay)) s"
        }
    }
}
