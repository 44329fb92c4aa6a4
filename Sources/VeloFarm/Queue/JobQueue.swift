import GRDB
import VeloCore

/// The queue of jobs, in the database: it survives the process, and every step is one transaction.
///
/// ```
/// waiting ──▶ ready ──▶ running ──▶ succeeded
///    │          ▲          │ ├────▶ failed
///    ▼          └──────────┘ lease ran out, stopped, or a setback that says nothing about the formula
/// skipped     (something it waits for failed)
/// ```
///
/// A worker holds a job by a lease. Each claim raises the job's epoch, and every change by a worker names the epoch it
/// claimed: one that comes back after its lease was given away changes nothing.
struct JobQueue: Sendable {
    let database: FarmDatabase
    let now: @Sendable () -> Double
    var retries = RetryPolicy()
    /// Seconds for which a claim holds without a sign of life.
    var leaseLength: Double = 60

    /// A job that a worker has.
    struct Lease: Sendable, Equatable {
        var job: Int
        var epoch: Int
    }

    /// What a worker needs to know of a job it has claimed.
    struct Claim: Sendable, Equatable {
        var lease: Lease
        var formula: FormulaReference
        var pkgVersion: String
        var platform: String
        var rebuild: Int
        var attempt: Int
    }

    /// Takes the oldest job that is ready; nil when there is none.
    func claim(owner: String) async throws -> Claim? {
        let now = now()
        return try await database.pool.write { db in
            try Row.fetchOne(
                db,
                sql: """
                    UPDATE jobs SET state = 'running', lease_owner = :owner, lease_epoch = lease_epoch + 1,
                        lease_expires = :expires, attempt = attempt + 1, started = :now, phase = NULL
                    WHERE id = (SELECT id FROM jobs WHERE state = 'ready' AND not_before <= :now ORDER BY id LIMIT 1)
                    RETURNING id, lease_epoch, tap, formula, pkg_version, platform, rebuild, attempt
                    """, arguments: ["owner": owner, "expires": now + leaseLength, "now": now]
            ).map { row in
                Claim(
                    lease: Lease(job: row["id"], epoch: row["lease_epoch"]),
                    formula: FormulaReference(tap: row["tap"], name: row["formula"]), pkgVersion: row["pkg_version"],
                    platform: row["platform"], rebuild: row["rebuild"], attempt: row["attempt"])
            }
        }
    }

    /// Extends a lease.
    ///
    /// - Throws: `FarmError.leaseLost`, as everything below that takes a lease.
    func heartbeat(_ lease: Lease) async throws {
        let expires = now() + leaseLength
        try await database.pool.write { db in
            try Self.change(db, lease, "lease_expires = ?", [expires])
        }
    }

    func setPhase(_ phase: String, _ lease: Lease) async throws {
        try await database.pool.write { db in try Self.change(db, lease, "phase = ?", [phase]) }
    }

    /// Ends a job well, inside the transaction that publishes its bottle.
    ///
    /// - Parameter isTakenOver: Whether the bottle was there already, from an earlier build with the same key.
    func succeed(_ db: Database, _ lease: Lease, isTakenOver: Bool = false) throws {
        let now = now()
        try Self.change(
            db, lease,
            """
            state = 'succeeded', finished = ?, taken_over = ?, lease_owner = NULL, lease_expires = NULL, setback = NULL
            """, [now, isTakenOver])
        try db.execute(
            sql: """
                UPDATE jobs SET deps_left = deps_left - 1,
                    state = CASE WHEN state = 'waiting' AND deps_left <= 1 THEN 'ready' ELSE state END
                WHERE id IN (SELECT job_id FROM job_dependencies WHERE needs_id = ?)
                """, arguments: [lease.job])
        try Self.settleBuilds(db, now: now)
    }

    /// Ends an attempt that made no bottle: the job fails with all that wait for it, or goes back.
    func end(_ lease: Lease, _ setback: RetryPolicy.Setback) async throws -> RetryPolicy.Verdict {
        let now = now()
        return try await database.pool.write { db in
            let count =
                try Int.fetchOne(db, sql: "SELECT interruptions FROM jobs WHERE id = ?", arguments: [lease.job]) ?? 0
            let verdict = retries.verdict(on: setback, interruptions: count)
            switch verdict {
            case .fail(let failure):
                try Self.change(
                    db, lease, "state = 'failed', finished = ?, failure = ?, lease_owner = NULL, lease_expires = NULL",
                    [now, try StoredJSON.text(failure)])
                try Self.skipDependents(db, of: lease.job, now: now)
                try Self.settleBuilds(db, now: now)
            case .retry(let delay, let counts):
                var words: String?
                if case .infrastructure(let failure) = setback { words = failure.message }
                try Self.change(
                    db, lease,
                    """
                    state = 'ready', not_before = ?, interruptions = interruptions + ?, attempt = attempt - 1,
                    setback = ?, phase = NULL, lease_owner = NULL, lease_expires = NULL
                    """, [now + delay, counts ? 1 : 0, words])
            }
            return verdict
        }
    }

