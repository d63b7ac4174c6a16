"""The longer SQL statements of the SQLite backend; the tables are defined in `schema.sql`."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from datetime import datetime
from typing import TypeVar

from ld_import.ledger.row_groups import with_rows

T = TypeVar("T")

# The state of a pending item follows from the state of its batch: starting a job writes one row,
# not one row an item.
STATE_NOW = """
CASE WHEN {0}.state = 'pending' AND batch.state = 'submitted' THEN 'submitted' ELSE {0}.state END
"""
SYSTEM_ID = "SELECT system_id FROM system WHERE system_name = ?"


def attempts(condition: str) -> str:
    """Return a subquery of the attempts that meet a condition on batch_id or item_id.

    It contains the condition twice, with its parameters. The view `attempt` would be read as a
    whole for each query with a join.
    """
    columns = "SELECT batch_id, item_id, state, reason, is_existing"
    return (
        f"({columns} FROM item AS last WHERE {condition}"
        f" UNION ALL {columns} FROM earlier_attempt AS earlier WHERE {condition})"
    )


OF_ITEM = attempts("item_id = item.item_id")
IN_RUN = attempts("batch_id IN (SELECT batch_id FROM batch WHERE run_number = ?)")
# The time of the first unanswered request since the last answered one.
LOST_SINCE = f"""
(SELECT min(lost_batch.created_at) FROM {OF_ITEM} AS lost
  JOIN batch AS lost_batch ON lost_batch.batch_id = lost.batch_id
  WHERE lost.state = 'lost' AND lost.batch_id < {{0}}
    AND lost.batch_id > coalesce((
      SELECT max(known.batch_id) FROM {OF_ITEM} AS known
      WHERE known.batch_id < {{0}} AND known.state NOT IN ('lost', 'refused')), 0))
"""
# The last columns: the size of the last batch if its job failed as a whole; since when the result
# of the item is unknown; the field hashes of the request without an answer.
FIND_ITEMS = f"""
SELECT external_id, item_id, {STATE_NOW.format("item")}, checksum, record_digest, media_id,
  coalesce(marks_held, marks),
  CASE WHEN item.state = 'lost' AND batch.job_state = 'failed' THEN batch.item_count ELSE 0 END,
  CASE WHEN item.state = 'lost' THEN {LOST_SINCE.format("item.batch_id + 1")} END,
  CASE WHEN item.state = 'lost' THEN marks ELSE x'' END
FROM item JOIN batch USING (batch_id)
WHERE item.target_id = ? AND system_id = ({SYSTEM_ID}) AND external_id IN ({{}})
"""
FIND_ROWS = f"""
SELECT external_id, item_id FROM item
WHERE target_id = ? AND system_id = ({SYSTEM_ID}) AND external_id IN ({{}})
"""
INSERT_RUN = """
INSERT INTO run (run_id, target_id, manifest, records_file, system_name, external_id_template,
                 command, host, pid, started_at, activity)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
