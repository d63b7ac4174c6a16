"""The longer statements of the SQLite backend; their tables stand in `schema.sql`."""

from __future__ import annotations

from collections.abc import Sized

# While an item lies with the server, the state of its batch tells how far it is: nothing of a
# hundred items need be written when their job is started.
STATE_NOW = """
CASE WHEN {0}.state = 'pending' AND batch.state = 'submitted' THEN 'submitted' ELSE {0}.state END
"""
# When the first request without an answer was made, since the last one that had one.
LOST_SINCE = """
(SELECT min(lost_batch.created_at) FROM attempt AS lost
  JOIN batch AS lost_batch ON lost_batch.batch_id = lost.batch_id
  WHERE lost.item_id = item.item_id AND lost.state = 'lost' AND lost.batch_id < {0}
    AND lost.batch_id > coalesce((
      SELECT max(known.batch_id) FROM attempt AS known
      WHERE known.item_id = item.item_id AND known.batch_id < {0}
        AND known.state NOT IN ('lost', 'refused')), 0))
"""
# The last columns: of how many items the job was that failed as a whole, if that was the last one,
# since when the end of an item is unknown, and what was sent then.
FIND_ITEMS = f"""
SELECT external_id, item_id, {STATE_NOW.format("item")}, checksum, record_digest, media_id,
  coalesce(marks_held, marks),
  CASE WHEN item.state = 'lost' AND batch.job_state = 'failed' THEN batch.item_count ELSE 0 END,
  CASE WHEN item.state = 'lost' THEN {LOST_SINCE.format("item.batch_id + 1")} END,
  CASE WHEN item.state = 'lost' THEN marks ELSE x'' END
FROM item JOIN batch USING (batch_id)
WHERE item.target_id = ? AND system_name = ? AND external_id IN ({{}})
"""
# NOTE: an item that failed or was never learned of keeps the mediaId of an earlier success.
UPSERT_ITEM = """
INSERT INTO item (target_id, system_name, external_id, state, checksum, record_digest, marks,
                  batch_id, attempts, url, file_name, line, first_seen_at, updated_at)
VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT (target_id, system_name, external_id) DO UPDATE SET
  state = 'pending', reason = NULL, checksum = excluded.checksum,
  record_digest = excluded.record_digest,
  marks_held = coalesce(marks_held, CASE WHEN state IN ('lost', 'refused') THEN x'' ELSE marks END),
  marks = excluded.marks,
  batch_id = excluded.batch_id, attempts = attempts + 1,
  url = excluded.url, file_name = excluded.file_name, line = excluded.line,
  updated_at = excluded.updated_at
"""
# Media ids that several of the items sent after a batch have, and these items.
SHARED_MEDIA = """
SELECT media_id, count(*), group_concat(external_id, ', ') FROM (
  SELECT media_id, external_id FROM item
  WHERE media_id IS NOT NULL AND item_id IN (SELECT item_id FROM attempt WHERE batch_id > ?)
  ORDER BY item_id)
GROUP BY media_id HAVING count(*) > 1 ORDER BY count(*) DESC, media_id
"""
INSERT_ATTEMPT = "INSERT INTO attempt (batch_id, item_id, state) VALUES (?, ?, 'pending')"
# `marks_held` becomes NULL where the server holds what was sent (?7). Else it becomes ?8 if that is
# given and stays what it was if not; for an entry that was there before, unknown is empty.
SETTLE_ITEM = """
UPDATE item SET state = ?1, reason = ?2, media_id = coalesce(?3, media_id), updated_at = ?4,
  marks_held = CASE WHEN ?7 THEN NULL
    WHEN ?1 = 'skipped' THEN coalesce(?8, marks_held, x'')
    ELSE marks_held END
WHERE item_id = ?5 AND batch_id = ?6
"""
# Entries that were there before, and hold other content than was sent, or were not compared.
OTHER_CONTENT = """
SELECT item_id FROM item
WHERE target_id = ? AND state = 'skipped' AND state <> 'success' AND marks_held IS NOT NULL
"""
REFUSE_ITEMS = """
UPDATE item SET state = 'refused', reason = ?, updated_at = ? WHERE batch_id = ? AND item_id IN (
  SELECT item_id FROM attempt WHERE attempt.batch_id = ?)
"""
SETTLE_ATTEMPT = "UPDATE attempt SET state = ?, reason = ? WHERE batch_id = ? AND item_id = ?"
SETTLE_ATTEMPTS = "UPDATE attempt SET state = ?, reason = ? WHERE batch_id = ?"
ROWS_OF_BATCH = """
SELECT system_name, external_id, item_id FROM attempt JOIN item USING (item_id)
WHERE attempt.batch_id = ?
"""
LAST_IDENTITY = """
SELECT system_name, external_id_template FROM run
WHERE target_id = ? AND {} = ? AND EXISTS (
  SELECT 1 FROM batch WHERE batch.run_number = run.run_number AND batch.state <> 'refused')
ORDER BY run_number DESC LIMIT 1
"""
# The last columns: the starts of the runs between the batch's run and this one, the earliest of
# them and that of the last run.
OPEN_BATCH = """
SELECT job_id, created_at, item_count,
  (SELECT min(started_at) FROM run AS later
   WHERE later.run_number > batch.run_number AND later.run_number < ?1),
  (SELECT started_at FROM run AS later
   WHERE later.run_number > batch.run_number AND later.run_number < ?1
   ORDER BY later.run_number DESC LIMIT 1)
FROM batch WHERE batch_id = ?2 AND state IN ('pending', 'submitted')
"""
STRANGE_BATCH = """
SELECT state FROM batch WHERE state NOT IN ('pending', 'submitted', 'settled', 'refused') LIMIT 1
"""
# The last columns: since when the end of an item was unknown before this batch, if it was, and the
# marks of what the server took before, where that is known.
ITEMS_OF_BATCH = f"""
SELECT system_name, external_id, media_id, marks, {LOST_SINCE.format("attempt.batch_id")},
  coalesce(marks_held, x'')
FROM attempt JOIN item USING (item_id)
WHERE attempt.batch_id = ? ORDER BY item_id
"""

# Invalid records whose externalId was sent in a later run, under whatever name of a manifest.
FORGET_SENT_SINCE = """
DELETE FROM invalid WHERE target_id = ? AND external_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM run
  JOIN item ON item.target_id = invalid.target_id AND item.system_name = run.system_name
    AND item.external_id = invalid.external_id
  JOIN batch ON batch.batch_id = item.batch_id
  WHERE run.run_number = invalid.run_number AND batch.run_number > invalid.run_number)
"""
# The other manifests with invalid records of the systemName that a run has.
OTHERS_WITH_INVALID = """
SELECT DISTINCT invalid.manifest FROM invalid JOIN run USING (run_number)
WHERE invalid.target_id = ? AND invalid.manifest <> ?
  AND run.system_name = (SELECT system_name FROM run WHERE run_number = ?)
"""


def placeholders(values: Sized) -> str:
    """Return what stands in an SQL list for so many values."""
    return ", ".join("?" * len(values))
