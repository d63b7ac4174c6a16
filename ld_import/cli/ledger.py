"""`ld-import ledger …`: what the ledger remembers, as tables, JSON or CSV."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

import orjson

from ld_import.atomic_file import PRIVATE, replacing
from ld_import.cli.config import Config, find_config
from ld_import.cli.csv_cells import marked
from ld_import.cli.find import find_ledger
from ld_import.cli.options import Connection
from ld_import.cli.outputs import is_of_ledger
from ld_import.cli.server import normal_url
from ld_import.cli.show import err, json_out, out, table
from ld_import.cli.text import json_text, plain
from ld_import.errors import UsageError
from ld_import.ledger import LedgerReader

RUN_COLUMNS = ("run", "kind", "systemName", "server", "startedAt", "endedAt", "exitCode")
JOB_COLUMNS = (
    "jobId",
    "state",
    "jobState",
    "items",
    "success",
    "skipped",
    "failed",
    "createdAt",
    "settledAt",
    "reason",
)
ITEM_COLUMNS = ("externalId", "state", "mediaId", "line", "jobId", "updatedAt", "reason")
EXPORT_COLUMNS = (
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
)
STATES = ("success", "skipped", "failed", "refused", "lost", "pending", "submitted", "invalid")
# Their entries are links to what the process has open: `/dev/stdout`, `>(gzip > items.gz)`.
DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


@contextmanager
def reading(given: Connection) -> Iterator[LedgerReader]:
    """Open the ledger that was named, else the profile's, else the one below this folder."""
    config = Config() if given.ledger else find_config(given.config)
    path = find_ledger(given.ledger, config.profile(given.profile), config, folder=Path())
    if not path.exists():
        raise UsageError(
            f"there is no ledger {path}",
            hint="name it with --ledger; an import makes one beside its manifest",
        )
    with LedgerReader(path) as reader:
        yield reader


def show_runs(given: Connection, *, limit: int, is_json: bool) -> None:
    """List the latest runs."""
    with reading(given) as reader:
        rows = reader.runs(limit=limit or -1)
    for row in rows:
        row["summary"] = orjson.loads(row["summary"]) if row["summary"] else None
    _show(RUN_COLUMNS, rows, is_json)


def show_jobs(given: Connection, *, run_id: str | None, limit: int, is_json: bool) -> None:
    """List the latest jobs."""
    with reading(given) as reader:
        _show(JOB_COLUMNS, reader.jobs(limit=limit or -1, run_id=run_id), is_json)


def show_items(given: Connection, *, states: Sequence[str], limit: int, is_json: bool) -> None:
    """List items, and say how many there are of each state."""
    wanted = _states(states)
    with reading(given) as reader:
        rows = list(reader.items(states=wanted, server=_server(given), limit=limit or -1))
        _show(_item_columns(rows), rows, is_json)
        counts = reader.counts(states=wanted, server=_server(given))
    if not is_json:
        err(", ".join(f"{count:,} {plain(state)}" for state, count in counts.items()) or "no items")
        total = sum(counts.values())
        if total > len(rows):
            err(f"{total - len(rows):,} more; --limit 0 shows all, `ledger export` writes them")


def _item_columns(rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    # One externalId may stand there for several kinds or systems; then the rows say for which.
    telling = [name for name in ("kind", "systemName") if len({row[name] for row in rows}) > 1]
    return (*telling, *ITEM_COLUMNS)


def show_item(given: Connection, external_id: str, *, is_json: bool) -> int:
    """Show one item with its history; 2 when there is none."""
    with reading(given) as reader:
        found = reader.show(external_id)
    if not found:
        raise UsageError(
            f"the ledger knows no item {external_id!r}",
            hint="`ld-import ledger items` lists those it knows",
        )
    if is_json:
        json_out(found)
        return 0
    for one in found:
        history = one.pop("history")
        width = max(map(len, one))
        for name, value in one.items():
            out(f"{name:<{width}}  {'' if value is None else plain(value)}")
        for attempt in history:
            reason = f": {attempt['reason']}" if attempt["reason"] else ""
            job = f" in job {attempt['jobId']}" if attempt["jobId"] else ""
            out(plain(f"  {attempt['sentAt']}  {attempt['state']}{job}{reason}"))
    return 0


def write_export(
    given: Connection, *, format_name: str, output: Path | None, states: Sequence[str]
) -> None:
    """Write all items as JSON lines or CSV."""
    if format_name not in ("jsonl", "csv"):
        raise UsageError(f"there is no format {format_name!r}", hint="jsonl or csv")
    wanted, server = _states(states), _server(given)
    with ExitStack() as opened:
        reader = opened.enter_context(reading(given))
        if output is not None and is_of_ledger(output, reader.path):
            raise UsageError(f"{output} is the ledger itself", hint="name another file")
        stream = opened.enter_context(_opened(output))
        # Closed before the ledger: half-read rows complain when the reader of a pipe went away.
        rows = opened.enter_context(closing(reader.items(states=wanted, server=server)))
        if format_name == "csv":
            _write_csv(rows, stream)
            return
        for row in rows:
            stream.write(json_text(row) + "\n")


def _write_csv(rows: Iterable[Mapping[str, Any]], stream: IO[str]) -> None:
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(EXPORT_COLUMNS)
    is_shown = stream.isatty()
    for row in rows:
        cells = [_csv_cell(row[column]) for column in EXPORT_COLUMNS]
        writer.writerow([plain(cell) for cell in cells] if is_shown else cells)


def _csv_cell(value: Any) -> Any:
    return marked(value) if isinstance(value, str) else value


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        # Aside first: what was exported before must survive a ledger that turns out to be damaged.
        with _target(output) as file:
            stream = TextIOWrapper(file, "utf-8", newline="")
            try:
                yield stream
            finally:
                stream.detach()
    except OSError as error:
        hint = "name another file with --output, or make room"
        raise UsageError(f"{output} cannot be written: {error.strerror}", hint=hint) from None


def _target(output: Path) -> AbstractContextManager[IO[bytes]]:
    """Return what writes an export: a private file in place of an older one, or a device."""
    if output.parent in DEVICES or (output.exists() and not output.is_file()):
        return open(output, "ab", opener=_existing)  # noqa: PTH123 - with an opener
    if output.is_symlink():
        raise UsageError(f"{output} is a symbolic link", hint="name the file that it leads to")
    return replacing(output, mode=PRIVATE)


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)


def _server(given: Connection) -> str | None:
    return None if given.server is None else normal_url(given.server, allow_http=True)


def _states(states: Sequence[str]) -> Sequence[str]:
    for state in states:
        if state not in STATES:
            raise UsageError(f"there is no state {state!r}", hint=f"one of {', '.join(STATES)}")
    return states


def _show(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], is_json: bool) -> None:
    if is_json:
        json_out(rows)
    else:
        table(columns, rows)
