"""The subject of the checks: a valid item, with its fields parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ld_import.model import Item
from ld_import.validation.finding import Finding, Level

LIBRARY = "media-library"
# mediaType of an entry of the media library → kind of import for the same media.
KINDS_OF_MEDIA = {"image": "images", "video": "videos", "file": "files"}


class Subject(NamedTuple):
    """One valid item: `fields` are those of its body, `kind` is the name of the import."""

    item: Item
    fields: dict[str, Any]
    kind: str

    @property
    def url_field(self) -> str:
        """The field that has the URL."""
        return "file" if self.item.file else url_field_of(self.kind)

    @property
    def medium_kind(self) -> str:
        """`images`, `videos` or `files`, for entries of the media library as well."""
        if self.kind != LIBRARY:
            return self.kind
        return KINDS_OF_MEDIA.get(self.fields.get("mediaType", ""), self.kind)

    def warning(self, rule: str, field: str, text: str, advice: str = "") -> Finding:
        """Return a finding about this item."""
        return Finding(
            Level.WARNING, self.item.line, self.item.key.external_id, field, text, advice, rule
        )

    def metadata(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each metadata object with its path: that of the entry, and its translations."""
        if found := self.fields.get("metadata"):
            yield "metadata", found
        for translation in self.fields.get("translations", ()):
            yield f"translations.{translation['locale']}.metadata", translation["metadata"]

    def titles(self) -> dict[str, str]:
        """Return the texts that become the title in Livingdocs, by field."""
        fields = self.fields
        titles = {} if self.kind == LIBRARY else {"fileName": fields["fileName"]}
        metadata = fields.get("metadata")
        if metadata and isinstance(title := metadata.get("title"), str):
            titles["metadata.title"] = title
        return titles


def url_field_of(kind: str) -> str:
    """Return the field that has the URL in entries of a kind."""
    return "asset.url" if kind == LIBRARY else "url"


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text below a JSON value with its path; the members of a list share one."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            dot = "." if path else ""
            waiting += [(f"{path}{dot}{key}", child) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(path, child) for child in reversed(value)]
