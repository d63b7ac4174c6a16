"""The end of connections that send next to nothing, which no timeout between two bytes notices."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from ld_import.assets.sources.location import unreadable
from ld_import.assets.sources.retry import Transient

PERIOD_SECONDS = 60.0
LEAST_BYTES = 60_000


def paced(pieces: Iterator[bytes], source: str, monotonic: Callable[[], float]) -> Generator[bytes]:
    """Yield the pieces. Raises Transient if less than 60 KB arrive in a minute of waiting.

    The time in which the caller works on a piece does not count.
    """
    waited, byte_count = 0.0, 0
    while True:
        began = monotonic()
        piece = next(pieces, None)
        if piece is None:
            return
        waited += monotonic() - began
        byte_count += len(piece)
        if waited >= PERIOD_SECONDS:
            if byte_count < LEAST_BYTES:
                raise Transient(str(unreadable(source, "it arrives too slowly")))
            waited, byte_count = 0.0, 0
        yield piece
