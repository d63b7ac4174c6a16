"""All values that the page shows, read from the ledger in one pass over the items of the run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from ld_import.ledger.reader import Row
from ld_import.ledger.run_reader import RunReader
from ld_import.report.comparison import Comparison, compare
from ld_import.report.facts import Ending, RunFacts, facts_of, moment
from ld_import.report.headline import Headline, headline_of
from ld_import.report.problems import MOST_ROWS, Problems, ProblemSource, collected
from ld_import.report.quota import Quota, quota_of
from ld_import.report.settings import settings_of
from ld_import.report.timeline import Timeline, timeline_of
from ld_import.report.verified import Verified, verified_of
from ld_import.report.warnings import Warned, warnings_of

SLOWEST_JOBS = 10
UNKNOWN_ENDING = Ending()
NO_PROBLEMS = Problems()


@dataclass(frozen=True, slots=True)
class SlowJob:
    """A job, or a request without a job; `seconds` is None while it is open."""

    job_id: str
    items: int
    state: str
    sent: datetime | None
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The sections of a report; a section without content is None or empty.

    `lost_invalid` counts invalid records of the run that the ledger no longer has.
    """

    run: RunFacts
    headline: Headline
    settings: tuple[tuple[str, str], ...]
    timeline: Timeline = Timeline()
    problems: Problems = NO_PROBLEMS
    lost_invalid: int = 0
    warnings: tuple[Warned, ...] = ()
    jobs: tuple[SlowJob, ...] = ()
    quota: Quota | None = None
    comparison: Comparison | None = None
    verified: Verified | None = None


def data_without_ledger(run: RunFacts) -> ReportData:
    """Return the report of a run that ended before the ledger had recorded its begin."""
    return ReportData(run=run, headline=headline_of(run), settings=tuple(settings_of(run)))


def data_of(
    reader: RunReader, run: Row, *, now: datetime, ending: Ending = UNKNOWN_ENDING
) -> ReportData:
    """Return the report of a run, a row of `reader.run`. Raises LedgerError."""
    facts = facts_of(run).ended_by(ending)
    before = reader.run_before(run)
    end = run["ended"]
    problems = collected(facts, _source_of(reader, run))
    return ReportData(
        run=facts,
        headline=headline_of(facts),
        settings=tuple(settings_of(facts, str(reader.path))),
        timeline=timeline_of(reader.outcomes(run), run["started"], end),
        problems=problems,
        lost_invalid=max(0, facts.count("invalid") - problems.invalid),
        warnings=tuple(warnings_of(facts)),
        jobs=tuple(_jobs(reader.slowest_jobs(run, SLOWEST_JOBS))),
        quota=quota_of(
            reader, run, until=end or int(now.timestamp()), own_limit=ending.daily_limit
        ),
        comparison=None if before is None else compare(facts, facts_of(before)),
        verified=verified_of(reader.path, facts),
    )


def items_of(reader: RunReader, run: Row) -> Iterable[Row]:
    """Return the rows of the items that need attention, without invalid records and skips."""
    return chain(reader.problems(run), reader.left_before(run))


def _source_of(reader: RunReader, run: Row) -> ProblemSource:
    return ProblemSource(
        items=items_of(reader, run),
        invalid=reader.invalid(run),
        skipped=reader.skipped(run, MOST_ROWS),
        skip_reasons=reader.skip_reasons(run),
    )


def _jobs(rows: Iterable[Row]) -> Iterable[SlowJob]:
    for row in rows:
        state = row["jobState"] or row["state"]
        yield SlowJob(
            row["jobId"] or "", row["items"], state, moment(row["sentAt"]), row["seconds"]
        )
