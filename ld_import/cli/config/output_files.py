"""The files a run writes beside its results: none may be one that something else is kept in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path

from ld_import.errors import LdImportError, UsageError

# What SQLite and the lock keep beside a ledger.
LEDGER_ENDINGS = ("", "-wal", "-shm", "-journal", ".lock", ".holder")
# Where a source is named no records stand beside it: what is larger is not read to find one.
LARGEST_HEADER_BYTES = 1_000_000

Used = tuple[str, Path]


class OutputTaken(UsageError):
    """An output file is one that something else is kept in: it must stay as it is."""

    hint = "name a file in a folder that exists, in which nothing else is kept"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run writes beside its results, if anywhere."""

    log_file: Path | None
    metrics_file: Path | None

    def check(self, *used: Used) -> None:
        """Raise OutputTaken where one of them is one of these files, or both are the same."""
        taken: dict[object, str] = {}
        for what, used_path in used:
            taken.setdefault(_identity(used_path), what)
        for name, path in (("log file", self.log_file), ("metrics file", self.metrics_file)):
            if path is None:
                continue
            identity = _identity(path)
            if identity in taken:
                raise OutputTaken(f"the {name} {path} is {taken[identity]}")
            taken[identity] = f"the {name} as well"


def is_ledger_file(path: Path, ledger: Path) -> bool:
    """Return whether a path is a ledger, or a file that SQLite or the lock keep beside it."""
    return _identity(path) in {_identity(each) for each in ledger_files(ledger)}


def ledger_files(ledger: Path) -> list[Path]:
    """Return a ledger and the files that SQLite and the lock keep beside it."""
    # Beside the real one, whatever link leads there.
    real = realpath(ledger)
    return [Path(f"{real}{ending}") for ending in LEDGER_ENDINGS]


def named_source(manifest: Path, format_name: str | None) -> Path | None:
    """Return the file that the header of a manifest names as its source, if it can be read."""
    from ld_import.manifest import READERS
    from ld_import.manifest.document import reader_for
    from ld_import.manifest.files import ByteFile

    with suppress(LdImportError, OSError):
        if manifest.stat().st_size <= LARGEST_HEADER_BYTES:
            reader = READERS.get(f".{format_name}") or reader_for(manifest, READERS)
            source = (reader.survey(ByteFile(manifest)).header or {}).get("source")
            return manifest.parent / source if isinstance(source, str) else None
    return None


def _identity(path: Path) -> object:
    """Return what two paths of one file have in common, whatever links lead there."""
    try:
        status = path.stat()
    except OSError:
        return realpath(path)
    return status.st_dev, status.st_ino
