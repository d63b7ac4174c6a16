"""The text log: one warning for each cause, a progress line every 30 s, context in brackets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.event_text import LEVELS, bracketed, context_of, level_of, sentence_of
from ld_import.cli.output.sanitize import humanize
from ld_import.events import Event, Polled, Rejected, Transferred
from ld_import.wording import amount, duration, size, speed

if TYPE_CHECKING:
    from ld_import.cli.output.warning_causes import WarningCauses

LINE_EVERY_SECONDS = 30.0
SHOWN_REJECTED = 20


class PlainLog:
    """A listener that writes lines of at least `level` with `write`.

    Of several warnings with one cause, only level debug and a log that is not grouped have more
    than the first one. Without `run_id` lines have no context, that is run, batch and job.
    """

    def __init__(
        self,
        counters: RunCounters,
        write: Callable[[str], None],
        *,
        level: str,
        run_id: str | None = None,
        shown_rejected: int = SHOWN_REJECTED,
        is_grouped: bool = True,
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
        self._listed = 0
        self._shown_rejected = shown_rejected
        self._is_grouped = is_grouped and level != "debug"
        self._causes: WarningCauses | None = None

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Write the numbers of warnings that were not shown."""
        if self._level > LEVELS.index("warning"):
            return
        for sentence in self._causes.repeated() if self._causes else ():
            self._write_line(f"warning: {sentence}")
        more = self._rejected - self._listed
        if more and self._shown_rejected:
            self._write_line(
                f"warning: {amount(more, 'more record')} {'is' if more == 1 else 'are'} invalid;"
                " `ld-import validate` with this manifest lists all of them"
            )

    def __call__(self, event: Event) -> None:
        """Count an event, and write a line if it is due."""
        is_repeated = self._is_known_state(event)
        self.counters.update(event)
        level = level_of(event)
        if LEVELS.index(level) >= self._level and not is_repeated and self._is_shown(event):
            self._write_line(f"{level}: {sentence_of(event)}", **context_of(event))
        self._tick()

    def _write_line(self, line: str, **context: Any) -> None:
        about = "" if self._run_id is None else bracketed(run=self._run_id, **context)
        self._write(f"{line}{about}")

    def _is_known_state(self, event: Event) -> bool:
        """Return whether a job is still in the state that was written last."""
        if not isinstance(event, Polled):
            return False
        known = self.counters.jobs.get(event.batch_id)
        return known is not None and known.state == event.job.state

    def _is_shown(self, event: Event) -> bool:
        is_new = not self._is_grouped or self._is_new(event)
        if not isinstance(event, Rejected):
            return is_new
        self._rejected += 1
        is_listed = is_new and self._listed < self._shown_rejected
        self._listed += is_listed
        return is_listed

    def _is_new(self, event: Event) -> bool:
        if self._causes is None:
            # Imported with the first warning, which most runs do not have.
            from ld_import.cli.output.warning_causes import WarningCauses

            self._causes = WarningCauses()
        return self._causes.is_new(event)

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
    if counters.files is not None:
        parts += _file_parts(counters.files, counters.bytes_per_second)
    return ", ".join(parts)


def _file_parts(files: Transferred, bytes_per_second: float) -> list[str]:
    parts = [f"{amount(files.stored, 'file')} stored ({size(files.moved_bytes)} read)"]
    if files.failed:
        parts.append(f"{amount(files.failed, 'file')} failed")
    if files.in_flight:
        parts.append(f"{amount(files.in_flight, 'file')} in flight")
    if bytes_per_second:
        parts.append(f"{size(bytes_per_second)}/s")
    return parts
