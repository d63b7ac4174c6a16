"""JSON bytes that are kept for a while: records that are planned and bodies that are sent."""

from __future__ import annotations

from typing import Any

import orjson


def compact_json(value: Any) -> bytes:
    """Return a value as JSON without white space, in a buffer of exactly its size.

    Raises TypeError for a value that JSON cannot represent.
    """
    # orjson returns the buffer that it wrote into, which can be up to ten times as large as the
    # text. The copy is not: thousands of records and bodies are in memory at once.
    return b"%b" % orjson.dumps(value)
