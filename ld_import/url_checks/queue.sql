-- The URLs of one manifest, in a temporary database.
CREATE TEMP TABLE wanted (
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL,
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  expires_at INTEGER,
  is_chosen INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'waiting',  -- or `known` from an earlier call, or `asked`
  UNIQUE (digest, kind)
);
CREATE TEMP TABLE record (
  line INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  wanted INTEGER NOT NULL
);
