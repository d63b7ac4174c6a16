"""Reads the rows of a workbook with python-calamine, after checks that the library does not make.

It allocates the whole area of a sheet, and the process ends if that fails; it returns cells with
an error as empty, and no number formats. `xlsx_scan` finds all of these first.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from typing import IO, Any, NamedTuple

import python_calamine

from ld_import.errors import LdImportError
from ld_import.manifest.formats.xlsx_cells import cell_text, problem_of
from ld_import.manifest.formats.xlsx_package import Package, Sheet, WorkbookProblem, check_start
from ld_import.manifest.formats.xlsx_scan import SheetScan
from ld_import.manifest.formats.xml_stream import XmlProblem
from ld_import.wording import did_you_mean, shorten

__all__ = ["Row", "WorkbookProblem", "rows_of"]

DAMAGED = "the workbook is damaged"
REPAIR = "copy or export the file again, or open it in Excel or LibreOffice and save it as .xlsx"
# Errors of `zipfile` for archives that are not valid, beside its own.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Row(NamedTuple):
    """A row that is not blank: its number, its texts, and the problems of its cells by index."""

    line: int
    cells: list[str]
    problems: dict[int, str]


def rows_of(stream: IO[bytes], name: str | None) -> Iterator[Row]:
    """Yield the rows of a sheet that are not blank. Raises WorkbookProblem.

    `name` is that of the sheet; the default is the first visible one.
    """
    with _damage_reported():
        check_start(stream)
        package = Package(stream)
        sheet = package.sheet(name)
        scan = package.scanned(sheet)
        stream.seek(0)
        values = _values(stream, sheet)
    rows = iter(()) if values is None else _rows(values, scan)
    first = next(rows, None)
    if first is None:
        others = [other.name for other in package.sheets if other is not sheet]
        hint = f"name another one with --sheet ({did_you_mean('', others)})"
        raise WorkbookProblem(f"the sheet `{shorten(sheet.name)}` is empty", hint)
    yield first
    yield from rows


def _values(stream: IO[bytes], sheet: Sheet) -> python_calamine.CalamineSheet | None:
    try:
        with python_calamine.load_workbook(stream) as workbook:
            values = workbook.get_sheet_by_index(sheet.index)
    except (LdImportError, OSError, MemoryError, KeyboardInterrupt):
        raise
    # A panic of Rust is a BaseException:
    # https://pyo3.rs/latest/function/error-handling.html
    except BaseException as error:
        raise WorkbookProblem(f"{DAMAGED} ({_first_line(error)})", REPAIR) from error
    return values if values.start is not None else None


def _rows(values: python_calamine.CalamineSheet, scan: SheetScan) -> Iterator[Row]:
    first_column = (values.start or (0, 0))[1]
    found = scan.found()
    for line, row in enumerate(values.iter_rows(), 1):
        cells, problems = [cell_text(value) for value in row], {}
        for column, meaning in found.at(line):
            index = column - 1 - first_column
            if 0 <= index < len(cells):
                cells[index], problem = meaning.applied(row[index], cells[index])
                if problem:
                    problems[index] = problem
        if not any(map(str.strip, cells)):
            continue
        _add_problems(row, cells, problems)
        yield Row(line, cells, problems)


def _add_problems(row: list[Any], cells: list[str], problems: dict[int, str]) -> None:
    for index, value in enumerate(row):
        if index not in problems and (problem := problem_of(value, cells[index])):
            problems[index] = problem


@contextmanager
def _damage_reported() -> Iterator[None]:
    try:
        yield
    except XmlProblem as problem:
        text = f"{DAMAGED} ({problem} on line {problem.line} of a part of it)"
        raise WorkbookProblem(text, REPAIR) from problem
    except ARCHIVE_ERRORS as error:
        raise WorkbookProblem(f"{DAMAGED} ({_first_line(error)})", REPAIR) from error
    except OSError as error:
        # `zipfile` seeks to places that the archive names.
        if error.errno != EINVAL:
            raise
        raise WorkbookProblem(DAMAGED, REPAIR) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["it cannot be read"])[0][:100]
