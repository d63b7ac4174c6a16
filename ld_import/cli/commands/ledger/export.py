"""`ld-import ledger export`: the map from legacy id and URL to mediaId."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from ld_import.atomic_file import PRIVATE, replacing
from ld_import.cli.commands.ledger.reading import checked_states, reading
from ld_import.cli.config.output_files import is_ledger_file
from ld_import.cli.options import ItemFilterFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.csv_cells import escape_formulas
from ld_import.cli.output.sanitize import json_text, sanitize
from ld_import.errors import UsageError

EXPORT_COLUMNS = (
    "server",
    "project",
    "kind",
    "systemName",
    "externalId",
    "state",
    "reason",
    "mediaId",
    "url",
    "fileName",
    "jobId",
    "attempts",
    "manifest",
    "line",
    "firstSeenAt",
    "updatedAt",
    "originalUrl",
    "mimeType",
    "width",
    "height",
    "duration",
    "size",
    "key",
)
# Their entries are links to open files of the process: `/dev/stdout`, `>(gzip > items.gz)`.
DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


@command_flags
class ExportFlags(ItemFilterFlags, TargetFlags):
    """The flags of `ledger export`."""

    format_name: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Format: jsonl or csv.")
    ] = "jsonl"
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="File to write. [default: standard output]"
        ),
    ] = None


def write_export(flags: ExportFlags) -> int:
    """Write all items as JSON lines or CSV."""
    output = flags.output
    if flags.format_name not in ("jsonl", "csv"):
        raise UsageError(f"unknown format {flags.format_name!r}", hint="use jsonl or csv")
    states = checked_states(flags.states)
    with ExitStack() as opened:
        reader, target = opened.enter_context(reading(flags))
        if output is not None and is_ledger_file(output, reader.path):
            raise UsageError(f"{output} is the ledger itself", hint="name another file")
        stream = opened.enter_context(_opened(output))
        # Closed before the ledger: if the pipe is closed early, an open cursor raises a warning.
        rows = opened.enter_context(closing(reader.items(states=states, of=target)))
        if flags.format_name == "csv":
            _write_csv(rows, stream)
            return 0
        for row in rows:
            stream.write(json_text(row) + "\n")
    return 0


command = command_of(ExportFlags, write_export)


def _write_csv(rows: Iterable[Mapping[str, Any]], stream: IO[str]) -> None:
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(EXPORT_COLUMNS)
    is_shown = stream.isatty()
    for row in rows:
        cells = [_csv_cell(row[column]) for column in EXPORT_COLUMNS]
        writer.writerow([sanitize(cell) for cell in cells] if is_shown else cells)


def _csv_cell(value: Any) -> Any:
    return escape_formulas(value) if isinstance(value, str) else value


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        # Written to a temporary file: if the ledger is damaged, the previous export must survive.
        with _target(output) as file:
            stream = TextIOWrapper(file, "utf-8", newline="")
            try:
                yield stream
            finally:
                stream.detach()
    except OSError as error:
        hint = "name another file with --output, or free disk space"
        raise UsageError(f"{output} cannot be written: {error.strerror}", hint=hint) from None


def _target(output: Path) -> AbstractContextManager[IO[bytes]]:
    """Open the target of an export: a private file that replaces an older one, or a device."""
    if output.parent in DEVICES or (output.exists() and not output.is_file()):
        return open(output, "ab", opener=_existing)
    if output.is_symlink():
        raise UsageError(f"{output} is a symbolic link", hint="name the file that it points to")
    return replacing(output, mode=PRIVATE)


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)
