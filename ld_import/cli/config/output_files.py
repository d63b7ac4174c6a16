"""The additional files that a run writes; none of them may replace a file in other use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from os.path import realpath
from pathlib import Path
from typing import NamedTuple

from ld_import.errors import LdImportError, UsageError

# Endings of the files of a ledger: those of SQLite and of the lock.
LEDGER_ENDINGS = ("", "-wal", "-shm", "-journal", ".lock", ".holder")
# A header with a source has no records and is small; a larger file is not read to find a source.
LARGEST_HEADER_BYTES = 1_000_000

Used = tuple[str, Path]


class OutputTaken(UsageError):
    """An output file is in other use; it must not be changed."""

    hint = "name a file in a folder that exists, and one that has no other use"


class Outputs(NamedTuple):
    """The additional files that a run writes, if any."""

    log_file: Path | None
    metrics_file: Path | None
    report: Path | None = None

    def check(self, *used: Used) -> None:
        """Raise OutputTaken if one of them is one of these files, or two are the same file."""
        taken: dict[object, str] = {}
        for use, used_path in used:
            taken.setdefault(_identity(used_path), use)
        for name, path in self._named():
            identity = _identity(path)
            if identity in taken:
                raise OutputTaken(f"the {name} {path} is {taken[identity]}")
            taken[identity] = f"also the {name}"

    def _named(self) -> Iterator[Used]:
        named = (
            ("log file", self.log_file),
            ("metrics file", self.metrics_file),
            ("report", self.report),
            ("list of items beside the report", items_file(self.report)),
        )
        yield from ((name, path) for name, path in named if path is not None)


def items_file(report: Path | None) -> Path | None:
    """Return the file with all items of a report, which is written if the page cannot list them."""
    # In a folder, both files have the name of the run.
    if report is None or report.is_dir():
        return None
    return report.with_name(f"{report.stem}.items.csv")


def is_ledger_file(path: Path, ledger: Path) -> bool:
    """Return whether a path is a ledger, or a file of SQLite or the lock beside it."""
    return _identity(path) in {_identity(file) for file in ledger_files(ledger)}


def ledger_files(ledger: Path) -> list[Path]:
    """Return a ledger and the files of SQLite and the lock beside it."""
    # They are beside the file itself, not beside a link to it.
    real = realpath(ledger)
    return [Path(f"{real}{ending}") for ending in LEDGER_ENDINGS]


def named_source(manifest: Path, format_name: str | None) -> Path | None:
    """Return the source named in the header of a manifest, if the header can be read."""
    from ld_import.manifest.files import ByteFile
    from ld_import.manifest.formats import format_for

    with suppress(LdImportError, OSError):
        if manifest.stat().st_size <= LARGEST_HEADER_BYTES:
            reader = format_for(manifest, format_name)
            source = (reader.survey(ByteFile(manifest)).header or {}).get("source")
            return manifest.parent / source if isinstance(source, str) else None
    return None


def same_file(path: Path, other: Path) -> bool:
    """Return whether two paths are those of one file, also through links."""
    return _identity(path) == _identity(other)


def _identity(path: Path) -> object:
    """Return a value that is equal for all paths of one file, also through links."""
    try:
        status = path.stat()
    except OSError:
        return realpath(path)
    return status.st_dev, status.st_ino
