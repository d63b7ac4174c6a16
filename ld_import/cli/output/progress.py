"""The progress display on a terminal: lines of items, files and jobs, below the warnings."""

from __future__ import annotations

from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ld_import.cli.output.counters import RunCounters
from ld_import.cli.output.plain_log import SHOWN_REJECTED, PlainLog
from ld_import.cli.output.sanitize import humanize, sanitize
from ld_import.events import Event, Transferred
from ld_import.wording import duration, size, speed

STYLES = {
    "success": "green",
    "skipped": "cyan",
    "failed": "red",
    "invalid": "red",
    "lost": "yellow",
    "failedBefore": "yellow",
}
SHOWN_JOBS = 8
# The terminal echoes Ctrl-C as `^C`. In a full line it would wrap, and the display would leave a
# line behind; two of them have room.
ROOM_FOR_ECHO = 4


class Progress:
    """A listener that updates lines at the end of a terminal, and removes them at the end."""

    def __init__(
        self,
        counters: RunCounters,
        console: Console,
        *,
        level: str,
        shown_rejected: int = SHOWN_REJECTED,
    ) -> None:
        """Draw on `console`; messages of at least `level` are printed above the lines."""
        self._counters = counters
        self._console = console
        self._lines = PlainLog(
            counters,
            self._print,
            level="warning" if level == "info" else level,
            shown_rejected=shown_rejected,
        )
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Start drawing."""
        self._live.start(refresh=True)
        return self

    def __exit__(self, *raised: object) -> None:
        """Remove the lines; the messages above them stay."""
        self._lines.__exit__()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Count an event; the display is updated within a quarter of a second."""
        self._lines(event)

    def _print(self, line: str) -> None:
        style = "yellow" if line.startswith("warning") else "dim"
        self._console.print(Text(sanitize(line), style=style), soft_wrap=True)

    def _render(self) -> Group:
        width, counters = drawn_width(self._console), self._counters
        lines = [("items", item_parts(counters)), ("jobs", job_parts(counters))]
        if counters.files is not None:
            lines.insert(1, ("files", file_parts(counters.files, counters.bytes_per_second)))
        return Group(*(fit_line(name, parts, width) for name, parts in lines))


def drawn_width(console: Console) -> int:
    """Return the width that a line of a display may have."""
    return max(console.width - ROOM_FOR_ECHO, 1)


def item_parts(counters: RunCounters) -> list[tuple[str, str, int]]:
    """Return text, style and rank of the parts of the items line; low ranks are dropped first."""
    extent = counters.extent()
    parts = [(f"read {counters.read:,}" if extent is None else extent.text("~"), "bold", 8)]
    parts += [
        (f"{count:,} {name}", STYLES.get(name, ""), 9)
        for name, count in counters.outcomes.items()
        if count
    ]
    parts += [(f"{counters.invalid:,} invalid", STYLES["invalid"], 7)] * bool(counters.invalid)
    parts += [
        (f"{count:,} {humanize(name)}", STYLES.get(name, ""), 5)
        for name, count in counters.left.items()
        if count
    ]
    parts += [(f"{counters.resumed_count:,} from before", "", 4)] * bool(counters.resumed_count)
    if counters.settled:
        parts.append((speed(counters.rate), "dim", 3))
    left = counters.seconds_left()
    if left is not None:
        parts.append((f"{duration(left)} left", "dim", 6))
    return parts


def file_parts(files: Transferred, bytes_per_second: float) -> list[tuple[str, str, int]]:
    """Return text, style and rank of the parts of the files line."""
    parts = [(f"{files.stored:,} stored", "green", 9)]
    parts += [(f"{files.same:,} stored before", "", 5)] * bool(files.same)
    parts += [(f"{files.failed:,} failed", "red", 8)] * bool(files.failed)
    parts += [(f"{files.in_flight:,} in flight", "", 6)] * bool(files.in_flight)
    parts.append((size(files.moved_bytes), "", 7))
    if bytes_per_second:
        parts.append((f"{size(bytes_per_second)}/s", "dim", 4))
    return parts


def job_parts(counters: RunCounters) -> list[tuple[str, str, int]]:
    """Return text, style and rank of the parts of the jobs line."""
    now = counters.monotonic()
    if counters.waiting_until > now:
        waiting = f"waiting {duration(counters.waiting_until - now)}: {sanitize(counters.waiting)}"
        return [(waiting, "yellow", 9)]
    parts = [(f"{len(counters.jobs)} in flight", "", 9), (f"{counters.jobs_done:,} done", "dim", 7)]
    # A copy: this runs in the drawing thread while the run changes the jobs.
    for rank, job in enumerate(list(counters.jobs.values())[:SHOWN_JOBS]):
        age = duration(now - job.since)
        parts.append((f"{sanitize(job.job_id)} {sanitize(job.state)} {age}", "cyan", -rank))
    return parts


def fit_line(name: str, parts: list[tuple[str, str, int]], width: int) -> Text:
    """Return a line of at most `width` cells; whole parts of low rank are omitted."""
    shown = list(parts)
    while len(shown) > 1 and _width(name, shown) > width:
        shown.remove(min(shown, key=lambda part: part[2]))
    line = Text(f"{name:<5}", style="bold", no_wrap=True, overflow="ellipsis")
    for text, style, _ in shown:
        line.append(f"  {text}", style=style or "default")
    line.truncate(width, overflow="ellipsis")
    return line


def _width(name: str, parts: list[tuple[str, str, int]]) -> int:
    return max(len(name), 5) + sum(2 + Text(text).cell_len for text, _, _ in parts)
