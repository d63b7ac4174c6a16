-- An export of a ledger, for other programs; the column names are those of `ledger export`.

CREATE TABLE about (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- One row for each item, then one for each invalid record. Times are ISO 8601, in UTC.
CREATE TABLE items (
  server TEXT NOT NULL,
  project TEXT NOT NULL,
  kind TEXT NOT NULL,
  systemName TEXT NOT NULL,
  externalId TEXT,
  state TEXT NOT NULL,
  reason TEXT,
  mediaId TEXT,
  url TEXT,
  fileName TEXT,
  jobId TEXT,
  attempts INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  line INTEGER,
  firstSeenAt TEXT,
  updatedAt TEXT,
  originalUrl TEXT,
  mimeType TEXT,
  width INTEGER,
  height INTEGER,
  duration REAL,
  size INTEGER,
  key TEXT
);

-- The objects of `--as documents`: `directive` is `image` or `video`, `object` is its JSON.
CREATE VIEW documents AS
SELECT systemName, externalId, url AS legacyUrl, 'image' AS directive, json_patch(
    json_object('mediaId', mediaId, 'originalUrl', originalUrl, 'mimeType', mimeType,
      'width', width, 'height', height),
    json_object('key', key)) AS object
FROM items
WHERE kind IN ('images', 'media-library') AND state IN ('success', 'skipped')
  AND mediaId IS NOT NULL AND originalUrl IS NOT NULL AND mimeType GLOB 'image/*'
  AND width IS NOT NULL AND height IS NOT NULL
UNION ALL
SELECT systemName, externalId, url, 'video',
  json_object('mediaId', mediaId, 'originalUrl', originalUrl, 'mimeType', mimeType,
    'width', width, 'height', height, 'durationSeconds', duration)
FROM items
WHERE kind IN ('videos', 'media-library') AND state IN ('success', 'skipped')
  AND mediaId IS NOT NULL AND originalUrl IS NOT NULL AND mimeType GLOB 'video/*'
  AND width IS NOT NULL AND height IS NOT NULL AND duration IS NOT NULL;

-- From the old address to the new one.
CREATE VIEW redirects AS
SELECT systemName, externalId, url AS legacyUrl, originalUrl AS newUrl, mediaId
FROM items
WHERE state IN ('success', 'skipped') AND mediaId IS NOT NULL AND originalUrl IS NOT NULL
  AND originalUrl <> url;

-- Items and records that have no medium on the server, or may have an older one.
CREATE VIEW problems AS
SELECT kind, systemName, externalId, state, reason, manifest, line, updatedAt
FROM items
WHERE state NOT IN ('success', 'skipped');

CREATE VIEW counts AS
SELECT kind, state, count(*) AS items
FROM items
GROUP BY kind, state;
