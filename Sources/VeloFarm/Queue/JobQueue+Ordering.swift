import GRDB
import VeloCore

extension JobQueue {
    /// Orders a build: plans it and enqueues what is missing, in one transaction, so that a bottle published meanwhile
    /// is seen, and a job that is already open for the same bottle is shared.
    ///
    /// - Throws: `PlanError` when there is no plan; then nothing was changed.
    ///
    /// - Parameter bases: what the keys of formulae are now, without dependencies: see `FarmKeys`. Bottles of the others
    ///   will do as they are.
    func order(
        _ name: String, platform: String, index: FormulaIndex, externals: [String: String],
        bases: [FormulaReference: String] = [:]
    ) async throws -> Int {
        let now = now()
        return try await database.pool.write { db in
            var planner = BuildPlanner(index: index, externals: externals) { record in
                try FarmDatabase.hasBottle(db, record, platform: platform)
            }
            planner.standing = { record in
                guard let base = bases[record.reference] else { return .unknown }
                return try FarmDatabase.standing(db, record, platform: platform, base: base, index)
            }
            return try Self.enqueue(db, planner.plan(name), platform: platform, now: now)
        }
    }

    private static func enqueue(_ db: Database, _ plan: BuildPlan, platform: String, now: Double) throws -> Int {
        try db.execute(
            sql: "INSERT INTO builds (tap, formula, platform, state, created) VALUES (?, ?, ?, 'running', ?)",
            arguments: [plan.target.tap, plan.target.name, platform, now])
        let build = Int(db.lastInsertedRowID)
        var jobs: [Int] = []
        for (position, step) in plan.steps.enumerated() {
            let job =
                try openJob(db, step, platform: platform)
                ?? insert(db, step, needs: step.needs.map { jobs[$0] }, platform, now)
            jobs.append(job)
            try db.execute(
                sql: "INSERT INTO build_jobs (build_id, position, job_id) VALUES (?, ?, ?)",
                arguments: [build, position, job])
        }
        try settleBuilds(db, now: now)
        return build
    }

    private static func openJob(_ db: Database, _ step: BuildPlan.Step, platform: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT id FROM jobs WHERE tap = ? AND formula = ? AND pkg_version = ? AND platform = ?
                    AND state IN ('waiting', 'ready', 'running')
                """, arguments: [step.tap, step.formula, step.pkgVersion, platform])
    }

    private static func insert(
        _ db: Database, _ step: BuildPlan.Step, needs: [Int], _ platform: String, _ now: Double
    ) throws -> Int {
        try db.execute(
            sql: """
                INSERT INTO jobs (tap, formula, pkg_version, platform, state, deps_left, created)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                step.tap, step.formula, step.pkgVersion, platform, needs.isEmpty ? "ready" : "waiting", needs.count,
                now,
            ])
        let job = Int(db.lastInsertedRowID)
        for other in needs {
            try db.execute(
                sql: "INSERT INTO job_dependencies (job_id, needs_id) VALUES (?, ?)", arguments: [job, other])
        }
        return job
    }
}
