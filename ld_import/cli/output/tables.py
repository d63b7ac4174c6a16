"""Tables that fit a terminal: ids stay whole, long texts are cut, columns of less use go first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from ld_import.cli.output.sanitize import sanitize

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

GAP = 2
# A cell is at most this long before it is cut to its column.
LONGEST_CELL = 200
# A text is cut to no less; a reason with fewer words says nothing.
NARROWEST_TEXT = 12
NARROWEST_REASON = 24
# A column as wide as a moment in time is never cut.
WIDEST_WHOLE = 20
IDS = {"run", "externalId", "mediaId", "jobId", "property", "mediaType"}
# Left out of a narrow terminal, in this order; then come the columns on the right.
LEAST_USEFUL = (
    *("settledAt", "updatedAt", "endedAt", "createdAt", "startedAt", "sentAt", "firstSeenAt"),
    *("jobState", "attempts", "project", "fileName", "line", "batch", "skipped", "kind"),
    *("server", "systemName", "success", "items"),
)
# Without them a row says too little: then the first cell gets a line of its own.
NEEDED = ("state", "exitCode", "reason")
MOST_USEFUL = (*NEEDED, "failed", "mediaId", "jobId")


@dataclass(slots=True)
class Column:
    """A column of a table, with the width that its longest cell needs."""

    name: str
    width: int
    is_empty: bool = False

    @property
    def least_width(self) -> int:
        """The width below which the column is left out."""
        if self.name in IDS or self.width <= WIDEST_WHOLE:
            return self.width
        narrowest = NARROWEST_REASON if self.name == "reason" else NARROWEST_TEXT
        return min(self.width, max(narrowest, len(self.name)))


def print_fitting(
    names: Sequence[str], rows: Iterable[Mapping[str, Any]], screen: Console, *, is_wrapped: bool
) -> list[str]:
    """Print a table that fits the terminal; texts are cut, or wrapped between words.

    Returns the names of the columns with content that are not shown.
    """
    from rich.cells import cell_len

    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    columns = [
        Column(
            name,
            max([len(name), *(cell_len(row[at]) for row in cells)]),
            is_empty=not any(row[at] for row in cells),
        )
        for at, name in enumerate(names)
    ]
    shown = fitting(columns, screen.width)
    lost = [one for one in columns if one not in shown and one.name in NEEDED and not one.is_empty]
    if _least(shown) <= screen.width and not lost:
        _print_grid(shown, columns, cells, screen, is_wrapped=is_wrapped)
    else:
        shown = [columns[0], *fitting(columns[1:], screen.width - GAP)]
        _print_stacked(shown, columns, cells, screen)
    return [one.name for one in columns if one not in shown and not one.is_empty]


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """Return the columns to show, without those of the least use that do not fit."""
    shown = list(columns)
    # The first column says what a row is about.
    for column in sorted(columns[1:], key=_use(columns)):
        if _least(shown) <= width:
            break
        shown.remove(column)
    return shown


def widths_of(columns: Sequence[Column], width: int) -> list[int]:
    """Return the widths of columns that fit: the longest texts are cut first."""
    spare = width - GAP * (len(columns) - 1)
    widths = [column.width for column in columns]
    for longest in range(max(widths, default=0), 0, -1):
        if sum(widths) <= spare:
            break
        widths = [max(column.least_width, min(column.width, longest)) for column in columns]
    return widths


def _use(columns: Sequence[Column]) -> Any:
    """Return the key by which columns are left out, the least useful ones first."""
    names = [column.name for column in columns]

    def rank(column: Column) -> tuple[int, int]:
        if column.is_empty:
            return -1, 0
        if column.name in LEAST_USEFUL:
            return 0, LEAST_USEFUL.index(column.name)
        if column.name in MOST_USEFUL:
            return 2, -MOST_USEFUL.index(column.name)
        return 1, -names.index(column.name)

    return rank


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least_width for column in columns) + GAP * (len(columns) - 1)


def _print_grid(
    shown: Sequence[Column],
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    screen: Console,
    *,
    is_wrapped: bool,
) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column, size in zip(shown, widths_of(shown, screen.width), strict=True):
        is_text = is_wrapped and size < column.width
        grid.add_column(
            _text(column.name),
            no_wrap=not is_text,
            overflow="ellipsis",
            min_width=size,
            max_width=size,
        )
    at = [columns.index(column) for column in shown]
    for row in cells:
        grid.add_row(*(_text(row[position]) for position in at))
    screen.print(grid, crop=False)


def _print_stacked(
    shown: Sequence[Column],
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    screen: Console,
) -> None:
    """Print the first cell of a row on a line of its own, which the terminal may wrap."""
    at = [columns.index(column) for column in shown]
    sizes = widths_of(shown[1:], screen.width - GAP)
    heading = [column.name for column in columns]
    for row, style in ((heading, "bold"), *zip(cells, repeat(""))):
        head, *rest = (row[position] for position in at)
        screen.print(_text(head, style), soft_wrap=True)
        if rest:
            screen.print(_text(_line(rest, sizes), style), soft_wrap=True)


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    from rich.cells import cell_len, set_cell_size

    parts = [
        set_cell_size(cell, size) if cell_len(cell) <= size else f"{set_cell_size(cell, size - 1)}…"
        for cell, size in zip(cells, sizes, strict=True)
    ]
    return "".join(f"{' ' * GAP}{part}" for part in parts).rstrip()


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _cell(value: Any) -> str:
    return "" if value is None else sanitize(value, limit=LONGEST_CELL)
