"""Bytes of a manifest: opens file or spool, unpacks gzip on the way, and words its troubles."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ld_import.errors import ManifestError
from ld_import.manifest.spool import BUFFER_BYTES, GZIP_START, Scratch

STANDARD_INPUT = Path("-")
BOM = b"\xef\xbb\xbf"
READ_TROUBLE = (OSError, EOFError, zlib.error)


class ByteFile:
    """One file of the manifest; `open` may be called again and then starts at the beginning."""

    def __init__(self, path: Path, spool: Scratch | None = None) -> None:
        """Remember the path, or the spool to read instead; nothing is opened yet."""
        self.path = path
        self._spool = spool
        self._packed: io.BufferedReader | None = None
        self._bytes_read = 0
        self._size = 0
        # Device and inode of what was opened last: a path may lead to another file by now.
        self.file_id: tuple[int, int] | None = None

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Give the unpacked bytes from the start, and close them afterwards."""
        with self._opened() as packed:
            self._packed = packed
            try:
                if self._is_packed():
                    unpacked = gzip.GzipFile(fileobj=packed)
                    yield io.BufferedReader(unpacked, BUFFER_BYTES)
                else:
                    yield packed
            finally:
                self._bytes_read = packed.tell()
                self._packed = None

    def share(self) -> float:
        """Tell how much of the file on disk has been read, 0.0 to 1.0."""
        done = self._bytes_read if self._packed is None else self._packed.tell()
        return min(1.0, done / self._size) if self._size else 0.0

    def error(
        self, text: str, line: int | None = None, column: int | None = None, hint: str | None = None
    ) -> ManifestError:
        """Make the error that names this file and the place in it."""
        place = "" if line is None else f", line {line}"
        place += "" if column is None else f", column {column}"
        return ManifestError(f"{name_of(self.path)}{place}: {text}", hint=hint)

    def trouble(self, error: Exception, line: int) -> ManifestError:
        """Word a failure of disk or gzip that came after `line`."""
        text = {
            EOFError: "the gzip data ends too early",
            zlib.error: "the gzip data is damaged",
        }.get(type(error), f"cannot be read ({_reason(error)})")
        if isinstance(error, gzip.BadGzipFile):
            text = f"this is not sound gzip data ({error})"
        hint = "copy or export the file again; nothing after that place was read"
        place = f", after line {line}" if line else ""
        return ManifestError(f"{name_of(self.path)}{place}: {text}", hint=hint)

    def _is_packed(self) -> bool:
        return self._spool.is_packed if self._spool else self.path.suffix.lower() == ".gz"

    def _opened(self) -> io.BufferedReader:
        if self._spool is not None:
            self._size = self._spool.size
            return self._spool.open()
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode):
                what = "a directory" if stat.S_ISDIR(status.st_mode) else "no ordinary file"
                raise self.error(
                    f"is {what}", hint="name a file: a manifest is read more than once"
                )
            self._size = status.st_size
            raw = io.FileIO(self.path)
            opened = os.fstat(raw.fileno())
            self.file_id = (opened.st_dev, opened.st_ino)
            return io.BufferedReader(raw, BUFFER_BYTES)
        except (OSError, ValueError) as error:
            hint = "check the name of the file and the right to read it"
            raise self.error(f"cannot be opened ({_reason(error)})", hint=hint) from error


def name_of(path: Path) -> str:
    """Name a manifest inside a sentence."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def skip_line(stream: IO[bytes], start: bytes) -> None:
    """Read on to the end of the line that begins with `start`, in pieces."""
    piece = start
    while piece and not piece.endswith(b"\n"):
        piece = stream.readline(BUFFER_BYTES)


def without_marks(data: bytes) -> bytes:
    """Remove the byte order marks at the start of a line; joined files may have several."""
    while data.startswith(BOM):
        data = data.removeprefix(BOM)
    return data


def check_start(file: ByteFile, head: bytes) -> None:
    """Refuse a file that is empty, gzip without saying so, or not UTF-8 at first sight."""
    if not head:
        raise file.error(
            "the file is empty", hint="check whether its export broke off; nothing was sent"
        )
    if head.startswith(GZIP_START):
        raise file.error("this is gzip data", hint="let the name of the file end in .gz")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:4]:
        raise file.error("the text is UTF-16 or UTF-32, not UTF-8", hint="save the file as UTF-8")
