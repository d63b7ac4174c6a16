"""On a terminal: one line of items, one of jobs, redrawn in place; warnings pass above them."""

from __future__ import annotations

from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.plain_log import PlainLog
from ld_import.cli.output.sanitize import duration, humanize, sanitize
from ld_import.events import Event

STYLES = {
    "success": "green",
    "skipped": "cyan",
    "failed": "red",
    "invalid": "red",
    "lost": "yellow",
    "failedBefore": "yellow",
}
SHOWN_JOBS = 8


class Progress:
    """A listener that keeps two lines of a terminal up to date and removes them at the end."""

    def __init__(self, board: RunCounters, console: Console, *, level: str) -> None:
        """Draw on `console`; warnings of at least `level` are printed above the two lines."""
        self._board = board
        self._console = console
        self._lines = PlainLog(board, self._print, level="warning" if level == "info" else level)
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start(refresh=True)
        return self

    def __exit__(self, *raised: object) -> None:
        """Remove the two lines; what was printed above them stays."""
        self._lines.__exit__()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event; the screen follows within a quarter of a second."""
        self._lines(event)

    def _print(self, line: str) -> None:
        style = "yellow" if line.startswith("warning") else "dim"
        self._console.print(Text(sanitize(line), style=style), soft_wrap=True)

    def _render(self) -> Group:
        width = self._console.width
        return Group(
            fit_line("items", item_parts(self._board), width),
            fit_line("jobs", job_parts(self._board), width),
        )


def item_parts(board: RunCounters) -> list[tuple[str, str, int]]:
    """Return text, style and rank (lowest goes first when space is short) of the items line."""
    parts = [
        (f"{count:,} {name}", STYLES.get(name, ""), 9)
        for name, count in board.outcomes.items()
        if count
    ]
    parts += [(f"{board.invalid:,} invalid", STYLES["invalid"], 7)] * bool(board.invalid)
    parts += [
        (f"{count:,} {humanize(name)}", STYLES.get(name, ""), 5)
        for name, count in board.left.items()
        if count
    ]
    parts += [(f"{board.resumed_count:,} from before", "", 4)] * bool(board.resumed_count)
    parts.append((f"{board.rate:,.0f}/s", "dim", 3))
    left = board.seconds_left()
    if left is not None:
        parts.append((f"{duration(left)} left", "dim", 6))
    parts.append((f"{board.read:,} read", "dim", 2))
    return parts


def job_parts(board: RunCounters) -> list[tuple[str, str, int]]:
    """Return text, style and rank of the jobs line."""
    now = board.monotonic()
    if board.waiting_until > now:
        waiting = f"waiting {duration(board.waiting_until - now)}: {sanitize(board.waiting)}"
        return [(waiting, "yellow", 9)]
    parts = [(f"{len(board.jobs)} in flight", "", 9), (f"{board.jobs_done:,} done", "dim", 7)]
    # A copy: the drawing thread reads while the run goes on.
    for rank, job in enumerate(list(board.jobs.values())[:SHOWN_JOBS]):
        age = duration(now - job.since)
        parts.append((f"{sanitize(job.job_id)} {sanitize(job.state)} {age}", "cyan", -rank))
    return parts


def fit_line(name: str, parts: list[tuple[str, str, int]], width: int) -> Text:
    """Return one line of at most `width` cells; parts of low rank are left out, whole."""
    kept = list(parts)
    while len(kept) > 1 and _width(name, kept) > width:
        kept.remove(min(kept, key=lambda part: part[2]))
    line = Text(f"{name:<5}", style="bold", no_wrap=True, overflow="ellipsis")
    for text, style, _ in kept:
        line.append(f"  {text}", style=style or "default")
    line.truncate(width, overflow="ellipsis")
    return line


def _width(name: str, parts: list[tuple[str, str, int]]) -> int:
    return max(len(name), 5) + sum(2 + Text(text).cell_len for text, _, _ in parts)
