import GRDB

extension Migrations {
    /// Repositories as a registry has them: what is in which, what its tags are, and what a manifest refers to.
    static func registry(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE tags (
                    repository TEXT NOT NULL,   -- velo/recipes/openssl/3
                    tag TEXT NOT NULL,
                    digest TEXT NOT NULL REFERENCES documents (digest),
                    image TEXT NOT NULL,        -- the repository without its first two parts; empty if it has no more
                    origin TEXT NOT NULL CHECK (origin IN ('own', 'pushed', 'upstream')),
                    updated REAL NOT NULL,
                    checked REAL NOT NULL,      -- when upstream last said that it is current
                    used REAL NOT NULL,
                    PRIMARY KEY (repository, tag)
                ) WITHOUT ROWID;
                CREATE INDEX tags_by_image ON tags (image, tag);
                CREATE INDEX tags_by_digest ON tags (digest);
                CREATE TABLE repository_manifests (
                    repository TEXT NOT NULL,
                    digest TEXT NOT NULL REFERENCES documents (digest),
                    subject TEXT,
                    artifact_type TEXT,
                    annotations TEXT,           -- JSON, of those with a subject
                    added REAL NOT NULL,
                    PRIMARY KEY (repository, digest)
                ) WITHOUT ROWID;
                CREATE INDEX repository_manifests_by_digest ON repository_manifests (digest);
                CREATE INDEX referrers ON repository_manifests (repository, subject) WHERE subject IS NOT NULL;
                CREATE TABLE repository_blobs (
                    repository TEXT NOT NULL,
                    digest TEXT NOT NULL,
                    added REAL NOT NULL,
                    PRIMARY KEY (repository, digest)
                ) WITHOUT ROWID;
                CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);
                -- What a manifest names: other manifests, or blobs. Collection follows these.
                CREATE TABLE manifest_links (
                    manifest TEXT NOT NULL,
                    target TEXT NOT NULL,
                    kind TEXT NOT NULL CHECK (kind IN ('manifest', 'blob')),
                    PRIMARY KEY (manifest, target)
                ) WITHOUT ROWID;
                CREATE INDEX manifest_links_by_target ON manifest_links (target);
                -- Bottles that came as images, under the names that flat clients ask for.
                CREATE TABLE flat_files (
                    flat_name TEXT NOT NULL,    -- percent-encoded
                    repository TEXT NOT NULL,
                    digest TEXT NOT NULL,
                    size INTEGER,
                    PRIMARY KEY (flat_name, repository)
                ) WITHOUT ROWID;
                CREATE TABLE uploads (
                    id TEXT PRIMARY KEY,
                    repository TEXT NOT NULL,
                    started REAL NOT NULL,
                    touched REAL NOT NULL
                ) WITHOUT ROWID;

                INSERT INTO tags (repository, tag, digest, image, origin, updated, checked, used)
                    SELECT tap || '/' || image, tag, digest, image, 'own', 0, 0, 0 FROM image_tags;
                INSERT INTO repository_manifests (repository, digest, added)
                    SELECT DISTINCT repository, digest, 0 FROM tags;
                INSERT OR IGNORE INTO manifest_links (manifest, target, kind)
                    SELECT documents.digest, substr(json_extract(entry.value, '$.digest'), 8), 'manifest'
                    FROM documents, json_each(CAST(documents.bytes AS TEXT), '$.manifests') AS entry
                    WHERE media_type = 'application/vnd.oci.image.index.v1+json';
                INSERT OR IGNORE INTO repository_manifests (repository, digest, added)
                    SELECT repository, target, 0 FROM tags JOIN manifest_links ON manifest = tags.digest;
                INSERT OR IGNORE INTO manifest_links (manifest, target, kind)
                    SELECT documents.digest, substr(json_extract(entry.value, '$.digest'), 8), 'blob'
                    FROM documents, json_each(CAST(documents.bytes AS TEXT), '$.layers') AS entry
                    WHERE media_type = 'application/vnd.oci.image.manifest.v1+json';
                INSERT OR IGNORE INTO manifest_links (manifest, target, kind)
                    SELECT digest, substr(json_extract(CAST(bytes AS TEXT), '$.config.digest'), 8), 'blob'
                    FROM documents WHERE media_type = 'application/vnd.oci.image.manifest.v1+json';
                INSERT OR IGNORE INTO repository_blobs (repository, digest, added)
                    SELECT repository, target, 0 FROM repository_manifests
                    JOIN manifest_links ON manifest = digest AND kind = 'blob';
                DROP TABLE image_tags;
                """)
    }

    /// What is mirrored ahead and what is kept; API documents, live and frozen.
    static func mirror(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE mirror_rules (
                    name TEXT NOT NULL,         -- of a formula, or * for everything
                    tap TEXT NOT NULL,
                    added REAL NOT NULL,
                    synced REAL,
                    problem TEXT,
                    PRIMARY KEY (tap, name)
                ) WITHOUT ROWID;
                CREATE TABLE pins (
                    reference TEXT PRIMARY KEY, -- REPOSITORY:TAG, or a digest
                    reason TEXT NOT NULL,
                    added REAL NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE api_documents (
                    snapshot TEXT NOT NULL,     -- YYYY-MM-DD, or empty for the live one
                    path TEXT NOT NULL,
                    digest TEXT NOT NULL,
                    size INTEGER NOT NULL,
                    type TEXT NOT NULL,
                    etag TEXT,
                    modified REAL NOT NULL,     -- as upstream says
                    checked REAL NOT NULL,
                    PRIMARY KEY (snapshot, path)
                ) WITHOUT ROWID;
                CREATE INDEX api_documents_by_digest ON api_documents (digest);
                -- Where a scrub or a collection has come to, and what the last ones found.
                CREATE TABLE upkeep (
                    task TEXT PRIMARY KEY,
                    position TEXT,
                    finished REAL,
                    report TEXT
                ) WITHOUT ROWID;
                -- Blobs whose file was found to be something else, and was taken away.
                CREATE TABLE damaged_blobs (
                    digest TEXT PRIMARY KEY,
                    size INTEGER NOT NULL,
                    found REAL NOT NULL
                ) WITHOUT ROWID;
                """)
    }

    /// Tokens: only their digests are kept.
    static func access(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE tokens (
                    id INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    hash TEXT NOT NULL UNIQUE,
                    scopes TEXT NOT NULL,       -- separated by blanks
                    created REAL NOT NULL,
                    expires REAL,
                    used REAL
                );
                """)
    }

    /// Since when a document has been what is served at its path: later than it was modified.
    static func apiAdoption(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE api_documents ADD COLUMN adopted REAL NOT NULL DEFAULT 0;
                UPDATE api_documents SET adopted = checked;
                """)
    }
}
