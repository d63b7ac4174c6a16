"""Rare garbage collection: items are freed without it, and searching them takes time."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

# Several batches; the usual 700 objects are those of a tenth of a batch.
NEW_OBJECTS = 20_000


@contextmanager
def rare_collection() -> Generator[None]:
    """Collect garbage rarely; afterwards, as the program has set it."""
    threshold, *others = gc.get_threshold()
    # 0 means that the program does not want any collection.
    if threshold:
        gc.set_threshold(max(threshold, NEW_OBJECTS), *others)
    try:
        yield
    finally:
        gc.set_threshold(threshold, *others)
