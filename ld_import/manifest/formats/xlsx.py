"""Excel workbooks (`.xlsx`): a sheet is a table like a CSV, with cells as Excel shows them.

The whole sheet is in memory while it is read once; its records are cached. The library needs the
extra `excel`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ld_import.compact_json import compact_json
from ld_import.errors import UsageError
from ld_import.manifest.base import (
    MAX_RECORD_BYTES,
    TOO_LARGE,
    Columns,
    Format,
    Survey,
    unreadable_record,
)
from ld_import.manifest.files import READ_ERRORS, ByteFile
from ld_import.manifest.formats.csv_columns import (
    NAMES_HINT,
    columns_from,
    fields_from,
    first_valued,
    nameless,
    names_from,
)
from ld_import.manifest.spool import RecordCache
from ld_import.model import Record
from ld_import.wording import shorten

if TYPE_CHECKING:
    from ld_import.manifest.formats.xlsx_workbook import Row

EXTRA = "python_calamine"


class _Header(NamedTuple):
    names: list[str]
    columns: Columns


def survey(file: ByteFile, sheet: str | None = None) -> Survey:
    """Read the sheet once and cache its records. Raises ManifestError for a damaged workbook."""
    with _rows(file, sheet) as rows:
        header = _header(file, rows)
        cache = RecordCache(file, _records(header, rows))
    return Survey(columns=header.columns, cache=cache)


def records(file: ByteFile, sheet: str | None = None) -> Generator[Record]:
    """Yield a record for each row that is not blank, with the number of the row."""
    with _rows(file, sheet) as rows:
        yield from _records(_header(file, rows), rows)


@contextmanager
def _rows(file: ByteFile, sheet: str | None) -> Iterator[Iterator[Row]]:
    _check_library()
    # Only this format needs the readers of archives and XML.
    from ld_import.manifest.formats.xlsx_workbook import WorkbookProblem, rows_of

    if file.is_packed:
        text = "a workbook is not read from a .gz, since it is compressed already"
        raise file.error(text, hint="unpack it with gunzip, and name the .xlsx")
    try:
        with file.open() as stream:
            yield rows_of(stream, sheet)
    except WorkbookProblem as problem:
        raise file.error(str(problem), hint=problem.hint) from problem
    except READ_ERRORS as error:
        raise file.read_error(error, 0) from error


def _check_library() -> None:
    from importlib.util import find_spec

    try:
        is_installed = find_spec(EXTRA) is not None
    except ValueError:
        is_installed = False
    if not is_installed:
        raise UsageError(
            "an .xlsx needs python-calamine, which is not installed",
            hint="run: pip install 'ld-import[excel]'; or save the sheet as CSV UTF-8",
        )


def _header(file: ByteFile, rows: Iterator[Row]) -> _Header:
    row = next(rows)
    for problem in row.problems.values():
        raise file.error(f"the header has a cell that is not a name: {problem}", row.line)
    names = names_from(row.cells)
    columns = columns_from(names)
    if isinstance(columns, str):
        raise file.error(columns, row.line, hint=NAMES_HINT)
    return _Header(names, columns)


def _records(header: _Header, rows: Iterator[Row]) -> Generator[Record]:
    for row in rows:
        if problem := _problem(header.names, row):
            yield unreadable_record(row.line, problem)
            continue
        raw = compact_json(fields_from(header.columns, row.cells))
        is_small = len(raw) <= MAX_RECORD_BYTES
        yield Record(row.line, raw) if is_small else unreadable_record(row.line, TOO_LARGE)


def _problem(names: list[str], row: Row) -> str | None:
    """Return why a row cannot be read, if it cannot."""
    extra = first_valued(row.cells, len(names))
    if extra is not None:
        return nameless(extra, row.cells[extra])
    # A sheet can be narrower than its header where names are merged cells.
    row.cells.extend([""] * (len(names) - len(row.cells)))
    return next(
        (f"`{shorten(names[index])}` {problem}" for index, problem in row.problems.items()), None
    )


XLSX = Format(survey, records, options=("sheet",))
