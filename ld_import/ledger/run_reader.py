"""Queries about a single run, for its report."""

from __future__ import annotations

from collections.abc import Generator

from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.reader import LedgerReader, Row
from ld_import.ledger.row_validation import check_json
from ld_import.ledger.run_reader_sql import (
    FAILED_BEFORE,
    INVALID_OF_RUN,
    ONE_RUN,
    OPEN_BEFORE,
    OUTCOMES,
    PROBLEMS,
    REFUSALS,
    SENT_UNTIL,
    SKIP_REASONS,
    SKIPPED,
    SLOWEST_JOBS,
)
from ld_import.ledger.target_filter import TargetFilter


class RunReader(LedgerReader):
    """A ledger opened for queries about one run; a run is a row of `run` or `run_before`.

    Its columns are those of `runs()`, and number, targetId, template, started and ended, which are
    seconds since 1970.
    """

    def run(self, run_id: str | None, *, of: TargetFilter) -> Row | None:
        """Return an import, or the latest one of the target if no id is given."""
        condition, values = of.condition("run.system_name")
        if run_id is not None:
            condition, values = f"{condition} AND run.run_id = ?", [*values, run_id]
        return self._run(condition, values)

    def run_before(self, run: Row) -> Row | None:
        """Return the run of the same manifest and target that preceded a run."""
        condition = "run.target_id = ? AND run.manifest = ? AND run.run_number < ?"
        return self._run(condition, [run["targetId"], run["manifest"], run["number"]])

    def outcomes(self, run: Row) -> Generator[Row]:
        """Yield the outcomes by the second they were recorded: at, success, skipped and failed."""
        return self._rows(OUTCOMES, *[run["number"]] * 2)

    def problems(self, run: Row) -> Generator[Row]:
        """Yield the items of a run without success or skip, with the result of their last attempt.

        Columns: externalId, state, reason, url, fileName, jobId, line, attempts; `now` is the state
        at present.
        """
        return self._rows(PROBLEMS, *[run["number"]] * 2)

    def skipped(self, run: Row, limit: int) -> Generator[Row]:
        """Yield the first skipped items of a run; columns as in `problems`."""
        return self._rows(SKIPPED, *[run["number"]] * 2, limit)

    def skip_reasons(self, run: Row) -> Generator[Row]:
        """Yield reason and count of the skipped items of a run: there may be millions of items."""
        return self._rows(SKIP_REASONS, *[run["number"]] * 2)

    def left_before(self, run: Row) -> Generator[Row]:
        """Yield items of the manifest that failed, or remained open, before the run.

        Columns as in `problems`.
        """
        values = (run["targetId"], run["manifest"], run["number"])
        yield from self._rows(FAILED_BEFORE, *values)
        yield from self._rows(OPEN_BEFORE, *values)

    def invalid(self, run: Row) -> Generator[Row]:
        """Yield line, externalId and problems (a list in JSON) of the invalid records of a run.

        The ledger keeps those of the latest run of each manifest.
        """
        for row in self._rows(INVALID_OF_RUN, run["targetId"], run["number"]):
            with ledger_errors(self.path):
                check_json(row["problems"])
            yield row

    def slowest_jobs(self, run: Row, limit: int) -> list[Row]:
        """Return the batches that took the longest, with jobId, items, sentAt, seconds, jobState.

        A batch that is still open has no seconds.
        """
        return list(self._rows(SLOWEST_JOBS, run["number"], limit))

    def sent_until(self, run: Row, moment: int, seconds: int) -> int:
        """Return the number of items sent to the target of a run in the seconds before a moment."""
        values = (run["targetId"], moment - seconds, moment)
        (row,) = self._rows(SENT_UNTIL, *values)
        return int(row["count"])

    def refusals(self, run: Row, *, until: int, limit: int) -> list[str]:
        """Return why the server refused the latest requests to the target of a run."""
        return [row["reason"] for row in self._rows(REFUSALS, run["targetId"], until, limit)]

    def _run(self, condition: str, values: list[str]) -> Row | None:
        row = next(self._rows(ONE_RUN.format(condition), *values), None)
        if row is not None:
            with ledger_errors(self.path):
                check_json(row["summary"])
        return row
