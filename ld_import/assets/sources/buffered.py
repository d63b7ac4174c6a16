"""Remote files that are requested once: small ones, and those of hosts without ranges."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from ld_import.assets.base import Source, SourceState
from ld_import.tempdir import disk_errors

# Up to this size the first read fetches the whole file: one request instead of several.
SMALL_BYTES = 2 * 1024 * 1024
PIECE_BYTES = 1024 * 1024


class RangesIgnored(Exception):
    """The host sends the whole file where a part was requested."""


class BufferedSource:
    """A source whose bytes are fetched once where ranges would cost more.

    Content of more than 2 MB is in a temporary file.
    """

    def __init__(self, source: Source) -> None:
        """Read from this source."""
        self._source = source
        self._content: IO[bytes] | None = None

    @property
    def state(self) -> SourceState:
        """The state when it was opened."""
        return self._source.state

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on."""
        size = self.state.size
        if self._content is None and (size is None or size > SMALL_BYTES):
            try:
                return self._source.read(start, length)
            except RangesIgnored:
                pass
        content = self._fetched()
        content.seek(start)
        return content.read(length)

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes, from the fetched content if there is one."""
        if self._content is None:
            yield from self._source.stream()
            return
        position = 0
        while piece := self.read(position, PIECE_BYTES):
            position += len(piece)
            yield piece

    def close(self) -> None:
        """Close the source and remove the content."""
        if self._content is not None:
            self._content.close()
            self._content = None
        self._source.close()

    def _fetched(self) -> IO[bytes]:
        if self._content is None:
            content = self._fetch()
            self._content = content
        return self._content

    def _fetch(self) -> IO[bytes]:
        content = tempfile.SpooledTemporaryFile(SMALL_BYTES)  # noqa: SIM115 (closed by `close`)
        try:
            for piece in self._source.stream():
                with disk_errors("the content of a file"):
                    content.write(piece)
        except BaseException:
            content.close()
            raise
        return content
