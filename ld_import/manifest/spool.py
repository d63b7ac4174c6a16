"""Temporary files: a copy of standard input, and a cache of parsed records.

A manifest is read more than once. The files have no name and disappear with their object, or with
the process at the latest.
"""

from __future__ import annotations

import io
import struct
import weakref
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, BinaryIO, TypeAlias

from ld_import.errors import ManifestError
from ld_import.manifest.files import BUFFER_BYTES, GZIP_START, READ_ERRORS, ByteFile, name_of
from ld_import.model import Problem, Record
from ld_import.tempdir import python_folder, temp_space_error

# A smaller cache remains in memory: some containers have no writable file system.
MEMORY_BYTES = 4 * 1024 * 1024
# Line number and size of the JSON text that follows. An invalid record has size 0, followed by a
# second head and the message.
HEAD = struct.Struct("<QI")

# A SpooledTemporaryFile is not an IO[bytes] to type checkers.
Unnamed: TypeAlias = IO[bytes] | SpooledTemporaryFile[bytes]


class TempBytes:
    """Bytes in a temporary file, deleted with this object."""

    size = 0
    is_packed = False

    def __init__(self, file: Unnamed) -> None:
        """Own the file, which all readers share."""
        self.file = file
        weakref.finalize(self, _close, file)

    def open(self) -> io.BufferedReader:
        """Return a new reader at the first byte, independent of other readers."""
        return io.BufferedReader(_Reader(self), BUFFER_BYTES)


class Spool(TempBytes):
    """Copy of a whole stream on disk."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the stream to its end; memory does not grow with its size.

        Raises `ManifestError` for a stream that is empty or cannot be read, and `TempSpaceError`
        for a full disk.
        """
        try:
            super().__init__(TemporaryFile())  # noqa: SIM115 - closed with this object
            for part in _parts(stream):
                self.file.write(part)
            self.size = self.file.tell()
            self.file.seek(0)
            self.is_packed = self.file.read(2) == GZIP_START
        except OSError as error:
            what = "standard input cannot be copied to a file"
            raise temp_space_error(what, python_folder(), error) from error
        if not self.size:
            raise ManifestError(
                "standard input is empty", hint="check the output of the command before the pipe"
            )


class RecordCache(TempBytes):
    """All records of a file, in memory up to `MEMORY_BYTES`, else on disk."""

    def __init__(self, file: ByteFile, records: Iterable[Record]) -> None:
        """Store all records.

        Passes on the `ManifestError` of the records; raises `TempSpaceError` for a full disk.
        """
        cache = SpooledTemporaryFile(MEMORY_BYTES, buffering=BUFFER_BYTES)  # noqa: SIM115 - as above
        super().__init__(cache)
        write = self.file.write
        try:
            for record in records:
                write(HEAD.pack(record.line, len(record.raw)) + record.raw)
                if record.problem is not None:
                    message = record.problem.text.encode()
                    write(HEAD.pack(record.line, len(message)) + message)
            self.file.flush()
            self.size = self.file.tell()
        except OSError as error:
            what = f"the records of {name_of(file.path)} cannot be cached"
            raise temp_space_error(what, python_folder(), error) from error


def cached_records(file: ByteFile) -> Generator[Record]:
    """Yield the records of a `RecordCache` that `file` was opened with."""
    line = 0
    try:
        with file.open() as stream:
            while head := stream.read(HEAD.size):
                line, size = HEAD.unpack(head)
                if size:
                    yield Record(line, stream.read(size))
                else:
                    _, size = HEAD.unpack(stream.read(HEAD.size))
                    yield Record(line, b"", Problem("", stream.read(size).decode()))
    except READ_ERRORS as error:
        raise file.read_error(error, line) from error


class _Reader(io.RawIOBase):
    """Reader with a position of its own; closing it does not close the file."""

    def __init__(self, source: TempBytes) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._source.size)[whence])
        return self._at

    # Only `BufferedReader` calls it, with a memoryview; `collections.abc.Buffer` is new in 3.12.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        file = self._source.file
        file.seek(self._at)
        count = file.readinto(buffer)  # type: ignore[union-attr]
        self._at += count
        return count


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    try:
        while part := stream.read(BUFFER_BYTES):
            yield part
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ManifestError(f"standard input cannot be read ({reason})") from error


def _close(file: Unnamed) -> None:
    # Closing flushes again what a full disk refused; that error was raised already.
    with suppress(OSError):
        file.close()
