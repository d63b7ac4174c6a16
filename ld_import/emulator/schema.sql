-- The store of the emulated server: one row per import job, per media library entry and
-- per version of an entry.
CREATE TABLE IF NOT EXISTS job (
  n INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  system_name TEXT NOT NULL,
  items BLOB NOT NULL,
  item_count INTEGER NOT NULL,
  context BLOB,
  webhook TEXT,
  faults BLOB NOT NULL,
  created_at REAL NOT NULL,
  ready_at REAL NOT NULL,
  asked INTEGER NOT NULL DEFAULT 0,
  worked_at REAL,
  state TEXT,
  results BLOB,
  is_notified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS job_unworked ON job (n) WHERE worked_at IS NULL;
CREATE INDEX IF NOT EXISTS job_unnotified ON job (n)
  WHERE webhook IS NOT NULL AND is_notified = 0 AND worked_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS job_quota ON job (kind, created_at);

CREATE TABLE IF NOT EXISTS entry (
  n INTEGER PRIMARY KEY,
  media_id TEXT NOT NULL UNIQUE,
  system_name TEXT,
  external_id TEXT,
  kind TEXT NOT NULL,
  media_type TEXT NOT NULL,
  url TEXT NOT NULL,
  file_name TEXT NOT NULL,
  metadata BLOB NOT NULL,
  translations BLOB NOT NULL,
  mime_type TEXT NOT NULL,
  asset BLOB NOT NULL,
  content BLOB NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  repeated INTEGER NOT NULL,
  patched INTEGER NOT NULL,
  is_revoked INTEGER NOT NULL,
  revoke_note TEXT,
  is_archived INTEGER NOT NULL,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  UNIQUE (system_name, external_id)
);

CREATE TABLE IF NOT EXISTS revision (
  n INTEGER PRIMARY KEY,
  media_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  cause TEXT NOT NULL,
  patches BLOB NOT NULL,
  metadata BLOB NOT NULL,
  translations BLOB NOT NULL,
  asset BLOB NOT NULL,
  url TEXT NOT NULL,
  file_name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  is_revoked INTEGER NOT NULL,
  is_archived INTEGER NOT NULL,
  updated_at REAL NOT NULL,
  UNIQUE (media_id, version)
);
