"""Standard input, kept in a file without a name, since a manifest is read more than once."""

from __future__ import annotations

import io
import shutil
import weakref
from tempfile import TemporaryFile
from typing import BinaryIO

from ld_import.errors import ManifestError

BUFFER_BYTES = 256 * 1024
GZIP_START = b"\x1f\x8b"


class Spool:
    """All bytes of a stream on disk, gone with this object, or with the program at the latest."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the stream to its end; memory does not grow with it. Raises `ManifestError`."""
        try:
            self.file = TemporaryFile()  # noqa: SIM115 (readings share it, none of them owns it)
            weakref.finalize(self, self.file.close)
            shutil.copyfileobj(stream, self.file, BUFFER_BYTES)
            self.size = self.file.tell()
            self.file.seek(0)
            self.is_packed = self.file.read(2) == GZIP_START
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ManifestError(
                f"standard input cannot be copied to a temporary file ({reason})",
                hint="see that the folder for temporary files has room (TMPDIR names another one)",
            ) from error
        if not self.size:
            raise ManifestError(
                "standard input is empty", hint="see what the command before the pipe wrote"
            )

    def open(self) -> io.BufferedReader:
        """Start a reading at the first byte; others may be under way."""
        return io.BufferedReader(_Reading(self), BUFFER_BYTES)


class _Reading(io.RawIOBase):
    """One reading of a spool, with a place of its own; closing it leaves the spool open."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._at = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    # A `BufferedReader` hands in nothing else; Python 3.11 has no name for every buffer.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._spool.file.seek(self._at)
        count = self._spool.file.readinto(buffer)
        self._at += count
        return count
