"""`--metrics-file`: the metrics of a run in a file for monitoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ld_import.atomic_file import is_foreign_link, replace_file
from ld_import.cli.config.output_files import OutputTaken
from ld_import.cli.config.resolve import Resolution
from ld_import.cli.output.log import Log
from ld_import.clock import Clock
from ld_import.errors import EXIT_TROUBLE, LdImportError, LedgerError, UsageError
from ld_import.importer.new_run import manifest_name
from ld_import.model import Target

AddSummary = Callable[[Mapping[str, Any]], None]


class Subject(NamedTuple):
    """The facts about a run that are known before the manifest is opened."""

    path: Path
    target: Target
    manifest: Path
    system_name: str
    ledger_path: Path
    started_at: datetime


@contextmanager
def writing_metrics(resolution: Resolution, log: Log) -> Iterator[AddSummary]:
    """Write the metrics file, if there is one, when the block ends, also by an error.

    The block passes the summary of the run to the function that it receives. Raises UsageError for
    a file that cannot be used.
    """
    path = resolution.outputs.metrics_file
    subject = _subject_of(path, resolution, log.clock) if path else None
    summary: dict[str, Any] = {}
    code = LdImportError.exit_code
    try:
        yield summary.update
    except OutputTaken:
        subject = None
        raise
    except LdImportError as error:
        code = error.exit_code
        raise
    finally:
        if subject is not None and not resolution.flags.dry_run:
            _write(subject, summary, summary.get("exitCode", code), log)


def _subject_of(path: Path, resolution: Resolution, clock: Clock) -> Subject:
    flags, defaults = resolution.flags, resolution.config.command(resolution.kind)
    return Subject(
        manifest=resolution.manifest_path,
        ledger_path=resolution.ledger_path,
        target=resolution.target,
        path=_checked(path),
        system_name=flags.system_name or defaults.get("systemName") or "",
        started_at=clock.now(),
    )


def _checked(path: Path) -> Path:
    """Return the path of the file with links resolved. Raises UsageError."""
    hint = "name a file in a folder that exists, such as the textfile folder of node_exporter"
    if is_foreign_link(path):
        raise UsageError(f"the metrics file {path} is a link owned by another user", hint=hint)
    path = path.resolve()
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} of the metrics file does not exist", hint=hint)
    if path.exists() and not path.is_file():
        raise UsageError(f"the metrics file {path} is not a regular file", hint=hint)
    return path


def _write(subject: Subject, summary: Mapping[str, Any], code: int, log: Log) -> None:
    try:
        replace_file(subject.path, _text_of(subject, summary, code, log.clock.now()))
    except OSError as error:
        text = f"the metrics file {subject.path} cannot be written: {error.strerror}"
        log.report("warning", text)


def _text_of(subject: Subject, summary: Mapping[str, Any], code: int, now: datetime) -> bytes:
    from ld_import.cli.output.prometheus import Gauges

    system_name = summary.get("systemName", subject.system_name)
    manifest, target = manifest_name(subject.manifest, system_name), subject.target
    return Gauges(
        labels={
            "kind": target.kind,
            "manifest": manifest,
            "target": target.server,
            "project": target.project,
        },
        exit_code=code,
        started_at=subject.started_at,
        ended_at=now,
        last_success=_last_end(subject, manifest, [0], now),
        last_completion=_last_end(subject, manifest, [0, EXIT_TROUBLE], now),
        summary=summary,
    ).text()


def _last_end(subject: Subject, manifest: str, codes: list[int], now: datetime) -> int:
    # Imported here: few imports write metrics.
    from ld_import.ledger import LedgerReader

    try:
        with LedgerReader(subject.ledger_path) as reader:
            return reader.last_end(subject.target, manifest, codes, until=now) or 0
    except LedgerError:
        # The run has reported the error; for monitoring, "never" is the safe value.
        return 0
