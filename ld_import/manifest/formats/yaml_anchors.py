"""The anchors of a YAML file: kept for all of it, but never more than memory can bear.

Only the latest used names are kept, and what aliases expand to is counted for each record, so
that a few lines of aliases to aliases cannot become millions of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ld_import.manifest.templating.unfit import Unfit

MAX_ANCHORS = 1000
MAX_ALIASED = 100_000
TEXT_UNIT = 256


@dataclass(slots=True)
class Anchored:
    """A value with a name; `text` is what stood there, when it is one scalar."""

    value: Any
    text: str | None
    weight: int | None = None


class Anchors:
    """The named values of a file, the one used longest ago first."""

    def __init__(self) -> None:
        """Start without any."""
        self._named: dict[str, Anchored] = {}
        self._aliased = 0

    def start_count(self) -> None:
        """Begin a record: what its aliases expand to is counted from nothing."""
        self._aliased = 0

    def remember(self, name: str, value: Any, text: str | None) -> None:
        """Give a value a name; an earlier value of that name is forgotten."""
        self._named.pop(name, None)
        self._named[name] = Anchored(value, text)
        if len(self._named) > MAX_ANCHORS:
            del self._named[next(iter(self._named))]

    def forget(self, name: str | None) -> None:
        """Let a name mean nothing."""
        self._named.pop(name or "", None)

    def named(self, name: str) -> Anchored:
        """Give the value behind an alias; `Unfit` tells why there is none to give."""
        anchored = self._named.pop(name, None)
        if anchored is None:
            kept = f"the last {MAX_ANCHORS} used are kept"
            raise Unfit(f"no anchor `&{name}` stands before this alias ({kept})")
        self._named[name] = anchored
        if anchored.weight is None:
            anchored.weight = _weight(anchored.value)
        self._aliased += anchored.weight
        if self._aliased > MAX_ALIASED:
            raise Unfit(f"the aliases here expand to more than {MAX_ALIASED} values")
        return anchored


def _weight(value: Any) -> int:
    """Count what an alias expands to: values, and a long text as several of them."""
    count, rest = 0, [value]
    while rest and count <= MAX_ALIASED:
        node = rest.pop()
        count += 1
        if isinstance(node, str):
            count += len(node) // TEXT_UNIT
        elif isinstance(node, list | dict):
            rest.extend(node.values() if isinstance(node, dict) else node)
    return count
