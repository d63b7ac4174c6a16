"""Files without a name: standard input is kept in one, since a manifest is read more than once."""

from __future__ import annotations

import io
import weakref
from collections.abc import Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, BinaryIO, TypeAlias

from ld_import.errors import ManifestError
from ld_import.tempdir import python_folder, temp_space_error

BUFFER_BYTES = 256 * 1024
GZIP_START = b"\x1f\x8b"

# What looks like a file and is one only from a certain size on is a class of its own.
Unnamed: TypeAlias = IO[bytes] | SpooledTemporaryFile[bytes]


class Scratch:
    """Bytes in a file without a name, gone with this object, or with the program at the latest."""

    size = 0
    is_packed = False

    def __init__(self, file: Unnamed) -> None:
        """Take over the file: readings share it, none of them owns it."""
        self.file = file
        weakref.finalize(self, _close, file)

    def open(self) -> io.BufferedReader:
        """Start a reading at the first byte; others may be under way."""
        return io.BufferedReader(_Reading(self), BUFFER_BYTES)


class Spool(Scratch):
    """All bytes of a stream on disk."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the stream to its end; memory does not grow with it.

        Raises `ManifestError`, and `TempSpaceError` where there is no room.
        """
        try:
            super().__init__(TemporaryFile())  # noqa: SIM115 (it is closed with this object)
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
                "standard input is empty", hint="see what the command before the pipe wrote"
            )


class _Reading(io.RawIOBase):
    """One reading of a file, with a place of its own; closing it leaves the file open."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._at = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    # A `BufferedReader` hands in nothing else; Python 3.11 has no name for every buffer.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        file = self._scratch.file
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
    # On a full disk the bytes that could not be written are tried once more, and told already.
    with suppress(OSError):
        file.close()
