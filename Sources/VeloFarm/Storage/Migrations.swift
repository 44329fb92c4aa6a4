import GRDB

/// The tables, as a list of steps. A step that was released is never edited: the next change is a new one.
enum Migrations {
    static func all() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-taps", migrate: taps)
        migrator.registerMigration("002-bottles", migrate: bottles)
        migrator.registerMigration("003-queue", migrate: queue)
        migrator.registerMigration("004-registry", migrate: registry)
        migrator.registerMigration("005-mirror", migrate: mirror)
        migrator.registerMigration("006-access", migrate: access)
        migrator.registerMigration("007-build-keys", migrate: buildKeys)
        migrator.registerMigration("008-api-adoption", migrate: apiAdoption)
        return migrator
    }

    /// Taps, the formulae in them as text and evaluated, and what was wrong with the others.
    private static func taps(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE taps (
                    id INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    kind TEXT NOT NULL CHECK (kind IN ('folder', 'repository', 'clone')),
                    location TEXT NOT NULL,
                    revision TEXT,          -- commit the formulae were read at; null for a plain folder
                    updated REAL NOT NULL   -- seconds since 1970, as everywhere
                );
                CREATE TABLE formulae (
                    id INTEGER PRIMARY KEY,
                    tap_id INTEGER NOT NULL REFERENCES taps (id) ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    path TEXT NOT NULL,
                    source BLOB NOT NULL,
                    record TEXT NOT NULL,   -- FormulaRecord as JSON
                    UNIQUE (tap_id, name)
                );
                CREATE TABLE formula_problems (
                    tap_id INTEGER NOT NULL REFERENCES taps (id) ON DELETE CASCADE,
                    path TEXT NOT NULL,
                    message TEXT NOT NULL
                );
                CREATE INDEX formula_problems_by_tap ON formula_problems (tap_id);
                -- One row: what the catalog shows has this revision.
                CREATE TABLE catalog_state (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    revision INTEGER NOT NULL,
                    changed REAL NOT NULL
                );
                INSERT INTO catalog_state (id, revision, changed) VALUES (1, 1, 0);
                """)
    }

    /// Bottles and how a registry names them. They outlive their tap: what was published stays reachable.
    private static func bottles(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE blobs (
                    digest TEXT PRIMARY KEY,    -- hexadecimal
                    size INTEGER NOT NULL,
                    added REAL NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE bottles (
                    id INTEGER PRIMARY KEY,
                    tap TEXT NOT NULL,
                    formula TEXT NOT NULL,
                    pkg_version TEXT NOT NULL,
                    platform TEXT NOT NULL,
                    rebuild INTEGER NOT NULL,
                    digest TEXT NOT NULL REFERENCES blobs (digest),
                    size INTEGER NOT NULL,
                    tar_digest TEXT NOT NULL,
                    installed_size INTEGER NOT NULL,
                    cellar TEXT NOT NULL,
                    longest_prefix INTEGER,
                    tab TEXT NOT NULL,          -- Tab as JSON
                    executables TEXT NOT NULL,  -- one path in a line
                    is_tested INTEGER NOT NULL,
                    flat_name TEXT NOT NULL,    -- percent-encoded
                    tap_commit TEXT,
                    published REAL NOT NULL,
                    UNIQUE (tap, formula, pkg_version, platform, rebuild)
                );
                CREATE INDEX bottles_by_flat_name ON bottles (flat_name);
                -- Image indexes, image manifests and image configurations: small JSON, served by digest.
                CREATE TABLE documents (
                    digest TEXT PRIMARY KEY,
                    media_type TEXT NOT NULL,
                    bytes BLOB NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE image_tags (
                    tap TEXT NOT NULL,
                    image TEXT NOT NULL,
                    tag TEXT NOT NULL,
                    digest TEXT NOT NULL REFERENCES documents (digest),
                    PRIMARY KEY (image, tag, tap)
                ) WITHOUT ROWID;
                """)
    }

    /// Builds, their jobs, and which job waits for which.
    private static func queue(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE builds (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    tap TEXT NOT NULL,
                    formula TEXT NOT NULL,
                    platform TEXT NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
                    created REAL NOT NULL,
                    finished REAL
                );
                CREATE TABLE jobs (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    tap TEXT NOT NULL,
                    formula TEXT NOT NULL,
                    pkg_version TEXT NOT NULL,
                    platform TEXT NOT NULL,
                    rebuild INTEGER NOT NULL DEFAULT 0,
                    state TEXT NOT NULL
                        CHECK (state IN ('waiting', 'ready', 'running', 'succeeded', 'failed', 'skipped')),
                    deps_left INTEGER NOT NULL,
                    lease_owner TEXT,
                    lease_epoch INTEGER NOT NULL DEFAULT 0,     -- grows with every claim: the fence
                    lease_expires REAL,
                    not_before REAL NOT NULL DEFAULT 0,
                    attempt INTEGER NOT NULL DEFAULT 0,         -- of building
                    interruptions INTEGER NOT NULL DEFAULT 0,   -- attempts that told nothing about the formula
                    setback TEXT,                               -- what the last of those was
                    phase TEXT,
                    failure TEXT,                               -- JobFailure as JSON
                    created REAL NOT NULL,
                    started REAL,
                    finished REAL
                );
                CREATE INDEX jobs_ready ON jobs (id) WHERE state = 'ready';
                CREATE INDEX jobs_leased ON jobs (lease_expires) WHERE state = 'running';
                -- A bottle is made by one job at a time; builds that want it share the job.
                CREATE UNIQUE INDEX jobs_open ON jobs (tap, formula, pkg_version, platform)
                    WHERE state IN ('waiting', 'ready', 'running');
                CREATE TABLE job_dependencies (
                    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                    needs_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                    PRIMARY KEY (job_id, needs_id)
                ) WITHOUT ROWID;
                CREATE INDEX job_dependents ON job_dependencies (needs_id);
                CREATE TABLE build_jobs (
                    build_id INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    job_id INTEGER NOT NULL REFERENCES jobs (id),
                    PRIMARY KEY (build_id, position)
                ) WITHOUT ROWID;
                CREATE INDEX build_jobs_by_job ON build_jobs (job_id);
                """)
    }

    /// What bottles were built from, so that nothing is built twice.
    private static func buildKeys(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE build_keys (
                    key TEXT PRIMARY KEY,           -- hexadecimal, see BuildKey
                    digest TEXT NOT NULL,           -- of the bottle
                    base TEXT NOT NULL,             -- the key without dependencies
                    dependencies TEXT NOT NULL,     -- digests by full name, as JSON
                    inputs TEXT NOT NULL,           -- what was digested, a line each
                    bottle TEXT NOT NULL,           -- BottleRow as JSON
                    made REAL NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX build_keys_by_digest ON build_keys (digest);
                ALTER TABLE jobs ADD COLUMN taken_over INTEGER NOT NULL DEFAULT 0;
                """)
    }
}
