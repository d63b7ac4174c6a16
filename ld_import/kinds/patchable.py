"""The fields of an entry that a PATCH can change."""

from __future__ import annotations

from collections.abc import Iterable

NOT_PATCHABLE = ("url", "fileName", "translations", "mediaType")
IDENTITY = ("id", "externalId", "systemName")


def is_patchable(names: Iterable[str]) -> bool:
    """Return whether a PATCH can change at least one of the named fields."""
    return any(name not in (*NOT_PATCHABLE, *IDENTITY) for name in names)
