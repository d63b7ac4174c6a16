"""The externalIds in the file of `--only-file`: a list of ids, or an output of `ledger`.

Accepted are JSON Lines and CSV of `ledger export`, the JSON of `ledger items` and `ledger reasons`,
any table with a column externalId, and one id a line; all of them also packed with gzip.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from ld_import.cli.output.csv_cells import restore_formulas
from ld_import.errors import UsageError
from ld_import.small_file import open_small
from ld_import.wording import amount

# Packed and unpacked: about ten million ids, or two million rows of an export.
LARGEST_BYTES = 1_000_000_000
# A JSON array is parsed as a whole.
LARGEST_ARRAY = 256_000_000
GZIP_START = b"\x1f\x8b"
# The first line of a manifest in YAML.
YAML = re.compile(
    r"(---|(systemName|source|map|items|videos|images|files|mediaLibraryEntries):)(\s|$)"
)
QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
DELIMITERS = (",", ";", "\t")
ID, KIND, SYSTEM_NAME = "externalId", "kind", "systemName"
HINT = "name a file with one externalId per line, or an output of `ld-import ledger export`"


@dataclass(frozen=True, slots=True)
class Owner:
    """The kind and systemName of an import, whose rows are used; an empty systemName fits all."""

    kind: str
    system_name: str


@dataclass(frozen=True, slots=True)
class ListedIds:
    """The externalIds in a file; `left_out` rows belong to another kind or systemName."""

    ids: frozenset[str] = frozenset()
    left_out: int = 0


class _Unusable(Exception):
    """The content of the file cannot be used: the rest of a sentence, and a hint."""

    def __init__(self, problem: str, hint: str = HINT) -> None:
        super().__init__(problem)
        self.hint = hint


def read_ids(path: Path, owner: Owner, *, longest: int = LARGEST_ARRAY) -> ListedIds:
    """Return the externalIds in a file. Raises UsageError with one sentence about the file.

    A line, or a JSON array, of more than `longest` characters is refused.
    """
    try:
        with ExitStack() as opened:
            return _listed(_text(path, opened), owner, longest)
    except _Unusable as error:
        raise UsageError(f"--only-file {path} {error}", hint=error.hint) from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(
            f"--only-file {path} cannot be read: {_reason(error)}", hint=HINT
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return error.strerror or str(error)
    return "its gzip data is damaged"


def _text(path: Path, opened: ExitStack) -> io.TextIOWrapper:
    file = opened.enter_context(open_small(path, limit=LARGEST_BYTES))
    is_packed = file.peek(2).startswith(GZIP_START)
    raw: Any = opened.enter_context(gzip.GzipFile(fileobj=file)) if is_packed else file
    return opened.enter_context(io.TextIOWrapper(raw, "utf-8-sig", newline="\n"))


def _listed(text: io.TextIOWrapper, owner: Owner, longest: int) -> ListedIds:
    lines = _bounded(text, LARGEST_BYTES, longest)
    first = next((line for line in lines if line.strip()), "")
    start = first.lstrip()[:1]
    if start == "[":
        rest = "".join(_bounded(text, longest, longest))
        return _selected(_rows_of_array(first + rest), owner)
    if start == "{":
        return _selected(_rows_of_lines(chain([first], lines)), owner)
    if delimiter := _delimiter_of(first):
        return _selected(_rows_of_table(chain([first], lines), delimiter), owner)
    if YAML.match(first):
        raise _Unusable("is a manifest")
    return ListedIds(_plain(chain([first], lines)))


def _bounded(text: io.TextIOWrapper, most: int, longest: int) -> Iterator[str]:
    """Yield lines; a small gzip file can become very large, in a single line too."""
    size = 0
    while line := text.readline(longest):
        size += len(line)
        if size > most or len(line) == longest:
            raise _Unusable("is too large", "divide it into several files")
        yield line


def _plain(lines: Iterable[str]) -> frozenset[str]:
    ids = frozenset(line.rstrip("\n").removesuffix("\r") for line in lines if line.strip())
    if ids and all(map(QUOTED.fullmatch, ids)):
        raise _Unusable("has its ids in quotation marks", "remove the quotation marks")
    return ids


def _rows_of_lines(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            if number == 1:
                # A JSON document over several lines.
                raise _Unusable("is a manifest") from None
            raise _Unusable(f"is damaged: line {number} is not JSON") from None
        yield _checked(row)


def _rows_of_array(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _Unusable("is damaged: it is not JSON") from None
    for row in rows:
        if isinstance(row, str):
            yield {ID: row}
        elif isinstance(row, dict) and "items" in row and "count" in row:
            yield from _rows_of_group(row)
        else:
            yield _checked(row)


def _rows_of_group(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    items = group["items"]
    if len(items) < group["count"]:
        raise _Unusable(
            f"names only {len(items)} of the {amount(group['count'], 'item')} of a cause",
            "use `ld-import ledger export --state failed`, which names all items",
        )
    for item in items:
        yield {KIND: group.get(KIND), **_checked(item)}


def _checked(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, dict) or ID not in row:
        raise _Unusable("is a manifest")
    return row


def _delimiter_of(header: str) -> str | None:
    for delimiter in DELIMITERS:
        names = [cell.strip(" \"'\r\n") for cell in header.split(delimiter)]
        if ID in names:
            return delimiter
    return None


def _rows_of_table(lines: Iterable[str], delimiter: str) -> Iterator[Mapping[str, Any]]:
    # The tables of `ledger items` have tabs, and quotes are part of their cells.
    if delimiter == "\t":
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader)]
        columns = {name: names.index(name) for name in (ID, KIND, SYSTEM_NAME) if name in names}
        for cells in filter(None, reader):
            if len(cells) <= max(columns.values()):
                raise _Unusable(f"is damaged: line {reader.line_num} has too few cells")
            yield {name: restore_formulas(cells[at]) for name, at in columns.items()}
    except csv.Error:
        raise _Unusable(f"is damaged: line {reader.line_num} is not a row of a table") from None


def _selected(rows: Iterable[Mapping[str, Any]], owner: Owner) -> ListedIds:
    """Return the ids of the owner's rows. Raises _Unusable if all rows have another owner."""
    ids: set[str] = set()
    others = ""
    left_out = 0
    for row in rows:
        if other := _other_owner(row, owner):
            others = others or other
            left_out += 1
        elif row[ID] not in (None, ""):
            ids.add(str(row[ID]))
    if others and not ids:
        raise _Unusable(
            f"has no items of {_named(owner.kind, owner.system_name)}: the first one is of"
            f" {others}",
            "export the items of this import: `ld-import ledger export --kind"
            f" {owner.kind} --system-name {owner.system_name}`",
        )
    return ListedIds(frozenset(ids), left_out)


def _other_owner(row: Mapping[str, Any], owner: Owner) -> str:
    """Return the kind and systemName of a row if they are not those of the import."""
    kind = row.get(KIND) or owner.kind
    system_name = row.get(SYSTEM_NAME) or owner.system_name
    if kind == owner.kind and (not owner.system_name or system_name == owner.system_name):
        return ""
    return _named(kind, system_name)


def _named(kind: str, system_name: str) -> str:
    return f"{kind} of the system {system_name}" if system_name else kind