    /// Gives back the jobs whose worker showed no sign of life for too long; says which.
    func reapExpired() async throws -> [Int] {
        try await takeBack("lease_expires < ?", [now()], isCounted: true)
    }

    /// Gives back the jobs of workers that went with their process. Call it when the process has the data folder.
    func recover(ownerPrefix: String) async throws -> [Int] {
        try await takeBack("lease_owner LIKE ? || '%'", [ownerPrefix], isCounted: false)
    }

    private func takeBack(_ condition: String, _ arguments: StatementArguments, isCounted: Bool) async throws -> [Int] {
        let now = now()
        return try await database.pool.write { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT id, lease_epoch, interruptions FROM jobs WHERE state = 'running' AND \(condition)",
                arguments: arguments)
            for row in rows {
                let lease = Lease(job: row["id"], epoch: row["lease_epoch"])
                let failure = JobFailure(
                    phase: "", message: "the worker went away while it built this", hints: [], lastLines: [],
                    log: Self.logPath(lease.job))
                // A build that brings the farm down each time must not do so for ever: losses count, a stop does not.
                let verdict = retries.verdict(
                    on: isCounted ? .infrastructure(failure) : .stopped, interruptions: row["interruptions"])
                switch verdict {
                case .fail(let failure):
                    try Self.change(
                        db, lease, "state = 'failed', finished = ?, failure = ?", [now, try StoredJSON.text(failure)])
                    try Self.skipDependents(db, of: lease.job, now: now)
                case .retry:
                    try Self.change(
                        db, lease,
                        """
                        state = 'ready', not_before = 0, interruptions = interruptions + ?, attempt = attempt - 1,
                        phase = NULL, lease_owner = NULL, lease_expires = NULL
                        """, [isCounted ? 1 : 0])
                }
            }
            try Self.settleBuilds(db, now: now)
            return rows.map { $0["id"] }
        }
    }

    /// Where a job's log is, relative to the mirror's address.
    static func logPath(_ job: Int) -> String { "farm/v1/jobs/\(job)/log" }
}

extension JobQueue {
    /// Changes a job that the lease still holds. The fence: an older epoch matches no row.
    private static func change(
        _ db: Database, _ lease: Lease, _ assignments: String, _ arguments: StatementArguments
    ) throws {
        try db.execute(
            sql: "UPDATE jobs SET \(assignments) WHERE id = ? AND lease_epoch = ? AND state = 'running'",
            arguments: arguments + [lease.job, lease.epoch])
        guard db.changesCount == 1 else { throw FarmError.leaseLost(job: lease.job) }
    }

    /// Everything that waits for a job, directly or not, will not run.
    private static func skipDependents(_ db: Database, of job: Int, now: Double) throws {
        try db.execute(
            sql: """
                WITH RECURSIVE affected (id) AS (
                    SELECT job_id FROM job_dependencies WHERE needs_id = ?
                    UNION
                    SELECT job_id FROM job_dependencies JOIN affected ON needs_id = affected.id
                )
                UPDATE jobs SET state = 'skipped', finished = ?
                WHERE state IN ('waiting', 'ready') AND id IN (SELECT id FROM affected)
                """, arguments: [job, now])
    }

    /// Ends the builds of which every job has ended.
    static func settleBuilds(_ db: Database, now: Double) throws {
        try db.execute(
            sql: """
                UPDATE builds SET finished = ?, state = CASE WHEN EXISTS (
                        SELECT 1 FROM build_jobs JOIN jobs ON jobs.id = job_id
                        WHERE build_id = builds.id AND jobs.state IN ('failed', 'skipped'))
                    THEN 'failed' ELSE 'succeeded' END
                WHERE state = 'running' AND NOT EXISTS (
                    SELECT 1 FROM build_jobs JOIN jobs ON jobs.id = job_id
                    WHERE build_id = builds.id AND jobs.state IN ('waiting', 'ready', 'running'))
                """, arguments: [now])
    }
}
