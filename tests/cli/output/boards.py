"""Events and boards for tests of the progress display, with a watch that the test controls."""

from __future__ import annotations

from ld_import.cli.output.counters import RunCounters
from ld_import.events import Planned, Rejected, Settled, Submitted, Transferred
from ld_import.model import Invalid, Job, Outcome, Problem, State
from tests.makers import make_key


class Watch:
    """A stopwatch that the test advances."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


def make_board(watch=None):
    """Return a board whose run starts now."""
    return RunCounters(watch or Watch())


def planned(read, *, to_send=0, invalid=0, share=None, **left):
    """Return the event of a plan that has read this number of records."""
    return Planned(read, left, to_send, invalid, share)


def submitted(batch, items=3):
    """Return the event of a batch that became a job."""
    return Submitted(batch, f"job{batch}", items)


def settled(batch, job=True, **counts):
    """Return the event of a batch whose items have outcomes."""
    outcomes = tuple(
        Outcome(make_key(number), State(name), "gone" if name == "failed" else None)
        for name, count in counts.items()
        for number in range(count)
    )
    return Settled(batch, f"job{batch}" if job else None, "success", outcomes)


def transferred(stored=0, moved=0, *, same=0, failed=0, in_flight=8):
    """Return the event of files in transfer, with the bytes moved so far."""
    return Transferred(stored, same, failed, in_flight, moved)


def rejected(line=1, external_id="v1", text="`url` is missing", file="manifest.json"):
    """Return the event of an invalid record."""
    return Rejected(Invalid(line, external_id, (Problem("url", text),)), file)


def job(batch, state="started"):
    """Return a job in a given state."""
    return Job(f"job{batch}", state, state == "success")