END_RUN = "UPDATE run SET ended_at = ?, exit_code = ?, summary = ? WHERE run_number = ?"
LEARNED_TIMES = """
SELECT size, fixed_seconds, item_seconds, most FROM batch_size WHERE target_id = ?
"""
LEARN_TIMES = "INSERT OR REPLACE INTO batch_size VALUES (?, ?, ?, ?, ?)"
INSERT_BATCH = """
INSERT INTO batch (run_number, target_id, item_count, request_digest, state, created_at)
VALUES (?, ?, ?, ?, 'pending', ?)
"""
SUBMIT_BATCH = """
UPDATE batch SET state = 'submitted', job_id = ?, job_state = ?, submitted_at = ? WHERE batch_id = ?
"""
REFUSE_BATCH = """
UPDATE batch SET state = 'refused', reason = ?, settled_at = ? WHERE batch_id = ?
"""
# A refused batch stays refused.
SETTLE_BATCH = """
UPDATE batch SET job_state = ?, settled_at = ?,
  state = CASE state WHEN 'refused' THEN state ELSE 'settled' END
WHERE batch_id = ?
"""
# The space is as long as a mediaId: an update that changes the length of a row moves other rows.
# The first parameters are target_id, batch_id and the length of the space. The rows have all other
# columns from item_id on.
INSERT_ITEMS = with_rows(
    """
INSERT INTO item (target_id, batch_id, space, state, attempts, item_id, system_id, external_id,
                  checksum, record_digest, marks, start_id, url_end, file_name, line)
SELECT ?, ?, zeroblob(?), 'pending', 1, * FROM (VALUES {rows})
WHERE true ON CONFLICT DO NOTHING
""",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
)
KEEP_ATTEMPTS = """
INSERT INTO earlier_attempt
SELECT batch_id, item_id, state, reason, is_existing FROM item WHERE item_id IN ({})
"""
KEEP_FIRST_SEEN = """
first_seen_at = coalesce(first_seen_at, (
  SELECT created_at FROM batch WHERE batch.batch_id = item.batch_id))
"""
# NOTE: an item that failed or whose result is unknown keeps the mediaId of an earlier success.
RENEW_ITEM = f"""
UPDATE item SET
  {KEEP_FIRST_SEEN}, state = 'pending', reason = NULL, is_existing = NULL,
  marks_held = coalesce(marks_held, CASE WHEN state IN ('lost', 'refused') THEN x'' ELSE marks END),
  checksum = ?, record_digest = ?, marks = ?, batch_id = ?, attempts = attempts + 1,
  start_id = ?, url_end = ?, file_name = ?, line = ?
WHERE item_id = ?
"""
# Of the items sent after a batch: much faster than the next query, which finds none in most runs.
COUNT_MEDIA = "SELECT count(media_id), count(DISTINCT media_id) FROM item WHERE batch_id > ?"
# Media ids that several of the items sent after a batch have in common, and these items.
SHARED_MEDIA = """
SELECT media_id, count(*), group_concat(external_id, ', ') FROM (
  SELECT media_id, external_id FROM item
  WHERE media_id IS NOT NULL AND batch_id > ? ORDER BY item_id)
GROUP BY media_id HAVING count(*) > 1 ORDER BY count(*) DESC, media_id
"""
# `marks_held` becomes NULL if the server holds the sent content (HELD). For an entry that already
# existed with other content (OTHER) it becomes the given value, else it is unchanged; an unknown
# value is empty. Positional parameters: named ones take half as much time again, for each item.
HELD, OTHER, UNCHANGED = 0, 1, 2
SETTLE_ITEM = f"""
UPDATE item SET state = ?, reason = ?, is_existing = ?, media_id = coalesce(?, media_id),
  space = NULL, marks_held = CASE ? WHEN {HELD} THEN NULL
    WHEN {OTHER} THEN coalesce(?, marks_held, x'')
    ELSE marks_held END
WHERE item_id = ? AND batch_id = ?
"""
# The rows have item_id, media_id and batch_id. The `+` makes SQLite find the items by their rows.
SETTLE_SUCCESSES = with_rows(
    """
UPDATE item SET state = 'success', reason = NULL, is_existing = 0,
  media_id = coalesce(settled.column2, media_id), space = NULL, marks_held = NULL
FROM (VALUES {rows}) AS settled
WHERE item_id = settled.column1 AND +batch_id = settled.column3
""",
    "(?, ?, ?)",
)
# For consecutive rows from the second parameter on; the first one is a JSON array of their
# mediaIds. Parameters for each item would take longer than the update of its row.
SETTLE_CREATED = """
UPDATE item SET state = 'success', reason = NULL, is_existing = 0,
  media_id = created.value, space = NULL, marks_held = NULL
FROM json_each(?) AS created
WHERE item_id = ? + created.key AND +batch_id = ?
"""
# Entries that already existed and hold other content than was sent, or were not compared. The
# redundant condition on 'success' makes SQLite use the partial index `item_trouble`.
OTHER_CONTENT = """
SELECT item_id FROM item
WHERE target_id = ? AND state = 'skipped' AND state <> 'success' AND marks_held IS NOT NULL
"""
REFUSE_ITEMS = """
UPDATE item SET state = 'refused', reason = ? WHERE batch_id = ?
"""
REFUSE_EARLIER = """
UPDATE earlier_attempt SET state = 'refused', reason = ?, is_existing = NULL WHERE batch_id = ?
"""
SETTLE_EARLIER = """
UPDATE earlier_attempt SET state = ?, reason = ?, is_existing = ?
WHERE batch_id = ? AND item_id = ?
"""
# The items of a batch, also those that were sent again since.
IN_BATCH = f"item_id IN (SELECT item_id FROM {attempts('batch_id = :batch_id')})"
ROWS_OF_BATCH = f"""
SELECT system_name, external_id, item_id FROM item JOIN system USING (system_id)
WHERE {IN_BATCH}
"""
LAST_IDENTITY = """
SELECT system_name, external_id_template FROM run
WHERE target_id = ? AND {} = ? AND activity <> 'undo' AND EXISTS (
  SELECT 1 FROM batch WHERE batch.run_number = run.run_number AND batch.state <> 'refused')
ORDER BY run_number DESC LIMIT 1
"""
SENT = """
SELECT {} FROM batch JOIN run USING (run_number)
WHERE batch.target_id = ? AND created_at > ? AND created_at <= ? AND state <> 'refused'
  AND activity = 'import'
"""
OPEN_BATCH_IDS = """
SELECT batch_id FROM batch
WHERE target_id = ? AND state IN ('pending', 'submitted') ORDER BY batch_id
"""
# The last columns: of the runs between the run of the batch and the present one, the earliest
# start and the start of the last one.
OPEN_BATCH = """
SELECT job_id, created_at, item_count,
  (SELECT min(started_at) FROM run AS later
   WHERE later.run_number > batch.run_number AND later.run_number < :run_number),
  (SELECT started_at FROM run AS later
   WHERE later.run_number > batch.run_number AND later.run_number < :run_number
   ORDER BY later.run_number DESC LIMIT 1)
FROM batch WHERE batch_id = :batch_id AND state IN ('pending', 'submitted')
"""
INVALID_BATCH_STATE = """
SELECT state FROM batch WHERE state NOT IN ('pending', 'submitted', 'settled', 'refused') LIMIT 1
"""
# The last columns: since when the result of the item was unknown before this batch, if it was; the
# field hashes of the content the server accepted before, if known.
ITEMS_OF_BATCH = f"""
SELECT system_name, external_id, media_id, marks, {LOST_SINCE.format(":batch_id")},
  coalesce(marks_held, x'')
FROM item JOIN system USING (system_id)
WHERE {IN_BATCH} ORDER BY item_id
"""
INSERT_INVALID = "INSERT OR REPLACE INTO invalid VALUES (?, ?, ?, ?, ?, ?, ?)"
# The invalid records of a manifest that the present run did not find again.
DELETE_INVALID = "DELETE FROM invalid WHERE target_id = ? AND manifest = ? AND run_number <> ?"
# Invalid records whose externalId was sent in a later run, in any manifest.
FORGET_SENT_SINCE = """
DELETE FROM invalid WHERE target_id = ? AND external_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM run
  JOIN system ON system.system_name = run.system_name
  JOIN item ON item.target_id = invalid.target_id AND item.system_id = system.system_id
    AND item.external_id = invalid.external_id
  JOIN batch ON batch.batch_id = item.batch_id
  WHERE run.run_number = invalid.run_number AND batch.run_number > invalid.run_number)
"""
# The other manifests with invalid records of the systemName of a run.
OTHERS_WITH_INVALID = """
SELECT DISTINCT invalid.manifest FROM invalid JOIN run USING (run_number)
WHERE invalid.target_id = ? AND invalid.manifest <> ?
  AND run.system_name = (SELECT system_name FROM run WHERE run_number = ?)
"""


def placeholders(values: Sized) -> str:
    """Return the placeholders of an SQL list with these values."""
    return ", ".join("?" * len(values))


def padded(values: Sequence[T]) -> Sequence[T]:
    """Return values for `IN`, the last one repeated until their number is a power of two.

    Their number is different for each chunk of a plan. SQLite prepares a statement for each number,
    and the connection keeps 128 of them: together 9 MB.
    """
    missing = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
    return [*values, *([values[-1]] * missing)] if missing else values


def unix_seconds(moment: datetime) -> int:
    """Return a moment as the ledger stores it."""
    return int(moment.timestamp())
