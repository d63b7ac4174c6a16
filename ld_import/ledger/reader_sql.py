"""The queries of `reader`; their columns have the names of `ledger export`."""

from __future__ import annotations

from ld_import.ledger.sql import STATE_NOW, attempts
from ld_import.ledger.url_starts import JOIN_STARTS, URL


def moment(column: str) -> str:
    """Return an expression for a column with a time as text in ISO 8601."""
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"


ITEM_STATE, ATTEMPT_STATE = STATE_NOW.format("item"), STATE_NOW.format("attempt")
FIRST_SEEN = moment("coalesce(item.first_seen_at, batch.created_at)")
UPDATED = moment("coalesce(batch.settled_at, batch.created_at)")
ITEM_COLUMNS = f"""
  target.server AS server, target.project AS project, target.kind AS kind,
  system.system_name AS systemName, item.external_id AS externalId,
  {ITEM_STATE} AS state, item.reason AS reason, item.media_id AS mediaId, {URL} AS url,
  item.file_name AS fileName, batch.job_id AS jobId, item.attempts AS attempts,
  run.manifest AS manifest, item.line AS line, {FIRST_SEEN} AS firstSeenAt,
  {UPDATED} AS updatedAt, media.original_url AS originalUrl,
  mime_type.mime_type AS mimeType, media.width AS width, media.height AS height,
  media.duration AS duration, media.size AS size, media.key AS key
"""
# Items in the order of their rows: for one target SQLite would use the index by externalId instead.
ITEM_TABLES = f"""
item NOT INDEXED CROSS JOIN target USING (target_id) CROSS JOIN system USING (system_id)
{JOIN_STARTS} JOIN batch ON batch.batch_id = item.batch_id
JOIN run ON run.run_number = batch.run_number LEFT JOIN media ON media.item_id = item.item_id
LEFT JOIN mime_type USING (mime_type_id)
"""
INVALID_COLUMNS = f"""
  target.server AS server, target.project AS project, target.kind AS kind,
  run.system_name AS systemName, invalid.external_id AS externalId,
  'invalid' AS state,
  (SELECT group_concat(value, '; ') FROM json_each(invalid.problems)) AS reason,
  NULL AS mediaId, NULL AS url, NULL AS fileName, NULL AS jobId, 0 AS attempts,
  invalid.manifest AS manifest, invalid.line AS line, {moment("run.started_at")} AS firstSeenAt,
  {moment("run.started_at")} AS updatedAt, NULL AS originalUrl, NULL AS mimeType,
  NULL AS width, NULL AS height, NULL AS duration, NULL AS size, NULL AS key
"""
INVALID_TABLES = """
invalid JOIN target USING (target_id) JOIN run ON run.run_number = invalid.run_number
"""
RUNS = f"""
SELECT run_id AS run, target.kind AS kind, target.server AS server, target.project AS project,
  run.system_name AS systemName, run.manifest AS manifest,
  {moment("started_at")} AS startedAt, {moment("ended_at")} AS endedAt,
  exit_code AS exitCode, host, pid, command, activity, summary
FROM run JOIN target USING (target_id) WHERE {{}} ORDER BY run_number DESC LIMIT ?
"""
TARGETS = """
SELECT target.server AS server, target.project AS project, target.kind AS kind
FROM target WHERE EXISTS (SELECT 1 FROM run WHERE run.target_id = target.target_id)
ORDER BY target_id
"""
MANIFEST_FILES = """
SELECT manifest AS file FROM run
UNION SELECT records_file FROM run WHERE records_file IS NOT NULL
"""
LAST_END = """
SELECT max(ended_at) AS moment FROM run JOIN target USING (target_id)
WHERE server = ? AND project = ? AND kind = ? AND manifest = ? AND ended_at <= ?
  AND activity = 'import' AND exit_code IN
"""
OF_BATCH = attempts("batch_id = batch.batch_id")
JOBS = f"""
SELECT batch.batch_id AS batch, job_id AS jobId, batch.state AS state, job_state AS jobState,
  item_count AS items,
  (SELECT count(*) FROM {OF_BATCH} WHERE state = 'success') AS success,
  (SELECT count(*) FROM {OF_BATCH} WHERE state = 'skipped') AS skipped,
  (SELECT count(*) FROM {OF_BATCH} WHERE state = 'failed') AS failed,
  batch.reason AS reason, run.run_id AS run, target.kind AS kind, target.server AS server,
  target.project AS project, {moment("created_at")} AS createdAt,
  {moment("submitted_at")} AS submittedAt, {moment("settled_at")} AS settledAt
FROM batch JOIN run USING (run_number) JOIN target ON target.target_id = batch.target_id
"""
ATTEMPTS = f"""
SELECT attempt.batch_id AS batch, batch.job_id AS jobId, {ATTEMPT_STATE} AS state,
  attempt.reason AS reason, run.run_id AS run, {moment("batch.created_at")} AS sentAt
FROM {attempts("item_id = ?")} AS attempt JOIN batch ON batch.batch_id = attempt.batch_id
JOIN run ON run.run_number = batch.run_number ORDER BY attempt.batch_id
"""
# The index of items begins with target and systemName, of which there are few.
OF_EXTERNAL_ID = """
item.item_id IN (
  SELECT one.item_id FROM target CROSS JOIN system CROSS JOIN item AS one
  ON one.target_id = target.target_id AND one.system_id = system.system_id
    AND one.external_id = ?)
"""
ITEMS_OF_JOB = f"""
SELECT item.external_id AS externalId, {ATTEMPT_STATE} AS state, attempt.reason AS reason,
  item.media_id AS mediaId, item.line AS line
FROM {attempts("batch_id IN (SELECT batch_id FROM batch WHERE job_id = ?)")} AS attempt
CROSS JOIN batch USING (batch_id) CROSS JOIN item USING (item_id) ORDER BY item.item_id
"""
