"""Writes the report of a run: the page, and a CSV file beside it if the page cannot list all."""

from __future__ import annotations

import csv
import errno
import stat
from collections.abc import Generator, Mapping
from contextlib import closing
from datetime import datetime
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ld_import import __version__
from ld_import.atomic_file import PRIVATE, replacing
from ld_import.cli.config.output_files import items_file
from ld_import.cli.output.csv_cells import escape_formulas
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.ledger.reader import Row
    from ld_import.ledger.run_reader import RunReader
    from ld_import.report.data import ReportData
    from ld_import.report.facts import Ending

CSV_COLUMNS = (
    *("externalId", "state", "reason", "line", "fileName", "url", "jobId", "attempts", "now"),
)
# Their texts may contain secrets.
FOREIGN = ("externalId", "reason", "fileName", "url")


def check_extra() -> None:
    """Raise UsageError if the library that draws the chart is not installed."""
    from ld_import.report.chart import is_available

    if not is_available():
        raise UsageError(
            "reports need an optional part of ld-import",
            hint="run: pip install 'ld-import[report]'",
        )


def file_in(output: Path, run_id: str) -> Path:
    """Return the file to write: the given one, or a new one for this run in a given folder."""
    # A colon is not possible in file names of some systems.
    return output / f"report-{run_id.replace(':', '')}.html" if output.is_dir() else output


def write_report(
    path: Path, reader: RunReader, run: Row, *, now: datetime, ending: Ending | None = None
) -> None:
    """Write the report of a run, a row of `reader.run`. Raises OSError and LedgerError."""
    from ld_import.report.data import UNKNOWN_ENDING, data_of

    data = data_of(reader, run, now=now, ending=ending or UNKNOWN_ENDING)
    if not data.problems.is_complete:
        _write_items(_items_of(path), reader, run)
    write_page(path, data, now=now)


def write_page(path: Path, data: ReportData, *, now: datetime) -> None:
    """Write the page. Raises OSError."""
    from ld_import.report.page import Writing, page_of

    writing = Writing(clean=sanitize, csv_name=_items_of(path).name, version=__version__, now=now)
    content = page_of(data, writing)
    with replacing(path, mode=_mode(path)) as file:
        file.write(content)


def _items_of(path: Path) -> Path:
    items = items_file(path)
    assert items is not None
    return items


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced; a new one is private.

    Raises OSError for a device or pipe, which must not be replaced, and for a link.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return PRIVATE
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return stat.S_IMODE(status.st_mode)


def _write_items(path: Path, reader: RunReader, run: Row) -> None:
    with replacing(path, mode=_mode(path)) as file:
        stream = TextIOWrapper(file, "utf-8", errors="backslashreplace", newline="")
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(CSV_COLUMNS)
        with closing(_all_items(reader, run)) as rows:
            writer.writerows([_cell(name, row.get(name)) for name in CSV_COLUMNS] for row in rows)
        stream.detach()


def _all_items(reader: RunReader, run: Row) -> Generator[Mapping[str, Any]]:
    from ld_import.report.data import items_of
    from ld_import.report.problems import as_item

    yield from chain(items_of(reader, run), map(as_item, reader.invalid(run)))


def _cell(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return escape_formulas(REDACTOR.redact(value) if name in FOREIGN else value)
