"""Numbers of bytes as people write them: `16M`, `500 kB`, `1.5 GiB`."""

from __future__ import annotations

import re

FORM = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([KkMmGg]?)(?:[Ii]?[Bb])?\s*")
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


def bytes_from(value: int | str) -> int | None:
    """Return a number of bytes, `None` for another text. K, M and G are powers of 1,024."""
    if isinstance(value, int):
        return value
    found = FORM.fullmatch(value)
    if found is None:
        return None
    return round(float(found[1]) * UNITS[found[2].upper()])
