"""Events in words: one level and one sentence each, the same for every kind of output."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ld_import.cli.output.sanitize import sanitize
from ld_import.events import (
    Declined,
    Event,
    Note,
    Planned,
    Polled,
    Rejected,
    Settled,
    Submitted,
    Waiting,
)
from ld_import.model import Outcome, State
from ld_import.wording import amount, duration

LEVELS = ("debug", "info", "warning", "error")
SHOWN_FAILURES = 5
SENTENCE_LENGTH = 600


def level_of(event: Event) -> str:
    """Return how much an event matters to somebody who reads logs."""
    match event:
        case Rejected() | Waiting() | Note():
            return "warning"
        case Settled():
            return "warning" if failures_of(event) else "debug"
        case _:
            return "debug"


def failures_of(event: Settled) -> list[Outcome]:
    """Return the outcomes that somebody must look at."""
    return [one for one in event.outcomes if one.state is State.FAILED]


def sentence_of(event: Event) -> str:
    """Return an event as one line that is safe to print."""
    return sanitize(_sentence(event), limit=SENTENCE_LENGTH)


def context_of(event: Event) -> dict[str, Any]:
    """Return what an event is about: `batch`, `job`, `attempt`, each `None` where that is none."""
    match event:
        case Submitted() | Settled() | Waiting():
            found = (event.batch_id, event.job_id, event.attempt)
        case Declined():
            found = (event.batch_id, None, event.attempt)
        case Polled():
            found = (event.batch_id, event.job.job_id, None)
        case _:
            found = (None, None, None)
    return dict(zip(("batch", "job", "attempt"), found, strict=True))


def bracketed(**context: Any) -> str:
    """Return the end of a line that says what it is about: ` [run …, batch 12, attempt 1]`."""
    known = [f"{name} {value}" for name, value in context.items() if value is not None]
    return f" [{sanitize(', '.join(known))}]" if known else ""


def _sentence(event: Event) -> str:
    match event:
        case Planned():
            return f"read {amount(event.read, 'record')}"
        case Rejected(record, file):
            name = f" ({record.external_id})" if record.external_id else ""
            problems = "; ".join(problem.text for problem in record.problems)
            return f"{file}:{record.line}{name}: {problems}"
        case Submitted():
            how = "following" if event.is_resumed else "started"
            items = amount(event.item_count, "item")
            return f"{how} job {event.job_id} with {items}" if event.job_id else f"sent {items}"
        case Polled():
            return f"job {event.job.job_id} is {event.job.state}"
        case Settled():
            return _settled(event)
        case Declined():
            return f"{amount(event.item_count, 'item')} not taken in: {event.reason}"
        case Waiting():
            return f"{event.reason}; trying again in {duration(event.seconds)}"
        case Note():
            return event.text


def _settled(event: Settled) -> str:
    counts = Counter(one.state.value for one in event.outcomes)
    what = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    name = f"job {event.job_id}" if event.job_id else "a request"
    failures = failures_of(event)
    told = "; ".join(f"{one.key.external_id}: {one.reason}" for one in failures[:SHOWN_FAILURES])
    more = len(failures) - SHOWN_FAILURES
    return f"{name}: {what}" + (
        f" ({told}{f'; and {more:,} more' if more > 0 else ''})" * bool(told)
    )
