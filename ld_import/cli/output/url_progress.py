"""The progress of a check of URLs: one line on a terminal, a line every 30 s elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ld_import.cli.output.console import console, print_err
from ld_import.cli.output.plain_log import LINE_EVERY_SECONDS
from ld_import.clock import Clock
from ld_import.url_checks.run import Progress
from ld_import.wording import amount, duration

# Before, the rate is not known well enough for a time left.
LEAST_SECONDS = 2.0
Part = tuple[str, str, int]


class UrlCounters:
    """The last progress, and the rate since the start."""

    def __init__(self, clock: Clock) -> None:
        """Start to measure."""
        self._clock = clock
        self._started = clock.monotonic()
        self.progress = Progress(0)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic() - self._started

    def parts(self) -> list[Part]:
        """Return text, style and rank of the parts of the line; low ranks are dropped first."""
        progress = self.progress
        asked = progress.done - progress.not_asked
        parts = [(f"{progress.done:,} of {amount(progress.total, 'URL')}", "", 9)]
        if progress.bad:
            parts.append((f"{progress.bad:,} bad", "red", 7))
        if progress.not_asked:
            parts.append((f"{progress.not_asked:,} not asked", "yellow", 4))
        if asked and self.seconds >= LEAST_SECONDS:
            rate = asked / self.seconds
            parts.append((f"{rate:,.1f}/s", "dim", 3))
            if left := progress.total - progress.done:
                parts.append((f"{duration(left / rate)} left", "dim", 6))
        return parts

    def line(self) -> str:
        """Return the progress as one line of text."""
        return f"info: {', '.join(text for text, _, _ in self.parts())}"


@contextmanager
def url_progress(clock: Clock) -> Iterator[Callable[[Progress], None]]:
    """Show the progress that the function gets while the block lasts, and a last line."""
    counters = UrlCounters(clock)
    drawing = _drawn if sys.stderr.isatty() else _printed
    try:
        with drawing(counters) as note:
            yield note
    finally:
        print_err(counters.line())


@contextmanager
def _drawn(counters: UrlCounters) -> Iterator[Callable[[Progress], None]]:
    from rich.live import Live

    from ld_import.cli.output.progress import drawn_width, fit_line

    screen = console(to_stderr=True)

    def note(progress: Progress) -> None:
        counters.progress = progress

    with Live(
        get_renderable=lambda: fit_line("urls", counters.parts(), drawn_width(screen)),
        console=screen,
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield note


@contextmanager
def _printed(counters: UrlCounters) -> Iterator[Callable[[Progress], None]]:
    next_line = LINE_EVERY_SECONDS

    def note(progress: Progress) -> None:
        nonlocal next_line
        counters.progress = progress
        if counters.seconds >= next_line:
            next_line = counters.seconds + LINE_EVERY_SECONDS
            print_err(counters.line())

    yield note
