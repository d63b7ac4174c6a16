"""Anchors of a YAML file: valid to its end, within bounded memory.

Only the most recently used names are remembered, and the values that aliases expand to are counted
for each record: a few lines of aliases to aliases cannot become millions of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_ANCHORS = 1000
MAX_ALIASED = 100_000
TEXT_UNIT = 256


class AliasError(ValueError):
    """An alias has no value, or expands to too many; the message is written for users."""


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class AnchoredValue:
    """A value with a name; `text` is the source text of a scalar."""

    value: Any
    text: str | None
    weight: int | None = None


class Anchors:
    """The named values of a file, least recently used first."""

    def __init__(self) -> None:
        """Start empty."""
        self._named: dict[str, AnchoredValue] = {}
        self._aliased = 0

    def start_count(self) -> None:
        """Reset the count of values that aliases expand to, at the start of a record."""
        self._aliased = 0

    def remember(self, name: str, value: Any, text: str | None) -> None:
        """Store a value under a name; it replaces an earlier value of that name."""
        self._named.pop(name, None)
        self._named[name] = AnchoredValue(value, text)
        if len(self._named) > MAX_ANCHORS:
            del self._named[next(iter(self._named))]

    def forget(self, name: str | None) -> None:
        """Remove a name."""
        self._named.pop(name or "", None)

    def resolve(self, name: str) -> AnchoredValue:
        """Return the value of an alias. Raises AliasError."""
        anchored = self._named.pop(name, None)
        if anchored is None:
            limit = f"only the last {MAX_ANCHORS} used anchors are remembered"
            raise AliasError(f"no anchor `&{name}` precedes this alias ({limit})")
        self._named[name] = anchored
        if anchored.weight is None:
            anchored.weight = _weight(anchored.value)
        self._aliased += anchored.weight
        if self._aliased > MAX_ALIASED:
            raise AliasError(f"the aliases here expand to more than {MAX_ALIASED} values")
        return anchored


def _weight(value: Any) -> int:
    """Return the number of values that an alias expands to; a long text counts as several."""
    count, pending = 0, [value]
    while pending and count <= MAX_ALIASED:
        node = pending.pop()
        count += 1
        if isinstance(node, str):
            count += len(node) // TEXT_UNIT
        elif isinstance(node, list | dict):
            pending.extend(node.values() if isinstance(node, dict) else node)
    return count
