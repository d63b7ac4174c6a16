"""One URL under two ids: the same medium would be imported twice."""

from __future__ import annotations

from ld_import.model import Item
from ld_import.url_forms import canonical
from ld_import.validation.finding import Finding, Level
from ld_import.validation.seen_items import SeenItem
from ld_import.validation.subject import url_field_of
from ld_import.wording import show

RULE = "shared-url"
ADVICE = "the medium gets an entry for each id; check the id, or the column of the URL"


class SharedUrls:
    """Pairs of items with the same URL, in whatever form it is written."""

    def __init__(self, kind: str) -> None:
        """Name the field that has the URL in this kind."""
        self._field = url_field_of(kind)

    def key_of(self, item: Item) -> int:
        """Return the same number for all forms of a URL."""
        return hash(canonical(item.url))

    def finding(self, item: SeenItem, earlier: SeenItem) -> Finding | None:
        """Return the finding about the later one of two items with the same key."""
        text = f"the URL is also that of {show(earlier.external_id)} on line {earlier.line}"
        return Finding(Level.WARNING, item.line, item.external_id, self._field, text, ADVICE, RULE)
