"""Off a terminal: one plain line now and then, warnings as they come; what about in brackets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.event_text import LEVELS, bracketed, context_of, level_of, sentence_of
from ld_import.cli.output.sanitize import amount, duration, humanize
from ld_import.events import Event, Rejected

LINE_EVERY_SECONDS = 30.0
SHOWN_REJECTED = 20


class PlainLog:
    """A listener that writes lines by `write`; `level` is the least that is worth one.

    Without `run_id` they stay short: they do not say which run, batch and job they are about.
    """

    def __init__(
        self,
        board: RunCounters,
        write: Callable[[str], None],
        *,
        level: str,
        run_id: str | None = None,
    ) -> None:
        """Hand in the numbers and where lines go."""
        self.board = board
        self._write = write
        self._level = LEVELS.index(level)
        self._run_id = run_id
        self._next_line = LINE_EVERY_SECONDS
        self._rejected = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Tell how many lines were kept back."""
        if self._rejected > SHOWN_REJECTED and self._level <= LEVELS.index("warning"):
            more = self._rejected - SHOWN_REJECTED
            self._say(
                f"warning: {more:,} more lines are invalid;"
                " `ld-import validate` with this manifest lists them all"
            )

    def __call__(self, event: Event) -> None:
        """Note an event, and say something when it is time to."""
        self.board.update(event)
        level = level_of(event)
        if LEVELS.index(level) >= self._level and self._is_worth_a_line(event):
            self._say(f"{level}: {sentence_of(event)}", **context_of(event))
        self._tick()

    def _say(self, line: str, **context: Any) -> None:
        about = "" if self._run_id is None else bracketed(run=self._run_id, **context)
        self._write(f"{line}{about}")

    def _is_worth_a_line(self, event: Event) -> bool:
        if isinstance(event, Rejected):
            self._rejected += 1
            return self._rejected <= SHOWN_REJECTED
        return True

    def _tick(self) -> None:
        if self._level > LEVELS.index("info") or self.board.seconds < self._next_line:
            return
        self._next_line = self.board.seconds + LINE_EVERY_SECONDS
        self._say(f"info: {progress_line(self.board)}")


def progress_line(board: RunCounters) -> str:
    """Return the numbers of a run as one plain line."""
    parts = [f"read {board.read:,}"]
    parts += [f"{count:,} {name}" for name, count in board.outcomes.items() if count]
    parts += [f"{count:,} {humanize(name)}" for name, count in board.left.items() if count]
    if board.resumed_count:
        parts.append(f"{board.resumed_count:,} from before")
    if board.invalid:
        parts.append(f"{board.invalid:,} invalid")
    parts.append(f"{board.rate:,.0f}/s")
    left = board.seconds_left()
    if left is not None:
        parts.append(f"{duration(left)} left")
    if board.jobs:
        parts.append(f"{amount(len(board.jobs), 'job')} in flight")
    return ", ".join(parts)
