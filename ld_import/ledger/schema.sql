-- The record of every attempt. `PRAGMA user_version` is the schema version; times are seconds since
-- 1970 (UTC). Any SQLite tool can read it while a run is writing.

CREATE TABLE target (
  target_id INTEGER PRIMARY KEY,
  server TEXT NOT NULL,
  project TEXT NOT NULL,
  kind TEXT NOT NULL,
  UNIQUE (server, project, kind)
);

-- One execution of a command that may send. `activity` is what it does: import, adopt (look up entries
-- that exist) or undo (archive the entries of another run).
CREATE TABLE run (
  run_number INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  target_id INTEGER NOT NULL REFERENCES target,
  manifest TEXT NOT NULL,
  system_name TEXT NOT NULL,
  external_id_template TEXT,
  command TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  exit_code INTEGER,
  summary TEXT,
  -- The file with its records, NULL for a pipe; several manifests may share it.
  records_file TEXT,
  activity TEXT NOT NULL DEFAULT 'import'
);

-- With `--batch-size auto`: the size of a batch, learned from jobs that took `fixed_seconds`, and
-- `item_seconds` for each item; both are NULL while they are unknown. `most` is the limit after larger
-- jobs failed as a whole.
CREATE TABLE batch_size (
  target_id INTEGER PRIMARY KEY REFERENCES target,
  size INTEGER NOT NULL,
  fixed_seconds REAL,
  item_seconds REAL,
  most INTEGER
);

