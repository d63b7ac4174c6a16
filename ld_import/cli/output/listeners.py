"""Who listens to a run: the screen, the log on standard error, the log file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol, Self

from ld_import.cli.output.console import print_err
from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.event_text import LEVELS
from ld_import.cli.output.log import Log
from ld_import.cli.output.plain_log import PlainLog
from ld_import.events import Event


class RunListener(Protocol):
    """A listener that is opened before a run and closed after it."""

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        ...

    def __enter__(self) -> Self:
        """Open."""
        ...

    def __exit__(self, *raised: object) -> None:
        """Close."""
        ...


class FanOut:
    """Watchers that hear the same."""

    def __init__(self, *watchers: RunListener) -> None:
        """Let all of these hear."""
        self._watchers = watchers
        self._opened = ExitStack()

    def __call__(self, event: Event) -> None:
        """Hand an event to all."""
        for each in self._watchers:
            each(event)

    def __enter__(self) -> Self:
        """Open all."""
        for each in self._watchers:
            self._opened.enter_context(each)
        return self

    def __exit__(self, *raised: object) -> None:
        """Close all."""
        self._opened.close()


def listener_for(log: Log, run_id: str) -> RunListener:
    """Return the listener for this terminal, pipe or log, and for the log file."""
    shown = _shown(log, run_id)
    if log.write_file_line is None:
        return shown
    return FanOut(shown, _lines(log, log.write_file_line, log.file_level, run_id))


def _shown(log: Log, run_id: str) -> RunListener:
    level = log.console_level
    is_drawn = sys.stderr.isatty() and LEVELS.index(level) <= LEVELS.index("info")
    if log.is_json or not is_drawn:
        return _lines(log, print_err, level, None if sys.stderr.isatty() else run_id)
    from ld_import.cli.output.console import console
    from ld_import.cli.output.progress import Progress

    return Progress(RunCounters(log.clock.monotonic), console(to_stderr=True), level=level)


def _lines(log: Log, write: Callable[[str], None], level: str, run_id: str | None) -> RunListener:
    if not log.is_json:
        return PlainLog(RunCounters(log.clock.monotonic), write, level=level, run_id=run_id)
    from ld_import.cli.output.json_lines import JsonLines

    return JsonLines(write, log.clock.now, level=level, run_id=log.run_id)
