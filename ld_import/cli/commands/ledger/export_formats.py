"""The formats of `ledger export`: each writes rows of items and returns those it left out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ld_import.cli.output.csv_cells import escape_formulas
from ld_import.cli.output.export_file import file_output, text_output
from ld_import.cli.output.sanitize import json_text, sanitize
from ld_import.errors import UsageError
from ld_import.exports.columns import COLUMNS
from ld_import.exports.left_out import LeftOut, LeftOutGroups

Row = Mapping[str, Any]
ALL_FACTS = ("original_url", "mime_type", "width", "height", "duration", "size", "key")
BYTE_ORDER_MARK = "\ufeff"
SHARED = "the legacy URL leads to another address already: the first item has it"


@dataclass(slots=True)
class Written:
    """The result of an export: the number of lines, and the items it left out."""

    count: int
    left_out: LeftOutGroups


@dataclass(frozen=True, slots=True)
class Format:
    """A format of an export.

    - `write` writes rows to a path, or to standard output for `None`.
    - `facts` are the names of the facts about stored files that it needs.
    - `noun` names what it writes, if it does not write every item.
    - `is_file`: it cannot go to standard output.
    - `never` are the kinds of which it writes nothing, so that there is nothing to ask for.
    - `is_one_server`: its rows would mix up with those of other servers.
    """

    write: Callable[[Iterable[Row], Path | None], Written]
    facts: tuple[str, ...] = ALL_FACTS
    noun: str = ""
    is_file: bool = False
    is_one_server: bool = False
    never: tuple[str, ...] = ()


def write_lines(rows: Iterable[Row], output: Path | None) -> Written:
    """Write one JSON object for each row."""
    count = 0
    with text_output(output) as stream:
        for row in rows:
            stream.write(json_text(row) + "\n")
            count += 1
    return Written(count, LeftOutGroups())


def write_csv(rows: Iterable[Row], output: Path | None, *, has_mark: bool = False) -> Written:
    """Write a CSV in which no cell acts as a formula; `has_mark` begins it for Excel."""
    count = 0
    with text_output(output) as stream:
        if has_mark:
            stream.write(BYTE_ORDER_MARK)
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        is_shown = stream.isatty()
        for row in rows:
            cells = [_csv_cell(row[column]) for column in COLUMNS]
            writer.writerow([sanitize(cell) for cell in cells] if is_shown else cells)
            count += 1
    return Written(count, LeftOutGroups())


def write_database(rows: Iterable[Row], output: Path | None) -> Written:
    """Write a SQLite file."""
    from ld_import import __version__
    from ld_import.exports import database

    assert output is not None
    with file_output(output) as path:
        database.write_database(path, rows, {"program": f"ld-import {__version__}"})
    return Written(0, LeftOutGroups())


def write_documents(rows: Iterable[Row], output: Path | None) -> Written:
    """Write one JSON object for each item with a complete object for documents."""
    from ld_import.exports.documents import document_of

    written = Written(0, LeftOutGroups())
    with text_output(output) as stream:
        for row in rows:
            document = document_of(row)
            if isinstance(document, LeftOut):
                written.left_out.add(document, row["externalId"])
                continue
            stream.write(json_text(document) + "\n")
            written.count += 1
    return written


def write_redirects(rows: Iterable[Row], output: Path | None, *, server: str) -> Written:
    """Write a redirect map for nginx or Apache."""
    from ld_import.exports.redirect_maps import REDIRECT_MAPS
    from ld_import.exports.redirect_store import RedirectStore
    from ld_import.exports.redirects import ADDRESS_OF_FILE, redirect_of

    form = REDIRECT_MAPS[server]
    written = Written(0, LeftOutGroups())
    shared = LeftOut(SHARED, form.advice, is_expected=True)
    with RedirectStore(ignores_case=form.ignores_case) as store, text_output(output) as stream:
        for row in rows:
            redirect = redirect_of(row)
            if row["originalUrl"]:
                store.protect(row["originalUrl"])
            if not isinstance(redirect, LeftOut):
                redirect = form.refusal(redirect) or redirect
            if isinstance(redirect, LeftOut):
                written.left_out.add(redirect, row["externalId"])
            elif not store.add(redirect, row["externalId"]):
                written.left_out.add(shared, row["externalId"])
        for external_id in store.remove_protected():
            written.left_out.add(ADDRESS_OF_FILE, external_id)
        written.count = store.sizes().count
        stream.writelines(form.lines(store))
    return written


def _csv_cell(value: Any) -> Any:
    return escape_formulas(value) if isinstance(value, str) else value


def _nginx(rows: Iterable[Row], output: Path | None) -> Written:
    return write_redirects(rows, output, server="nginx")


def _apache(rows: Iterable[Row], output: Path | None) -> Written:
    return write_redirects(rows, output, server="apache")


def _csv_with_mark(rows: Iterable[Row], output: Path | None) -> Written:
    return write_csv(rows, output, has_mark=True)


URL = ("original_url",)
# Every property of a directive, the optional `key` as well.
DIRECTIVE_FACTS = ("original_url", "mime_type", "width", "height", "duration", "key")
FORMATS = {
    "jsonl": Format(write_lines),
    "csv": Format(write_csv),
    "sqlite": Format(write_database, is_file=True),
    "nginx": Format(_nginx, facts=URL, noun="redirect", is_one_server=True),
    "apache": Format(_apache, facts=URL, noun="redirect", is_one_server=True),
}
MARKED_CSV = Format(_csv_with_mark)
DOCUMENTS = Format(
    write_documents, facts=DIRECTIVE_FACTS, noun="object", is_one_server=True, never=("files",)
)


def chosen_format(name: str, shape: str | None, *, has_mark: bool) -> Format:
    """Return the format that the flags choose. Raises UsageError."""
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}", hint=f"use {_listed(FORMATS)}")
    if shape not in (None, "documents"):
        raise UsageError(f"unknown shape {shape!r}", hint="use --as documents, or omit it")
    if has_mark and name != "csv":
        raise UsageError("--bom is for --format csv only", hint="omit it")
    if shape == "documents" and name != "jsonl":
        raise UsageError(
            f"--as documents cannot be combined with --format {name}",
            hint="omit --format; a SQLite file has the objects in its view `documents`",
        )
    if shape == "documents":
        return DOCUMENTS
    return MARKED_CSV if has_mark else FORMATS[name]


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"
