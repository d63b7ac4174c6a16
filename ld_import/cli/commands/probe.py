"""`ld-import probe`: the facts that an import would find out about files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.options import JsonFlags, SourceFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_err, table
from ld_import.cli.output.sanitize import sanitize

if TYPE_CHECKING:
    from ld_import.assets.base import Source, SourceRules
    from ld_import.assets.probe import Probed

PROBLEM_CODE = 3
MEGABYTE = 1024 * 1024
COLUMNS = ("file", "mimeType", "size", "width", "height", "duration", "sha256", "reason")
# Keys of the JSON document.
KEYS = (
    *("file", "mimeType", "mediaType", "suffix", "size", "width", "height", "duration", "sha256"),
    *("warnings", "reason"),
)

Row = dict[str, Any]
Note = Callable[[int], None]


@command_flags
class ProbeFlags(JsonFlags, SourceFlags):
    """The flags of `probe`."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Paths, or URLs that begin with https://, s3://, gs://, az:// or sftp://.",
        ),
    ]


def probe_files(flags: ProbeFlags) -> int:
    """Show what each file is; return 3 if one of them could not be uploaded."""
    from ld_import.assets.probe import check_probing

    check_probing()
    rows = _rows(flags.files, _rules(flags))
    if flags.json:
        json_out(rows)
    else:
        table(COLUMNS, rows)
        _print_sentences(rows)
    return PROBLEM_CODE if any(row["reason"] for row in rows) else 0


command = command_of(ProbeFlags, probe_files)


def _rules(flags: ProbeFlags) -> SourceRules:
    from ld_import.assets.base import SourceRules

    if not any("://" in file for file in flags.files):
        # Files of this machine need no configuration.
        return SourceRules(folder=Path(), allow_outside=True)
    from ld_import.cli.config.assets import named_source_rules
    from ld_import.cli.config.file import find_config

    return named_source_rules(
        find_config(flags.config),
        allow_private=flags.allow_private_sources,
        allow_http=flags.allow_http,
    )


def _rows(files: Sequence[str], rules: SourceRules) -> list[Row]:
    from ld_import.cli.output.step_progress import step_progress
    from ld_import.clock import SystemClock

    rows: list[Row] = []
    with step_progress("probe", SystemClock()) as note:
        for file in files:

            def noted(read_bytes: int, name: str = file) -> None:
                text = f"{len(rows):,} of {len(files):,} files"
                megabytes = f"{read_bytes // MEGABYTE:,} MB of {sanitize(name)}"
                note([(text, "", 9), (megabytes, "dim", 3)])

            rows.append(_row(file, rules, noted))
    return rows


def _row(file: str, rules: SourceRules, note: Note) -> Row:
    """Return the facts about a file, or the reason why there are none."""
    from ld_import.assets.base import FileProblem
    from ld_import.assets.source import open_source

    row: Row = {**dict.fromkeys(KEYS), "file": file, "warnings": []}
    try:
        with closing(open_source(file, rules)) as source:
            row["size"] = source.state.size
            row.update(_facts(source, file))
            row["size"], row["sha256"] = _content(source, note)
    except FileProblem as problem:
        row["reason"] = str(problem)
    return row


def _facts(source: Source, file: str) -> Mapping[str, Any]:
    from ld_import.assets.prepare import SourceFile
    from ld_import.assets.probe import ProbeProblem, probe

    try:
        return _shown(probe(SourceFile(source), source.state.size, file))
    except ProbeProblem as problem:
        return {"reason": problem.reason}


def _shown(probed: Probed) -> Mapping[str, Any]:
    return {
        "mimeType": probed.mime_type,
        "mediaType": probed.kind,
        "suffix": probed.suffix,
        "width": probed.width,
        "height": probed.height,
        "duration": probed.duration_seconds,
        "warnings": [warned._asdict() for warned in probed.warnings],
        "reason": probed.problem(),
    }


def _content(source: Source, note: Note) -> tuple[int, str]:
    """Read the whole file; return its size and sha256."""
    from hashlib import sha256

    digest = sha256()
    read_bytes = 0
    for piece in source.stream():
        digest.update(piece)
        read_bytes += len(piece)
        note(read_bytes)
    return read_bytes, digest.hexdigest()


def _print_sentences(rows: Sequence[Row]) -> None:
    """Print the warnings, and on a terminal, where tables are cut, also the reasons."""
    for row in rows:
        name = sanitize(row["file"])
        if row["reason"] and sys.stdout.isatty():
            print_err(f"error: {name}: {sanitize(row['reason'])}")
        for warned in row["warnings"]:
            print_err(f"warning: {name}: {sanitize(warned['text'])}")
