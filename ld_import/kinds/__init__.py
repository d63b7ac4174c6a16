"""Meaning: entries become items, items requests, answers jobs; one file and one schema a kind.

A new kind is a `JobKind(…)` (or an object with the methods of `base.Kind`), its schema under
`schemas/`, and one line here.
"""

from ld_import.kinds.base import Kind
from ld_import.kinds.videos import VIDEOS

KINDS: dict[str, Kind] = {"videos": VIDEOS}

__all__ = ["KINDS", "Kind"]
