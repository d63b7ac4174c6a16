-- Results of URL checks. A URL is identified by its hash: secrets in it are not stored.
CREATE TABLE url_check (
  digest BLOB NOT NULL,         -- of the whole URL
  kind TEXT NOT NULL,           -- the content expected there, such as `videos`
  url TEXT NOT NULL,            -- without secrets
  host TEXT NOT NULL,
  reason TEXT NOT NULL,
  status INTEGER,
  final_url TEXT NOT NULL,
  media_type TEXT NOT NULL,
  byte_count INTEGER,
  detail TEXT NOT NULL,
  remarks TEXT NOT NULL,        -- separated by spaces
  checked_at INTEGER NOT NULL,  -- seconds since 1970
  valid_until INTEGER NOT NULL,
  PRIMARY KEY (digest, kind)
) WITHOUT ROWID;
