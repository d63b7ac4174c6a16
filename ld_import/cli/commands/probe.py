"""`ld-import probe`: the facts that an import would find out about files."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from ld_import.cli.options import JsonFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_err, table
from ld_import.cli.output.sanitize import sanitize

if TYPE_CHECKING:
    from ld_import.assets.probe import Probed

PROBLEM_CODE = 3
PIECE_BYTES = 1024 * 1024
COLUMNS = ("file", "mimeType", "size", "width", "height", "duration", "sha256", "reason")
# Keys of the JSON document.
KEYS = (
    *("file", "mimeType", "mediaType", "suffix", "size", "width", "height", "duration", "sha256"),
    *("warnings", "reason"),
)

Row = dict[str, Any]
Note = Callable[[int], None]


@command_flags
class ProbeFlags(JsonFlags):
    """The flags of `probe`."""

    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to look at.")]


def probe_files(flags: ProbeFlags) -> int:
    """Show what each file is; return 3 if one of them could not be uploaded."""
    from ld_import.assets.probe import check_probing

    check_probing()
    rows = _rows(flags.files)
    if flags.json:
        json_out(rows)
    else:
        table(COLUMNS, rows)
        _print_sentences(rows)
    return PROBLEM_CODE if any(row["reason"] for row in rows) else 0


command = command_of(ProbeFlags, probe_files)


def _rows(files: Sequence[Path]) -> list[Row]:
    from ld_import.cli.output.step_progress import step_progress
    from ld_import.clock import SystemClock

    rows: list[Row] = []
    with step_progress("probe", SystemClock()) as note:
        for path in files:

            def noted(megabytes: int, name: str = path.name) -> None:
                text = f"{len(rows):,} of {len(files):,} files"
                note([(text, "", 9), (f"{megabytes:,} MB of {sanitize(name)}", "dim", 3)])

            rows.append(_row(path, noted))
    return rows


def _row(path: Path, note: Note) -> Row:
    """Return the facts about a file, or the reason why there are none."""
    from ld_import.assets.probe import ProbeProblem, probe

    row: Row = {**dict.fromkeys(KEYS), "file": str(path), "warnings": []}
    try:
        with _opened(path) as (reader, size):
            row["size"] = size
            try:
                row.update(_facts(probe(reader, size, path.name)))
            except ProbeProblem as problem:
                row["reason"] = problem.reason
            row["sha256"] = _sha256(reader, note)
    except ProbeProblem as problem:
        row["reason"] = problem.reason
    except OSError as error:
        row["reason"] = f"the file cannot be read: {error.strerror}"
    return row


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file on disk, with its size. Raises ProbeProblem for a folder or a device."""
    from ld_import.assets.probe import ProbeProblem

    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ProbeProblem("it is a folder" if path.is_dir() else "it is not a regular file")
    with path.open("rb") as file:
        yield file, status.st_size


def _facts(probed: Probed) -> Mapping[str, Any]:
    return {
        "mimeType": probed.mime_type,
        "mediaType": probed.kind,
        "suffix": probed.suffix,
        "width": probed.width,
        "height": probed.height,
        "duration": probed.duration_seconds,
        "warnings": [asdict(warned) for warned in probed.warnings],
        "reason": probed.problem(),
    }


def _sha256(reader: BinaryIO, note: Note) -> str:
    from hashlib import sha256

    digest = sha256()
    reader.seek(0)
    while piece := reader.read(PIECE_BYTES):
        digest.update(piece)
        note(reader.tell() // PIECE_BYTES)
    return digest.hexdigest()


def _print_sentences(rows: Sequence[Row]) -> None:
    """Print the warnings, and on a terminal, where tables are cut, also the reasons."""
    for row in rows:
        name = sanitize(row["file"])
        if row["reason"] and sys.stdout.isatty():
            print_err(f"error: {name}: {sanitize(row['reason'])}")
        for warned in row["warnings"]:
            print_err(f"warning: {name}: {sanitize(warned['text'])}")
