"""The listeners of a run: progress display or log on standard error, and log file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol, Self

from ld_import.cli.output.console import print_err
from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.event_text import LEVELS
from ld_import.cli.output.expected import ExpectedRun
from ld_import.cli.output.log import Log
from ld_import.cli.output.plain_log import SHOWN_REJECTED, PlainLog
from ld_import.events import Event


class RunListener(Protocol):
    """A listener that is opened before a run and closed after it."""

    def __call__(self, event: Event) -> None:
        """Handle an event."""
        ...

    def __enter__(self) -> Self:
        """Begin the output."""
        ...

    def __exit__(self, *raised: object) -> None:
        """End the output."""
        ...


class FanOut:
    """A listener that passes every event to several listeners."""

    def __init__(self, *listeners: RunListener) -> None:
        """Pass events to these listeners, in this order."""
        self._listeners = listeners
        self._opened = ExitStack()

    def __call__(self, event: Event) -> None:
        """Pass an event to all."""
        for listener in self._listeners:
            listener(event)

    def __enter__(self) -> Self:
        """Enter all."""
        for listener in self._listeners:
            self._opened.enter_context(listener)
        return self

    def __exit__(self, *raised: object) -> None:
        """Exit all."""
        self._opened.close()


def listener_for(
    log: Log, run_id: str, expected: ExpectedRun, *, shown_rejected: int = SHOWN_REJECTED
) -> RunListener:
    """Return the listener for standard error and for the log file, if there is one.

    `shown_rejected` is the number of invalid records that standard error shows as text.
    """

    def counters() -> RunCounters:
        return RunCounters(log.clock.monotonic, expected.most, expected.settled)

    shown = _shown(log, run_id, shown_rejected, counters)
    if log.write_file_line is None:
        return shown
    return FanOut(shown, _lines(log, log.write_file_line, log.file_level, run_id, counters))


def _shown(
    log: Log, run_id: str, shown_rejected: int, counters: Callable[[], RunCounters]
) -> RunListener:
    level = log.console_level
    is_drawn = sys.stderr.isatty() and LEVELS.index(level) <= LEVELS.index("info")
    if log.is_json or not is_drawn:
        named = None if sys.stderr.isatty() else run_id
        return _lines(log, print_err, level, named, counters, shown_rejected)
    from ld_import.cli.output.console import console
    from ld_import.cli.output.progress import Progress

    return Progress(
        counters(),
        console(to_stderr=True),
        level=level,
        shown_rejected=shown_rejected,
    )


def _lines(
    log: Log,
    write: Callable[[str], None],
    level: str,
    run_id: str | None,
    counters: Callable[[], RunCounters],
    shown_rejected: int = SHOWN_REJECTED,
) -> RunListener:
    if not log.is_json:
        return PlainLog(
            counters(),
            write,
            level=level,
            run_id=run_id,
            shown_rejected=shown_rejected,
        )
    from ld_import.cli.output.json_lines import JsonLines

    return JsonLines(write, log.clock.now, level=level, run_id=log.run_id)
