"""A template of a mapping, and the field that it fills."""

from __future__ import annotations

from typing import NamedTuple


class Slot(NamedTuple):
    """One template: the field it fills, its text, and whether it makes the externalId."""

    field: str
    text: str
    is_id: bool = False


class SlotIndex(int):
    """Index of a slot, in place of its value in the layout of a map."""
