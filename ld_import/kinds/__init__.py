"""Kinds of imports: convert entries to items and answers to jobs; one module and schema per kind.

A new kind is a `JobKind(…)` (or an object with the methods of `base.Kind`), its schema under
`schemas/`, and one line in `HOMES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from ld_import.kinds.base import Kind

# The module of each kind in this package, and its name there.
HOMES = {
    "videos": ("videos", "VIDEOS"),
    "images": ("images", "IMAGES"),
    "files": ("files", "FILES"),
    "media-library": ("media_library", "MEDIA_LIBRARY"),
}


class Kinds(Mapping[str, Kind]):
    """Kinds by name, each imported on first access: an import has one."""

    def __getitem__(self, name: str) -> Kind:
        """Return a kind."""
        module, constant = HOMES[name]
        return cast(Kind, getattr(import_module(f"{__name__}.{module}"), constant))

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(HOMES)

    def __len__(self) -> int:
        """Return the number of kinds."""
        return len(HOMES)


KINDS = Kinds()

__all__ = ["KINDS", "Kind"]
