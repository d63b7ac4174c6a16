"""`--log-file`: a log file that is rotated by size. An error in writing it never ends a run."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from os.path import realpath
from pathlib import Path
from typing import IO, cast

from ld_import.atomic_file import is_foreign_link
from ld_import.cli.output.sanitize import REDACTOR
from ld_import.errors import UsageError

LARGEST_BYTES = 10_000_000
KEPT_FILES = 5
# It contains messages about items, like the ledger, and is readable by its owner only.
MODE = 0o600

OnTrouble = Callable[[str], None]
HINT = "name a file in a folder that exists, or omit --log-file"


class LogFile:
    """A log file; several runs can append to it at the same time.

    The first error in writing is passed to `on_trouble`; none is raised.
    """

    def __init__(self, path: Path, on_trouble: OnTrouble) -> None:
        """Open the file; a new one is private to its owner. Raises UsageError."""
        try:
            if _is_special(path):
                raise UsageError(f"the log file {path} is not a regular file", hint=HINT)
            if is_foreign_link(path):
                raise UsageError(f"the log file {path} is a link owned by another user", hint=HINT)
            # Links are resolved: the file is rotated, not the link to it.
            self._handler = _Handler(realpath(path), on_trouble)
        except OSError as error:
            raise UsageError(
                f"the log file {path} cannot be written: {error.strerror}", hint=HINT
            ) from None

    def write(self, line: str) -> None:
        """Append a line, with secrets redacted."""
        self._handler.emit(logging.makeLogRecord({"msg": REDACTOR.redact(line)}))

    def close(self) -> None:
        """Close the file."""
        try:
            self._handler.close()
        except OSError:
            self._handler.report_trouble()


class _Handler(RotatingFileHandler):
    def __init__(self, path: str, on_trouble: OnTrouble) -> None:
        self._on_trouble: OnTrouble | None = on_trouble
        super().__init__(
            path, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="replace"
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._reopen_if_moved()
            if self.stream is not None:
                # Other runs append, too. Python 3.13 and later decide by this run's own position.
                self.stream.seek(0, os.SEEK_END)
        except OSError:
            self.report_trouble()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        self.report_trouble()

    def report_trouble(self) -> None:
        """Report the current exception, if it is the first one."""
        report, self._on_trouble = self._on_trouble, None
        if report is not None:
            error = sys.exc_info()[1]
            reason = error.strerror if isinstance(error, OSError) else str(error)
            report(
                f"the log file {self.baseFilename} cannot be written: {reason}; the run continues"
            )

    def _open(self) -> TextIOWrapper:
        # The base class creates files that every user can read.
        stream: IO[str] = open(  # noqa: SIM115 - kept open, with an opener
            self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=_private
        )
        return cast(TextIOWrapper, stream)

    def _reopen_if_moved(self) -> None:
        """Open a new file if another run or logrotate has renamed the current one."""
        if self.stream is None:
            return
        path = Path(self.baseFilename)
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(self.stream.fileno())):
            stream, self.stream = self.stream, None
            stream.close()


def _is_special(path: Path) -> bool:
    """Return whether the path is a pipe, a socket or a disk; terminals and /dev/full are not."""
    if not path.exists():
        return False
    mode = path.stat().st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISBLK(mode)


def _private(path: str, flags: int) -> int:
    # Links were resolved before; one that is here now was created meanwhile.
    return os.open(path, flags | os.O_NOFOLLOW, MODE)
