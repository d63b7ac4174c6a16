"""Bytes of a manifest: opens files, unpacks gzip, notices changes, and words read errors."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from ld_import.errors import ManifestChanged, ManifestError
from ld_import.wording import shorten

STANDARD_INPUT = Path("-")
BUFFER_BYTES = 256 * 1024
BOM = b"\xef\xbb\xbf"
MOST_COMPARED = 200
GZIP_START = b"\x1f\x8b"
# From Python 3.12 on, 128 KB of gzip data would be read ahead: the whole of a small file.
PACKED_BYTES = 8 * 1024
READ_ERRORS = (OSError, EOFError, zlib.error)


class Bytes(Protocol):
    """Temporary bytes that are read in place of a file; each `open` starts at the first byte."""

    size: int
    is_packed: bool

    def open(self) -> io.BufferedReader:
        """Return a new reader."""
        ...


class FileId(NamedTuple):
    """Identity and state of a file: another value means another file or other content."""

    device: int
    inode: int
    size: int
    changed_at_ns: int


class ByteFile:
    """A file of the manifest, or its spooled bytes; each `open` starts at the first byte."""

    def __init__(
        self, path: Path, spool: Bytes | None = None, expected: FileId | None = None
    ) -> None:
        """Read `spool` instead of `path` if given; nothing is opened yet.

        With `expected`, only that file in that state is read.
        """
        self.path = path
        self._spool = spool
        self._expected = expected
        self._packed: io.BufferedReader | None = None
        self._unpacking: tuple[gzip.GzipFile, IO[bytes]] | None = None
        self._bytes_read = 0
        self._largest_share = 0.0
        self._size = 0
        # Of the last opened file: the path may lead to another file since then.
        self.file_id: FileId | None = None

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open the unpacked bytes for the block.

        Raises ManifestChanged at the end of the block, or in place of an error in it, if the path
        now leads to another file or other content.
        """
        with self._opened() as packed:
            if self._expected is not None:
                self._check_unchanged()
            try:
                yield from self._unpacked(packed)
            except Exception as error:
                self._check_unchanged(error)
                raise
        self._check_unchanged()

    def _unpacked(self, packed: io.BufferedReader) -> Iterator[io.BufferedReader]:
        self._packed = packed
        self._largest_share = 0.0
        try:
            if self.is_packed:
                unpacked = gzip.GzipFile(fileobj=_InSmallParts(packed))
                reader: io.BufferedReader = io.BufferedReader(unpacked, BUFFER_BYTES)
                self._unpacking = unpacked, reader
                yield reader
            else:
                yield packed
        finally:
            self._bytes_read = packed.tell()
            self._packed = self._unpacking = None

    def _check_unchanged(self, error: Exception | None = None) -> None:
        if self.file_id is None:
            return
        try:
            current = _id_from(self.path.stat())
        except OSError:
            current = None
        if current != (self._expected or self.file_id):
            raise ManifestChanged(f"{name_of(self.path)} changed while it was read") from error

    def share(self) -> float:
        """Return the fraction of the file on disk that was read, 0.0 to 1.0."""
        done = self._bytes_read if self._packed is None else self._packed.tell()
        share = min(1.0, done * self._used_part() / self._size) if self._size else 0.0
        # The estimate of a packed file can be a little smaller when a buffer was filled again.
        self._largest_share = max(self._largest_share, share)
        return self._largest_share

    def _used_part(self) -> float:
        """Return the part of the unpacked bytes that was read: up to 256 KB wait in a buffer."""
        if self._unpacking is None:
            return 1.0
        unpacked, reader = (stream.tell() for stream in self._unpacking)
        return reader / unpacked if unpacked else 1.0

    def error(
        self, text: str, line: int | None = None, column: int | None = None, hint: str | None = None
    ) -> ManifestError:
        """Return an error that names this file, and the line and column if given."""
        place = "" if line is None else f", line {line}"
        place += "" if column is None else f", column {column}"
        return ManifestError(f"{name_of(self.path)}{place}: {text}", hint=hint)

    def read_error(self, error: Exception, line: int) -> ManifestError:
        """Return the error for a failure of the disk or of gzip that occurred after `line`."""
        text = {
            EOFError: "the gzip data ends too early",
            zlib.error: "the gzip data is damaged",
        }.get(type(error), f"cannot be read ({_reason(error)})")
        if isinstance(error, gzip.BadGzipFile):
            text = f"the gzip data is invalid ({error})"
        hint = "copy or export the file again; nothing after that place was read"
        place = f", after line {line}" if line else ""
        return ManifestError(f"{name_of(self.path)}{place}: {text}", hint=hint)

    @property
    def is_packed(self) -> bool:
        """Whether the bytes on disk are gzip data that `open` unpacks."""
        return self._spool.is_packed if self._spool else self.path.suffix.lower() == ".gz"

    def _opened(self) -> io.BufferedReader:
        if self._spool is not None:
            self._size = self._spool.size
            return self._spool.open()
        try:
            self._check_kind(self.path.stat())
            # Opening a path that became a FIFO since then would block without O_NONBLOCK.
            raw = io.FileIO(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
            status = os.fstat(raw.fileno())
            self._check_kind(status)
            self._size = status.st_size
            self.file_id = _id_from(status)
            return io.BufferedReader(raw, BUFFER_BYTES)
        except (OSError, ValueError) as error:
            hint = "check the name of the file and the right to read it"
            if isinstance(error, FileNotFoundError):
                hint = f"check the name of the file{_similar_to(self.path)}"
            raise self.error(f"cannot be opened ({_reason(error)})", hint=hint) from error

    def _check_kind(self, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode):
            return
        what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise self.error(f"is {what}", hint="name a file: a manifest is read more than once")


class _InSmallParts:
    """A file that reads at most `PACKED_BYTES` at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, PACKED_BYTES))

    def seek(self, position: int, /) -> int:
        return self._file.seek(position)


def _id_from(status: os.stat_result) -> FileId:
    return FileId(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def name_of(path: Path) -> str:
    """Return the name of a manifest for messages: its path, or `standard input`."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def _similar_to(path: Path) -> str:
    """Ask about the file of the folder with the most similar name, if any."""
    try:
        names = [other.name for other in islice(path.parent.iterdir(), MOST_COMPARED)]
    except OSError:
        return ""
    close = get_close_matches(path.name, names, n=1)
    return f"; did you mean `{shorten(close[0])}`?" if close else ""


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def skip_line(stream: IO[bytes], start: bytes) -> None:
    """Read in pieces to the end of the line that begins with `start`."""
    piece = start
    while piece and not piece.endswith(b"\n"):
        piece = stream.readline(BUFFER_BYTES)


def strip_bom(data: bytes) -> bytes:
    """Remove byte order marks at the start of a line; concatenated files may have several."""
    while data.startswith(BOM):
        data = data.removeprefix(BOM)
    return data


def check_start(file: ByteFile, head: bytes) -> None:
    """Raise `ManifestError` if the first bytes are none, or not those of UTF-8 text."""
    if not head:
        raise file.error(
            "the file is empty", hint="check whether its export was interrupted; nothing was sent"
        )
    if head.startswith(GZIP_START):
        raise file.error("this is gzip data", hint="add .gz to the name of the file")
    if head.startswith(b"PK\x03\x04"):
        raise file.error(
            "this is a workbook of Excel, or another ZIP file, not text",
            hint="give a workbook the ending .xlsx",
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise file.error(
            "this is a workbook of an old Excel, not text",
            hint="open it in Excel or LibreOffice and save it as .xlsx",
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:4]:
        raise file.error("the text is UTF-16 or UTF-32, not UTF-8", hint="save the file as UTF-8")
