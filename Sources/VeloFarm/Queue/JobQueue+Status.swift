import GRDB
import VeloCore

extension JobQueue {
    /// A build as it stands.
    ///
    /// - Throws: `FarmError.unknownBuild`.
    func build(_ id: Int) async throws -> BuildStatus {
        let now = now()
        return try await database.pool.read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM builds WHERE id = ?", arguments: [id]) else {
                throw FarmError.unknownBuild(id)
            }
            return try Self.status(db, row, now: now)
        }
    }

    /// The newest builds, newest first.
    func recentBuilds(limit: Int) async throws -> [BuildStatus] {
        let now = now()
        return try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM builds ORDER BY id DESC LIMIT ?", arguments: [limit])
                .map { try Self.status(db, $0, now: now) }
        }
    }

    /// - Throws: `FarmError.unknownJob`.
    func job(_ id: Int) async throws -> JobStatus {
        let now = now()
        return try await database.pool.read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM jobs WHERE id = ?", arguments: [id]) else {
                throw FarmError.unknownJob(id)
            }
            return try Self.jobStatus(db, row, now: now)
        }
    }

    /// How many jobs are in each state; states without jobs included.
    func jobCounts() async throws -> [String: Int] {
        try await database.pool.read { db in
            var counts: [String: Int] = [:]
            for state in ["waiting", "ready", "running", "succeeded", "failed", "skipped"] { counts[state] = 0 }
            for row in try Row.fetchAll(db, sql: "SELECT state, count(*) AS jobs FROM jobs GROUP BY state") {
                counts[row["state"]] = row["jobs"]
            }
            return counts
        }
    }

    /// How long ended jobs took in their last attempt, by how they ended.
    func buildSeconds() async throws -> [(state: String, jobs: Int, seconds: Double)] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT state, count(*) AS jobs, total(finished - started) AS seconds FROM jobs
                    WHERE state IN ('succeeded', 'failed') AND started IS NOT NULL GROUP BY state ORDER BY state
                    """
            ).map { ($0["state"], $0["jobs"], $0["seconds"]) }
        }
    }

    private static func status(_ db: Database, _ row: Row, now: Double) throws -> BuildStatus {
        let id: Int = row["id"]
        let jobs = try Row.fetchAll(
            db, sql: "SELECT jobs.* FROM build_jobs JOIN jobs ON jobs.id = job_id WHERE build_id = ? ORDER BY position",
            arguments: [id])
        return BuildStatus(
            id: id, formula: row["formula"], platform: row["platform"],
            state: BuildStatus.State(rawValue: row["state"]) ?? .failed, created: row["created"],
            finished: row["finished"],
            jobs: try jobs.map { try jobStatus(db, $0, now: now) })
    }

    private static func jobStatus(_ db: Database, _ row: Row, now: Double) throws -> JobStatus {
        let id: Int = row["id"]
        let state = JobStatus.State(rawValue: row["state"]) ?? .failed
        let failure: String? = row["failure"]
        return JobStatus(
            id: id, formula: row["formula"], pkgVersion: row["pkg_version"], state: state,
            reason: try reason(db, row, state, now: now), phase: row["phase"], started: row["started"],
            finished: row["finished"], attempt: row["attempt"],
            failure: try failure.map { try StoredJSON.value(JobFailure.self, $0) })
    }

    private static func reason(_ db: Database, _ row: Row, _ state: JobStatus.State, now: Double) throws -> String? {
        switch state {
        case .waiting:
            let names = try neededFormulae(db, row["id"], states: "'waiting', 'ready', 'running'")
            return names.isEmpty ? nil : "waits for " + names.map { "`\($0)`" }.joined(separator: ", ")
        case .skipped:
            let names = try neededFormulae(db, row["id"], states: "'failed', 'skipped'")
            return names.first.map { "`\($0)` was not built" }
        case .ready:
            let notBefore: Double = row["not_before"]
            let setback: String? = row["setback"]
            guard notBefore > now else { return "no worker is free" }
            let wait = "tries again in \(Int((notBefore - now).rounded(.up))) s"
            return setback.map { "\(wait): \($0)" } ?? wait
        case .succeeded:
            let isTakenOver: Bool = row["taken_over"]
            return isTakenOver ? "nothing that can change it has changed since its bottle was built" : nil
        case .running, .failed: return nil
        }
    }

    private static func neededFormulae(_ db: Database, _ job: Int, states: String) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT formula FROM job_dependencies JOIN jobs ON jobs.id = needs_id
                WHERE job_id = ? AND state IN (\(states)) ORDER BY state = 'failed' DESC, jobs.id
                """, arguments: [job])
    }
}
