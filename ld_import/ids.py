"""The documented form of ids that the server assigns to jobs and media library entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeGuard

FORM = "[A-Za-z0-9-]{1,64}"
SHOWN_LENGTH = 40
NOT_AN_ID = f"which is not of the documented form {FORM}"

_ID = re.compile(FORM)
_IDS = re.compile(rf"{FORM}(?:\n{FORM})*")


def is_id(value: object) -> TypeGuard[str]:
    """Return whether a value is a text of the documented form; only such ids may be stored."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def are_ids(values: Sequence[object]) -> bool:
    """Return whether each value is a text of the documented form; faster than one at a time."""
    texts = [value for value in values if isinstance(value, str)]
    joined = "\n".join(texts)
    # A line break within a value would make two ids of it.
    is_one_each = len(texts) == len(values) == joined.count("\n") + 1
    return is_one_each and _IDS.fullmatch(joined) is not None


def shown_id(value: object) -> str:
    """Return the beginning of an invalid id for a message, with its length if it is cut."""
    text = str(value)
    if len(text) <= SHOWN_LENGTH:
        return ascii(text)
    return f"{ascii(text[:SHOWN_LENGTH])}… ({len(text):,} characters)"


def usable_id(value: str | None, reason: str | None) -> tuple[str | None, str | None]:
    """Return id and reason; an invalid id becomes `None`, and the reason mentions it."""
    if value is None or is_id(value):
        return value, reason
    note = f"the server gave it the id {shown_id(value)}, {NOT_AN_ID}: it was not stored"
    return None, f"{reason}; {note}" if reason else note
