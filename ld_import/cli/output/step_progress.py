"""The progress of a long command: one line on a terminal, a line every 30 s elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ld_import.cli.output.console import console, print_err
from ld_import.cli.output.plain_log import LINE_EVERY_SECONDS
from ld_import.clock import Clock
from ld_import.wording import duration

# Text, style and rank of a part of the line; low ranks are dropped first.
Part = tuple[str, str, int]
Note = Callable[[Sequence[Part]], None]
# Before, the rate is not known well enough for a time left.
LEAST_SECONDS = 2.0


def rate_parts(seconds: float, done: int, share: float | None) -> list[Part]:
    """Return rate and time left, from the number of steps done and the share of the whole."""
    if not done or seconds < LEAST_SECONDS:
        return []
    parts = [(f"{done / seconds:,.1f}/s", "dim", 3)]
    if share and share < 1:
        parts.append((f"{duration(seconds * (1 - share) / share)} left", "dim", 6))
    return parts


def line_of(parts: Sequence[Part]) -> str:
    """Return the parts as one line of text."""
    return f"info: {', '.join(text for text, _, _ in parts)}"


@contextmanager
def step_progress(name: str, clock: Clock) -> Iterator[Note]:
    """Show the parts that the function gets while the block lasts."""
    with _drawn(name) if sys.stderr.isatty() else _printed(clock) as note:
        yield note


@contextmanager
def _drawn(name: str) -> Iterator[Note]:
    from rich.live import Live

    from ld_import.cli.output.progress import drawn_width, fit_line

    screen = console(to_stderr=True)
    shown: list[Part] = []

    def note(parts: Sequence[Part]) -> None:
        shown[:] = parts

    with Live(
        get_renderable=lambda: fit_line(name, list(shown), drawn_width(screen)),
        console=screen,
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield note


@contextmanager
def _printed(clock: Clock) -> Iterator[Note]:
    next_at = clock.monotonic() + LINE_EVERY_SECONDS

    def note(parts: Sequence[Part]) -> None:
        nonlocal next_at
        if clock.monotonic() >= next_at:
            next_at = clock.monotonic() + LINE_EVERY_SECONDS
            print_err(line_of(parts))

    yield note
