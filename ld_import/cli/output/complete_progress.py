"""The progress of `--complete`, and its counts in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ld_import.cli.output.step_progress import Part, step_progress
from ld_import.clock import Clock
from ld_import.importer.complete import Completion
from ld_import.wording import amount, duration


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
    began = clock.monotonic()
    with step_progress("media", clock) as note:
        yield lambda progress: note(_parts(progress, clock.monotonic() - began))


def _parts(progress: Completion, seconds: float) -> list[Part]:
    parts: list[Part] = [(counted(progress), "", 9)]
    done = progress.done
    if done and (left := progress.total - done):
        parts.append((f"{duration(seconds / done * left)} left", "dim", 6))
    return parts
