"""The limit of connections of an entry of `sources:`, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.assets.base import SourceSettings

_places: dict[SourceSettings, threading.BoundedSemaphore] = {}
_lock = threading.Lock()


@contextmanager
def connection_of(settings: SourceSettings | None) -> Iterator[None]:
    """Wait until another connection may be used; the block uses it.

    A thread that streams must not read meanwhile: the limit can be one connection.
    """
    if settings is None or settings.max_connections is None:
        yield
        return
    with _lock:
        place = _places.setdefault(settings, threading.BoundedSemaphore(settings.max_connections))
    with place:
        yield
