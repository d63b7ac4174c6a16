"""The interface of a source of findings: checks of valid items that look further than a schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ld_import.model import Item
from ld_import.validation.finding import Finding


class Inspection(Protocol):
    """Looks at every valid item of a manifest, in order, and reports findings."""

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Return the findings about one item; called *exactly once* for each valid item.

        The item has its parsed `fields`, which all inspections share and none may change.
        """
        ...

    def finish(self) -> Iterable[Finding]:
        """Return the findings about all items together; called after the last item."""
        ...

    def close(self) -> None:
        """Release files and connections at any point; safe to call again."""
        ...
