"""Queries for the reasons of items: those that need attention, with state and reason."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.reader import LedgerReader, Row
from ld_import.ledger.reader_sql import ATTEMPT_STATE, INVALID_TABLES, ITEM_STATE, RUNS
from ld_import.ledger.row_validation import check_json
from ld_import.ledger.sql import OF_ITEM, attempts, placeholders
from ld_import.ledger.target_filter import EVERY_TARGET, TargetFilter
from ld_import.model import State

INVALID = "invalid"
TARGET_COLUMNS = """
  target.server AS server, target.project AS project, target.kind AS kind,
  run.system_name AS systemName, run.external_id_template AS template
"""
# The index for the items, and its condition. Both keep the order in which items were first seen:
# for one target SQLite would use the index by externalId instead.
TROUBLE = "INDEXED BY item_trouble", "item.state <> 'success'"
EVERY_ITEM = "NOT INDEXED", "1"
ITEMS = f"""
SELECT {TARGET_COLUMNS}, run.manifest AS manifest, {ITEM_STATE} AS state, item.reason AS reason,
  item.external_id AS externalId, item.line AS line
FROM item {{}} CROSS JOIN target USING (target_id) CROSS JOIN system USING (system_id)
JOIN batch ON batch.batch_id = item.batch_id JOIN run ON run.run_number = batch.run_number
WHERE {{}} AND {ITEM_STATE} IN ({{}}) AND {{}}
"""
IN_NAMED_RUN = attempts(
    "batch_id IN (SELECT batch_id FROM batch JOIN run USING (run_number) WHERE run_id = ?)"
)
# Parts of a batch are sent again in the same run: the last attempt counts.
ITEMS_OF_RUN = f"""
SELECT {TARGET_COLUMNS}, run.manifest AS manifest, {ATTEMPT_STATE} AS state,
  attempt.reason AS reason, item.external_id AS externalId, item.line AS line
FROM run JOIN target USING (target_id)
CROSS JOIN {IN_NAMED_RUN} AS attempt
CROSS JOIN batch ON batch.batch_id = attempt.batch_id
CROSS JOIN item ON item.item_id = attempt.item_id CROSS JOIN system USING (system_id)
WHERE run.run_id = ? AND {ATTEMPT_STATE} IN ({{}}) AND {{}} AND NOT EXISTS (
  SELECT 1 FROM {OF_ITEM} AS later CROSS JOIN batch AS later_batch USING (batch_id)
  WHERE later.batch_id > attempt.batch_id
    AND later_batch.run_number = batch.run_number)
"""
INVALID_RECORDS = f"""
SELECT {TARGET_COLUMNS}, invalid.manifest AS manifest, invalid.problems AS problems,
  invalid.external_id AS externalId, invalid.line AS line
FROM {INVALID_TABLES} WHERE {{}}
"""


class ReasonReader(LedgerReader):
    """A ledger opened to read the reasons of its items.

    Rows have server, project, kind, systemName, manifest, template (of the externalId, or NULL),
    externalId and line. With a `run_id`, states and
    reasons are those in which that run left its items.
    """

    def has_run(self, run_id: str, *, of: TargetFilter = EVERY_TARGET) -> bool:
        """Return whether a run of the target has this id."""
        condition, values = of.condition("run.system_name")
        query = RUNS.format(f"{condition} AND run.run_id = ?")
        return next(self._rows(query, *values, run_id, 1), None) is not None

    def cases(
        self, states: Sequence[str], *, of: TargetFilter = EVERY_TARGET, run_id: str | None = None
    ) -> Generator[Row]:
        """Yield the items in these states, with state and reason."""
        stored = [state for state in states if state != INVALID]
        of_target, values = of.condition("system.system_name")
        if not stored:
            return
        if run_id is not None:
            query = ITEMS_OF_RUN.format(placeholders(stored), of_target)
            yield from self._rows(query, *[run_id] * 3, *stored, *values)
            return
        path = EVERY_ITEM if State.SUCCESS in stored else TROUBLE
        query = ITEMS.format(*path, placeholders(stored), of_target)
        yield from self._rows(query, *stored, *values)

    def invalid(
        self, *, of: TargetFilter = EVERY_TARGET, run_id: str | None = None
    ) -> Generator[Row]:
        """Yield invalid records; `problems` is a list in JSON.

        The ledger keeps those that the last run over each manifest found.
        """
        condition, values = of.condition("run.system_name")
        if run_id is not None:
            condition, values = f"{condition} AND run.run_id = ?", [*values, run_id]
        for row in self._rows(INVALID_RECORDS.format(condition), *values):
            with ledger_errors(self.path):
                check_json(row["problems"])
            yield row
