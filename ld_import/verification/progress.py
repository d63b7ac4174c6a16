"""The progress of a verification in a file of JSON lines: a stopped one continues where it ended.

The first line describes the verification; each further line is a part that was checked. A line that
was cut by a power loss is dropped, and its part is checked again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from ld_import.atomic_file import PRIVATE
from ld_import.errors import LedgerError, LedgerLocked
from ld_import.verification.counts import Counts, counts_from
from ld_import.verification.mismatch import Mismatch, mismatch_from

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# An older result says nothing about the server of today.
LONGEST_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The request for a verification: items of one target, or a sample of them.

    `total` is the number of items when it began, from which the sample is drawn. `first_run` is the
    id of the ledger's first run for the target: another ledger has other rows.
    """

    server: str
    project: str
    kind: str
    first_run: str
    system_name: str | None
    sample: int | None
    seed: int | None
    files: bool
    total: int
    started_at: str

    def is_continued_by(self, other: Question, now: datetime) -> bool:
        """Return whether a new call asks for the same, recently enough to go on."""
        names = ("server", "project", "kind", "first_run", "system_name", "sample", "files")
        is_same = all(getattr(self, name) == getattr(other, name) for name in names)
        started = datetime.fromisoformat(self.started_at)
        is_recent = timedelta() <= now - started < timedelta(seconds=LONGEST_SECONDS)
        return is_same and is_recent and other.seed in (None, self.seed)


@dataclass(slots=True)
class Progress:
    """The state of a verification: the last row that was checked, counts, and names met."""

    question: Question
    row: int = 0
    counts: Counts = field(default_factory=Counts)
    names: list[str] = field(default_factory=list)
    is_ended: bool = False


class ProgressFile:
    """The file of one verification, open and locked for this process."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises LedgerLocked if another verification uses it, LedgerError."""
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._file: IO[bytes] = os.fdopen(os.open(path, flags, PRIVATE), "r+b")
        except OSError as error:
            raise self._error(error) from None
        self._lock()

    def close(self) -> None:
        """Close the file, which releases it."""
        # Closing writes again what a full disk refused; `_write` has reported that.
        with suppress(OSError):
            self._file.close()

    def read(self) -> Progress | None:
        """Return the progress so far; `None` if there is none that can be read.

        What follows the last complete part of the ledger is removed.
        """
        self._file.seek(0)
        progress, end = None, 0
        try:
            for document, at in self._lines():
                if progress is None:
                    progress = Progress(_question_from(document["question"]))
                elif document.get("ended"):
                    progress.is_ended = True
                elif document.get("manifest"):
                    continue
                else:
                    _add(progress, document)
                end = at
        except (AttributeError, KeyError, TypeError, ValueError):
            # A file of another program or version.
            return None
        self._file.seek(end)
        self._file.truncate()
        return progress

    def begin(self, question: Question) -> Progress:
        """Begin again: all earlier content is removed."""
        self._file.seek(0)
        self._file.truncate()
        self._write({"question": asdict(question)})
        return Progress(question)

    def add(self, row: int, counts: Counts, names: list[str], found: list[Mismatch]) -> None:
        """Write a part: the items after the previous one up to this row."""
        self._write(
            {
                "row": row,
                "counts": counts.document(),
                "names": names,
                "found": [mismatch.document() for mismatch in found],
            }
        )

    def add_of_manifest(self, found: list[Mismatch]) -> None:
        """Write mismatches of the manifest, which is read again after an interruption."""
        self._write({"manifest": True, "found": [mismatch.document() for mismatch in found]})

    def end(self) -> None:
        """Note that the verification is complete, so that the next one begins again."""
        self._write({"ended": True})

    def mismatches(self) -> Iterator[Mismatch]:
        """Yield the mismatches so far, in the order they were found; nothing may be written then.

        Raises LedgerError for a file that was changed meanwhile.
        """
        self._file.seek(0)
        try:
            for document, _ in self._lines():
                yield from map(mismatch_from, document.get("found", ()))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise LedgerError(
                f"the progress of the verification {self.path} is damaged",
                hint="verify again with --restart",
            ) from None

    def _lines(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield each complete line, and the position of its end."""
        end = 0
        while (line := self._file.readline()).endswith(b"\n"):
            try:
                document = orjson.loads(line)
            except orjson.JSONDecodeError:
                return
            if not isinstance(document, dict):
                return
            end += len(line)
            yield document, end

    def _write(self, document: dict[str, Any]) -> None:
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(orjson.dumps(document) + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None

    def _lock(self) -> None:
        try:
            if fcntl is not None:
                fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise LedgerLocked(
                "another verification of this ledger and target is running",
                hint="wait for it to end",
            ) from None

    def _error(self, error: OSError) -> LedgerError:
        return LedgerError(
            f"the progress of the verification cannot be written to {self.path}: {error.strerror}",
            hint="make the folder of the ledger writable, and free disk space",
        )


def _question_from(document: dict[str, Any]) -> Question:
    """Return the question of a JSON form. Raises TypeError or ValueError."""
    question = Question(**document)
    is_dated = datetime.fromisoformat(question.started_at).tzinfo is not None
    numbers = (question.total, question.sample or 0, question.seed or 0)
    if not is_dated or {type(number) for number in numbers} != {int} or min(numbers[:2]) < 0:
        raise ValueError(document)
    return question


def _add(progress: Progress, document: dict[str, Any]) -> None:
    progress.row = int(document["row"])
    progress.counts.merge(counts_from(document["counts"]))
    if not all(isinstance(name, str) for name in document["names"]):
        raise ValueError(document)
    progress.names += document["names"]
