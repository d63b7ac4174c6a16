"""`--log-file`: lines in a file that is renewed when it is large, and never ends a run."""

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

from ld_import.cli.output.replace import is_foreign_link
from ld_import.cli.output.sanitize import SECRETS
from ld_import.errors import UsageError

LARGEST_BYTES = 10_000_000
KEPT_FILES = 5
# What a server says of items is for their owner, as the ledger is.
MODE = 0o600

OnTrouble = Callable[[str], None]
HINT = "name a file in a folder that exists, or leave --log-file away"


class LogFile:
    """A file that takes lines; appended to by every run, at the same time, too.

    Whatever happens to it while it is written is told once by `on_trouble`, and nothing is raised.
    """

    def __init__(self, path: Path, on_trouble: OnTrouble) -> None:
        """Open the file, for its owner only if it is made now. Raises UsageError."""
        try:
            if _is_odd(path):
                raise UsageError(f"the log file {path} is no regular file", hint=HINT)
            if is_foreign_link(path):
                raise UsageError(f"the log file {path} is another user's link", hint=HINT)
            # Behind links: the file is renewed, not the link to it.
            self._handler = _Handler(realpath(path), on_trouble)
        except OSError as error:
            raise UsageError(
                f"the log file {path} cannot be written: {error.strerror}", hint=HINT
            ) from None

    def write(self, line: str) -> None:
        """Add a line, without the secrets in it."""
        self._handler.emit(logging.makeLogRecord({"msg": SECRETS.hide(line)}))

    def close(self) -> None:
        """Close the file."""
        try:
            self._handler.close()
        except OSError:
            self._handler.tell()


class _Handler(RotatingFileHandler):
    def __init__(self, path: str, on_trouble: OnTrouble) -> None:
        self._on_trouble: OnTrouble | None = on_trouble
        super().__init__(
            path, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="replace"
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._follow()
        except OSError:
            self.tell()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        self.tell()

    def tell(self) -> None:
        """Say once what went wrong just now."""
        tell, self._on_trouble = self._on_trouble, None
        if tell is not None:
            error = sys.exc_info()[1]
            reason = error.strerror if isinstance(error, OSError) else str(error)
            tell(f"the log file {self.baseFilename} cannot be written: {reason}; the run goes on")

    def _open(self) -> TextIOWrapper:
        # The standard library would make it readable for everybody.
        stream: IO[str] = open(  # noqa: SIM115 - kept open, with an opener
            self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=_private
        )
        return cast(TextIOWrapper, stream)

    def _follow(self) -> None:
        """Open the file anew where another run or logrotate has put it aside."""
        if self.stream is None:
            return
        there = Path(self.baseFilename)
        if not there.exists() or not os.path.samestat(there.stat(), os.fstat(self.stream.fileno())):
            stream, self.stream = self.stream, None
            stream.close()


def _is_odd(path: Path) -> bool:
    """Tell a pipe, which waits for a reader, or a disk from a file, a terminal or /dev/full."""
    if not path.exists():
        return False
    mode = path.stat().st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISBLK(mode)


def _private(path: str, flags: int) -> int:
    # All links are resolved before: one that is here now was put here meanwhile.
    return os.open(path, flags | os.O_NOFOLLOW, MODE)
