"""The queries of `run_reader`."""

from __future__ import annotations

from ld_import.ledger.reader_sql import ATTEMPT_STATE, RUNS
from ld_import.ledger.sql import IN_RUN, OF_ITEM
from ld_import.ledger.url_starts import JOIN_STARTS, URL

# Commands that adopt or undo items are runs, too, and have counts of their own.
ONE_RUN = (
    RUNS.replace(
        "exit_code AS exitCode,",
        "exit_code AS exitCode, run_number AS number, run.target_id AS targetId,"
        " external_id_template AS template, started_at AS started, ended_at AS ended,",
    )
    .replace("WHERE", "WHERE activity = 'import' AND")
    .replace("LIMIT ?", "LIMIT 1")
)
OUTCOMES = f"""
SELECT batch.settled_at AS at,
  sum(attempt.state = 'success') AS success, sum(attempt.state = 'skipped') AS skipped,
  sum(attempt.state = 'failed') AS failed
FROM {IN_RUN} AS attempt CROSS JOIN batch USING (batch_id)
WHERE batch.settled_at IS NOT NULL GROUP BY batch.settled_at
"""
PROBLEM_COLUMNS = f"""
  item.external_id AS externalId, attempt.reason AS reason, {URL} AS url,
  item.file_name AS fileName, batch.job_id AS jobId, item.line AS line, item.attempts AS attempts,
  item.state AS now
"""
_ATTEMPTS = f"""
SELECT {ATTEMPT_STATE} AS state, {PROBLEM_COLUMNS}
FROM {IN_RUN} AS attempt CROSS JOIN batch ON batch.batch_id = attempt.batch_id
CROSS JOIN item ON item.item_id = attempt.item_id {JOIN_STARTS}
"""
SKIPPED = f"{_ATTEMPTS} WHERE attempt.state = 'skipped' LIMIT ?"
SKIP_REASONS = f"""
SELECT reason, count(*) AS count FROM {IN_RUN} WHERE state = 'skipped' GROUP BY reason
"""
# Parts of a batch are sent again in the same run: the last attempt counts.
PROBLEMS = f"""
{_ATTEMPTS} WHERE attempt.state NOT IN ('success', 'skipped') AND NOT EXISTS (
  SELECT 1 FROM {OF_ITEM} AS later CROSS JOIN batch AS later_batch USING (batch_id)
  WHERE later.batch_id > attempt.batch_id
    AND later_batch.run_number = batch.run_number)
"""
_LEFT_BEFORE = f"""
SELECT {{}} AS state, {PROBLEM_COLUMNS.replace("attempt.reason", "item.reason")}
FROM item {JOIN_STARTS} JOIN batch USING (batch_id) JOIN run USING (run_number)
WHERE item.state <> 'success' AND {{}} AND item.target_id = ?
  AND run.manifest = ? AND run.run_number < ?
"""
FAILED_BEFORE = _LEFT_BEFORE.format("'failed before'", "item.state = 'failed'")
OPEN_BEFORE = _LEFT_BEFORE.format(
    "'open since an earlier run'", "item.state = 'pending' AND batch.state = 'submitted'"
)
INVALID_OF_RUN = """
SELECT line, external_id AS externalId, problems FROM invalid
WHERE target_id = ? AND run_number = ? ORDER BY line, ordinal
"""
SLOWEST_JOBS = """
SELECT job_id AS jobId, item_count AS items, state, job_state AS jobState, created_at AS sentAt,
  settled_at - coalesce(submitted_at, created_at) AS seconds
FROM batch WHERE run_number = ? AND state <> 'refused' AND submitted_at IS NOT NULL
ORDER BY settled_at IS NOT NULL, seconds DESC, batch_id LIMIT ?
"""
SENT_UNTIL = """
SELECT coalesce(sum(item_count), 0) AS count FROM batch
WHERE target_id = ? AND created_at > ? AND created_at <= ? AND state <> 'refused'
"""
REFUSALS = """
SELECT reason FROM batch
WHERE target_id = ? AND created_at <= ? AND state = 'refused' AND reason IS NOT NULL
ORDER BY created_at DESC LIMIT ?
"""
