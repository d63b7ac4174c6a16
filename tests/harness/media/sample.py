"""A sample file in memory, and the problems that a sample may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A page of a host in place of the file.
PAGE = "page"
TRUNCATED = "truncated"
EMPTY = "empty"
UNKNOWN = "unknown"
# The content does not state its duration, which the CMS needs.
NO_DURATION = "no duration"
# The CMS refuses the URL of an image with this suffix; the file itself is sound.
REFUSED_SUFFIX = "refused suffix"

# Returns the body with a difference that changes no fact but its size.
Stamp = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file and the facts about it.

    `width` and `height` are those that are seen, `duration` is in seconds. A file that cannot be
    probed has no `mime`. `name` is the ending of its name, which may differ from `suffix`.
    """

    title: str
    body: bytes
    stamp: Stamp
    name: str
    mime: str | None = None
    suffix: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    problem: str | None = None
