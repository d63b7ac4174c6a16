"""The level and the text of an event, the same for every output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ld_import.cli.output.sanitize import sanitize
from ld_import.created import count_states, outcomes_in
from ld_import.events import (
    Declined,
    Event,
    Note,
    Planned,
    Polled,
    ProjectRead,
    Rejected,
    Settled,
    SizeChanged,
    Submitted,
    Transferred,
    Waiting,
    Warned,
)
from ld_import.model import Outcome, Remark, State
from ld_import.wording import amount, duration, size

# Imported when items failed.
if TYPE_CHECKING:
    from ld_import.validation import Group

LEVELS = ("debug", "info", "warning", "error")
SHOWN_CAUSES = 5
SENTENCE_LENGTH = 600
# The subject of a sentence about items without a job, by the state of their batch.
WITHOUT_JOB = {"notSent": "files"}


def level_of(event: Event) -> str:
    """Return the log level of an event."""
    match event:
        case Rejected() | Waiting() | Note():
            return "warning"
        case Settled():
            return "warning" if failures_of(event) else "debug"
        case _:
            return "debug"


def failures_of(event: Settled) -> Sequence[Outcome]:
    """Return the failed outcomes."""
    return outcomes_in(event.outcomes, {State.FAILED})


def sentence_of(event: Event) -> str:
    """Return an event as one sanitized line."""
    return sanitize(_sentence(event), limit=SENTENCE_LENGTH)


def context_of(event: Event) -> dict[str, Any]:
    """Return `batch`, `job` and `attempt` of an event, each `None` if it has none."""
    match event:
        case Submitted() | Settled() | Waiting():
            context = (event.batch_id, event.job_id, event.attempt)
        case Declined():
            context = (event.batch_id, None, event.attempt)
        case Polled():
            context = (event.batch_id, event.job.job_id, None)
        case _:
            context = (None, None, None)
    return dict(zip(("batch", "job", "attempt"), context, strict=True))


def bracketed(**context: Any) -> str:
    """Return the context at the end of a line: ` [run …, batch 12, attempt 1]`."""
    known = [f"{name} {value}" for name, value in context.items() if value is not None]
    return f" [{sanitize(', '.join(known))}]" if known else ""


def _sentence(event: Event) -> str:
    match event:
        case Planned():
            return f"read {amount(event.read, 'record')}"
        case Rejected() | Warned():
            return _about_record(event)
        case ProjectRead():
            project = event.project or "without a handle"
            return f"checking records against the project {project}, revision {event.revision}"
        case Waiting():
            return f"{event.reason}; trying again in {duration(event.seconds)}"
        case Transferred():
            return _transferred(event)
        case SizeChanged():
            return f"batches of {amount(event.size, 'item')} from now on: {event.reason}"
        case Note():
            return event.text
        case _:
            return _about_batch(event)


def _about_batch(event: Submitted | Polled | Settled | Declined) -> str:
    match event:
        case Submitted():
            how = "following" if event.is_resumed else "started"
            items = amount(event.item_count, "item")
            return f"{how} job {event.job_id} with {items}" if event.job_id else f"sent {items}"
        case Polled():
            return f"job {event.job.job_id} is {event.job.state}"
        case Settled():
            return _settled(event)
        case Declined():
            return f"{amount(event.item_count, 'item')} not accepted: {event.reason}"


def _transferred(event: Transferred) -> str:
    counts = {
        "stored": event.stored,
        "stored before": event.same,
        "failed": event.failed,
        "in flight": event.in_flight,
    }
    parts = [f"{count:,} {name}" for name, count in counts.items() if count]
    return f"files: {', '.join(parts)}; {size(event.moved_bytes)} read"


def _about_record(event: Rejected | Warned) -> str:
    record = event.record if isinstance(event, Rejected) else event.remark
    name = f" ({record.external_id})" if record.external_id else ""
    if isinstance(record, Remark):
        text = f"{record.text}; {record.advice}"
    else:
        text = "; ".join(problem.text for problem in record.problems)
    return f"{event.file}:{record.line}{name}: {text}"


def _settled(event: Settled) -> str:
    counts = count_states(event.outcomes)
    result = ", ".join(f"{count:,} {state.value}" for state, count in counts.items())
    name = f"job {event.job_id}" if event.job_id else WITHOUT_JOB.get(event.job_state, "a request")
    return f"{name}: {result}{_reasons(failures_of(event))}"


def _reasons(failures: Sequence[Outcome]) -> str:
    """Return each cause once, with its first item and the number of the others."""
    if not failures:
        return ""
    from ld_import.validation import Finding, FindingGroups, Level

    groups = FindingGroups()
    for number, outcome in enumerate(failures):
        reason = outcome.reason or "no reason"
        groups.add(Finding(Level.ERROR, number, outcome.key.external_id, "", reason))
    causes = groups.sorted()
    texts = [_cause(group) for group in causes[:SHOWN_CAUSES]]
    if more := sum(group.count for group in causes[SHOWN_CAUSES:]):
        texts.append(f"and {more:,} more")
    return f" ({'; '.join(texts)})"


def _cause(group: Group) -> str:
    others = f" and {group.count - 1:,} more" if group.count > 1 else ""
    return f"{group.external_id}{others}: {group.sentence}"
