"""The progress of a check of URLs, and its last line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ld_import.cli.output.console import print_err
from ld_import.cli.output.step_progress import Part, line_of, rate_parts, step_progress
from ld_import.clock import Clock
from ld_import.url_checks.run import Progress
from ld_import.wording import amount


def url_parts(progress: Progress, seconds: float) -> list[Part]:
    """Return the parts of the line after these seconds; the rate is that of requests."""
    asked = progress.done - progress.not_asked
    parts: list[Part] = [(f"{progress.done:,} of {amount(progress.total, 'URL')}", "", 9)]
    if progress.bad:
        parts.append((f"{progress.bad:,} bad", "red", 7))
    if progress.not_asked:
        parts.append((f"{progress.not_asked:,} not asked", "yellow", 4))
    left = progress.total - progress.done
    return parts + rate_parts(seconds, asked, asked / (asked + left) if asked else None)


@contextmanager
def url_progress(clock: Clock) -> Iterator[Callable[[Progress], None]]:
    """Show the progress that the function gets while the block lasts, and a last line."""
    began, shown = clock.monotonic(), url_parts(Progress(0), 0)
    try:
        with step_progress("urls", clock) as note:

            def on_progress(progress: Progress) -> None:
                nonlocal shown
                shown = url_parts(progress, clock.monotonic() - began)
                note(shown)

            yield on_progress
    finally:
        print_err(line_of(shown))
