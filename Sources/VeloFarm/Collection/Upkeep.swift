import FoundationEssentials
import Logging
import SystemPackage
import VeloSystem

/// What the server does with time, besides answering: collects, scrubs, tidies, freezes, reloads its certificate.
struct Upkeep: Sendable {
    let farm: Farm
    let certificate: Certificate?

    func run() async {
        var lastCollection = farm.now()
        var lastScrub = farm.now()
        var lastTidying = 0.0
        let settings = farm.configuration.mirror
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            reloadCertificate()
            let now = farm.now()
            if now - lastTidying > 3600 {
                lastTidying = now
                await note("old uploads could not be removed") { _ = try await farm.uploads.removeStale() }
                if settings.freezesDaily { await freezeToday() }
            }
            let isDue = settings.gcHours > 0 && now - lastCollection > Double(settings.gcHours) * 3600
            if farm.quota.takeWish() || isDue {
                lastCollection = now
                await note("the collection failed") {
                    let report = try await farm.collector.run(isDryRun: false)
                    farm.logger.info(
                        "collected", metadata: ["removed": "\(report.removals.count)", "bytes": "\(report.freedBytes)"])
                }
            }
            // 256 folders in so many days.
            if settings.scrubDays > 0, now - lastScrub > Double(settings.scrubDays) * 86400 / 256 {
                lastScrub = now
                await note("the scrub failed") { _ = try await farm.scrubber.step() }
            }
        }
    }

    private func reloadCertificate() {
        guard let certificate else { return }
        do {
            if try certificate.reload() { farm.logger.info("the certificate was read again") }
        } catch {
            farm.logger.error(
                "the new certificate cannot be used, the former one stays",
                metadata: ["error": "\(ProblemReport(error).oneLine)"])
        }
    }

    private func freezeToday() async {
        await note("the API could not be frozen") {
            let day = ApiDate.text(farm.now())
            guard try await !farm.api.snapshots().contains(day) else { return }
            let paths = try await farm.api.freeze(day)
            farm.logger.info("API frozen", metadata: ["day": "\(day)", "documents": "\(paths.count)"])
        }
    }

    private func note(_ words: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
        } catch {
            farm.logger.error("\(words)", metadata: ["error": "\(ProblemReport(error).oneLine)"])
        }
    }
}

/// A day as snapshots are named: `2026-11-01`, in UTC.
enum ApiDate {
    static func text(_ seconds: Double) -> String {
        String(Date(timeIntervalSince1970: seconds).ISO8601Format().prefix(10))
    }
}

extension Farm {
    var collector: Collector { collector(for: 0) }

    /// - Parameter room: bytes that are to come.
    func collector(for room: Int) -> Collector {
        let settings = configuration.mirror
        var policy = CollectionPolicy()
        policy.keptVersions = settings.keptVersions
        policy.keptDays = settings.keptDays
        policy.untaggedAge = Double(settings.untaggedDays) * 86400
        policy.quota = settings.quota > 0 ? max(1, settings.quota - room) : 0
        return Collector(
            database: database, blobs: blobs, gate: gate, leases: leases, answers: answers, fills: mirror.fills,
            policy: policy, sources: sources, now: now)
    }

    var scrubber: Scrubber {
        Scrubber(
            database: database, blobs: blobs, gate: gate, answers: answers, damaged: folder.root.appending("damaged"),
            logger: logger, now: now)
    }
}
