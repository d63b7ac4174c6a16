"""The progress of `--complete`: one line on a terminal, a line every 30 s elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ld_import.cli.output.console import console, print_err
from ld_import.cli.output.plain_log import LINE_EVERY_SECONDS
from ld_import.clock import Clock
from ld_import.importer.complete import Completion
from ld_import.wording import amount, duration

Part = tuple[str, str, int]


class CompleteCounters:
    """The last progress, and the rate since the start."""

    def __init__(self, clock: Clock) -> None:
        """Start to measure."""
        self._clock = clock
        self._started = clock.monotonic()
        self.progress: Completion | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic() - self._started

    def parts(self) -> list[Part]:
        """Return text, style and rank of the parts of the line; low ranks are dropped first."""
        progress = self.progress
        if progress is None:
            return []
        parts = [(counted(progress), "", 9)]
        done = progress.done
        if done and (left := progress.total - done):
            parts.append((f"{duration(self.seconds / done * left)} left", "dim", 6))
        return parts


def counted(progress: Completion) -> str:
    """Return `12,345 of 20,000 items completed, 3 entries not found`."""
    if not progress.total:
        return "all items are complete already"
    text = f"{progress.completed:,} of {amount(progress.total, 'item')} completed"
    if not progress.not_found:
        return text
    entries = "entry" if progress.not_found == 1 else "entries"
    return f"{text}, {progress.not_found:,} {entries} not found"


@contextmanager
def complete_progress(clock: Clock) -> Iterator[Callable[[Completion], None]]:
    """Show the progress that the function gets while the block lasts."""
    counters = CompleteCounters(clock)
    drawing = _drawn if sys.stderr.isatty() else _printed
    with drawing(counters) as note:
        yield note


@contextmanager
def _drawn(counters: CompleteCounters) -> Iterator[Callable[[Completion], None]]:
    from rich.live import Live

    from ld_import.cli.output.progress import fit_line

    screen = console(to_stderr=True)

    def note(progress: Completion) -> None:
        counters.progress = progress

    with Live(
        get_renderable=lambda: fit_line("media", counters.parts(), screen.width),
        console=screen,
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield note


@contextmanager
def _printed(counters: CompleteCounters) -> Iterator[Callable[[Completion], None]]:
    next_line = LINE_EVERY_SECONDS

    def note(progress: Completion) -> None:
        nonlocal next_line
        counters.progress = progress
        if counters.seconds >= next_line:
            next_line = counters.seconds + LINE_EVERY_SECONDS
            print_err(f"info: {', '.join(text for text, _, _ in counters.parts())}")

    yield note
