"""The text log: warnings at once, a progress line every 30 s, with the context in brackets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.event_text import LEVELS, bracketed, context_of, level_of, sentence_of
from ld_import.cli.output.sanitize import humanize
from ld_import.events import Event, Rejected
from ld_import.wording import amount, duration, speed

LINE_EVERY_SECONDS = 30.0
SHOWN_REJECTED = 20


class PlainLog:
    """A listener that writes lines of at least `level` with `write`.

    Without `run_id` lines have no context, that is run, batch and job.
    """

    def __init__(
        self,
        counters: RunCounters,
        write: Callable[[str], None],
        *,
        level: str,
        run_id: str | None = None,
        shown_rejected: int = SHOWN_REJECTED,
    ) -> None:
        """Count in `counters`; nothing is written yet.

        `shown_rejected` is the number of invalid records that get a line; with 0 they are not
        mentioned, since they are shown elsewhere.
        """
        self.counters = counters
        self._write = write
        self._level = LEVELS.index(level)
        self._run_id = run_id
        self._next_line = LINE_EVERY_SECONDS
        self._rejected = 0
        self._shown_rejected = shown_rejected

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Write the number of invalid records that were not shown."""
        is_cut = self._rejected > self._shown_rejected > 0
        if is_cut and self._level <= LEVELS.index("warning"):
            more = self._rejected - self._shown_rejected
            self._write_line(
                f"warning: {more:,} more records are invalid;"
                " `ld-import validate` with this manifest lists all of them"
            )

    def __call__(self, event: Event) -> None:
        """Count an event, and write a line if it is due."""
        self.counters.update(event)
        level = level_of(event)
        if LEVELS.index(level) >= self._level and self._is_shown(event):
            self._write_line(f"{level}: {sentence_of(event)}", **context_of(event))
        self._tick()

    def _write_line(self, line: str, **context: Any) -> None:
        about = "" if self._run_id is None else bracketed(run=self._run_id, **context)
        self._write(f"{line}{about}")

    def _is_shown(self, event: Event) -> bool:
        if isinstance(event, Rejected):
            self._rejected += 1
            return self._rejected <= self._shown_rejected
        return True

    def _tick(self) -> None:
        if self._level > LEVELS.index("info") or self.counters.seconds < self._next_line:
            return
        self._next_line = self.counters.seconds + LINE_EVERY_SECONDS
        self._write_line(f"info: {progress_line(self.counters)}")


def progress_line(counters: RunCounters) -> str:
    """Return the counters of a run as one line."""
    extent = counters.extent()
    parts = [f"read {counters.read:,}"]
    if extent is not None:
        parts = [f"{extent.text('about ')} {extent.noun}s"]
    parts += [f"{count:,} {name}" for name, count in counters.outcomes.items() if count]
    parts += [f"{count:,} {humanize(name)}" for name, count in counters.left.items() if count]
    if counters.resumed_count:
        parts.append(f"{counters.resumed_count:,} from before")
    if counters.invalid:
        parts.append(f"{counters.invalid:,} invalid")
    if counters.settled:
        parts.append(speed(counters.rate))
    left = counters.seconds_left()
    if left is not None:
        parts.append(f"{duration(left)} left")
    if counters.jobs:
        parts.append(f"{amount(len(counters.jobs), 'job')} in flight")
    return ", ".join(parts)