-- One request. job_id is NULL if the request was not answered.
CREATE TABLE batch (
  batch_id INTEGER PRIMARY KEY,
  run_number INTEGER NOT NULL REFERENCES run,
  target_id INTEGER NOT NULL REFERENCES target,
  item_count INTEGER NOT NULL,
  request_digest BLOB NOT NULL,
  state TEXT NOT NULL,
  job_id TEXT,
  job_state TEXT,
  reason TEXT,
  created_at INTEGER NOT NULL,
  submitted_at INTEGER,
  settled_at INTEGER
);
CREATE INDEX batch_open ON batch (target_id) WHERE state IN ('pending', 'submitted');
CREATE INDEX batch_job ON batch (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX batch_created ON batch (target_id, created_at);

-- The systemNames of items, each written once.
CREATE TABLE system (
  system_id INTEGER PRIMARY KEY,
  system_name TEXT NOT NULL UNIQUE
);

-- The beginnings of URLs, up to their last slash, of the first 10,000 folders; others are empty.
CREATE TABLE url_start (
  start_id INTEGER PRIMARY KEY,
  start TEXT NOT NULL UNIQUE
);
INSERT INTO url_start VALUES (0, '');

-- One permanent row per item. `batch_id`, `state`, `reason` and `is_existing` are its last attempt.
-- While the state is 'pending', the state of the batch says whether it was submitted. `is_existing`
-- is 0 if the attempt created the entry, 1 if the entry existed before, NULL if neither is known.
-- `marks` are the hashes of the fields sent. The URL is its start and `url_end`.
CREATE TABLE item (
  item_id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL REFERENCES target,
  system_id INTEGER NOT NULL REFERENCES system,
  external_id TEXT NOT NULL,
  state TEXT NOT NULL,
  checksum BLOB NOT NULL,
  record_digest BLOB NOT NULL,
  marks BLOB NOT NULL,
  -- Field hashes of the content the server last accepted, if it is not the content sent last.
  marks_held BLOB,
  media_id TEXT,
  reason TEXT,
  batch_id INTEGER NOT NULL REFERENCES batch,
  attempts INTEGER NOT NULL,
  start_id INTEGER NOT NULL REFERENCES url_start,
  url_end TEXT NOT NULL,
  file_name TEXT NOT NULL,
  line INTEGER NOT NULL,
  -- NULL if the last attempt is the first one: its batch has the times of both.
  first_seen_at INTEGER,
  is_existing INTEGER,
  -- Space for the mediaId, so that the row keeps its place in the file when it is settled; then NULL.
  space BLOB,
  UNIQUE (target_id, system_id, external_id)
);
CREATE INDEX item_batch ON item (batch_id);
-- Most items are successes; queries ask for the others.
CREATE INDEX item_trouble ON item (state) WHERE state <> 'success';

-- The MIME types of stored files, each written once.
CREATE TABLE mime_type (
  mime_type_id INTEGER PRIMARY KEY,
  mime_type TEXT NOT NULL UNIQUE
);

-- The stored file of an item, as the server described it: address, MIME type, pixels, seconds,
-- bytes, and its key in the storage. A row belongs to the present media_id of its item.
CREATE TABLE media (
  item_id INTEGER PRIMARY KEY REFERENCES item,
  original_url TEXT,
  mime_type_id INTEGER REFERENCES mime_type,
  width INTEGER,
  height INTEGER,
  duration REAL,
  size INTEGER,
  key TEXT
);

-- The attempts of items before their last one.
CREATE TABLE earlier_attempt (
  batch_id INTEGER NOT NULL REFERENCES batch,
  item_id INTEGER NOT NULL REFERENCES item,
  state TEXT NOT NULL,
  reason TEXT,
  is_existing INTEGER,
  PRIMARY KEY (batch_id, item_id)
) WITHOUT ROWID;
CREATE INDEX earlier_attempt_item ON earlier_attempt (item_id);

-- History: every item of every batch, with its result.
CREATE VIEW attempt AS
  SELECT batch_id, item_id, state, reason, is_existing FROM item
  UNION ALL SELECT batch_id, item_id, state, reason, is_existing FROM earlier_attempt;

-- Entries that an undo is about to archive: written before its requests, deleted with their results.
-- `run_number` is the run that created the entry, `version` its version as JSON, `entry_digest` the
-- fingerprint of its other members.
CREATE TABLE archiving (
  item_id INTEGER PRIMARY KEY REFERENCES item,
  run_number INTEGER NOT NULL REFERENCES run,
  version TEXT NOT NULL,
  entry_digest BLOB NOT NULL
);

-- The item of a record text, by digest; only of texts that no block contains. A row is outdated if
-- its item has another record_digest.
CREATE TABLE digest (
  target_id INTEGER NOT NULL REFERENCES target,
  digest BLOB NOT NULL,
  item_id INTEGER NOT NULL REFERENCES item,
  PRIMARY KEY (target_id, digest)
) WITHOUT ROWID;

-- Up to this batch, the text of each item is in `digest` or in a block.
CREATE TABLE digest_note (
  target_id INTEGER PRIMARY KEY REFERENCES target,
  last_batch_id INTEGER NOT NULL
);

-- Records that could not become items, as found by the last run over their manifest. `ordinal` counts
-- those that begin on the same line, from 1: a JSON document is often one line.
CREATE TABLE invalid (
  target_id INTEGER NOT NULL REFERENCES target,
  manifest TEXT NOT NULL,
  line INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  external_id TEXT,
  problems TEXT NOT NULL,
  run_number INTEGER NOT NULL REFERENCES run,
  PRIMARY KEY (target_id, manifest, line, ordinal)
) WITHOUT ROWID;

-- Consecutive records whose items are all settled: the next run skips them with one lookup. Valid
-- while no attempt after `last_batch_id` concerns one of `rows` (item ids, see `row_ranges.py`).
CREATE TABLE block (
  target_id INTEGER NOT NULL REFERENCES target,
  digest BLOB NOT NULL,
  manifest TEXT NOT NULL,
  rows BLOB NOT NULL,
  last_batch_id INTEGER NOT NULL,
  PRIMARY KEY (target_id, digest)
) WITHOUT ROWID;

-- The file of an item, as it was uploaded: at most one row per item, also before the item is sent.
-- `state` is 'started' before the bytes are sent, 'stored' after the object was verified, 'failed'.
-- `source` and `identity` are the file and its state when it was read last; `version` counts its
-- different contents and is the one begun last, or 0 if another object was under its key. The
-- columns from `storage` on describe the content that was stored last, with its `stored_version`;
-- they are NULL if none was.
CREATE TABLE upload (
  upload_id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL REFERENCES target,
  system_name TEXT NOT NULL,
  external_id TEXT NOT NULL,
  state TEXT NOT NULL,
  source TEXT NOT NULL,
  identity TEXT NOT NULL,
  version INTEGER NOT NULL,
  reason TEXT,
  attempts INTEGER NOT NULL,
  run_number INTEGER NOT NULL REFERENCES run,
  updated_at INTEGER NOT NULL,
  storage TEXT,
  key TEXT,
  stored_version INTEGER,
  size INTEGER,
  sha256 BLOB,
  etag TEXT,
  mime_type TEXT,
  width INTEGER,
  height INTEGER,
  duration REAL,
  UNIQUE (target_id, system_name, external_id)
);
-- Two items never share an object: the CMS deletes it with either of them.
CREATE UNIQUE INDEX upload_key ON upload (target_id, storage, key) WHERE key IS NOT NULL;
