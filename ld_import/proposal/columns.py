"""Measurements of one column: fill rate, types, forms, distinct values, an example."""

from __future__ import annotations

import re
from unicodedata import normalize

from ld_import.manifest.external_id import checked_id
from ld_import.model import Problem
from ld_import.proposal.dates import DateForms
from ld_import.proposal.distinct import Distinct, HashStore
from ld_import.proposal.names import role_of
from ld_import.proposal.paths import Path
from ld_import.proposal.urls import UrlForms

# Separators are counted in the first values only: a template with `split` accepts any text.
SAMPLED = 2_000
# Different values that are kept, for properties with a list of values.
MOST_WORDS = 50
LONGEST_ID = 250
SEPARATORS = ("|", ";", ",")

_number = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?").fullmatch
_tag_in = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|ul|li|h\d|img)\b[^<>]*>", re.I).search
_integer = re.compile(r"[+-]?\d{1,15}").fullmatch


class Column:
    """One column of a table, or one path of nested records."""

    __slots__ = (
        *("path", "filled", "empty", "blanks", "types", "longest", "total_length", "example"),
        *("dates", "urls", "exact", "folded", "is_tracked", "id_fault", "is_number", "is_integer"),
        *(
            "offset",
            "has_breaks",
            "separators",
            "short_parts",
            "is_spaced",
            "is_html",
            "mime",
            "words",
        ),
        *("list_types", "list_keys"),
    )

    def __init__(self, path: Path, scratch: HashStore, absent: int) -> None:
        """Start a column that `absent` earlier records do not have."""
        self.path = path
        self.filled = 0
        self.empty = self.blanks = 0
        self.types: dict[str, int] = {}
        self.longest = self.total_length = 0
        self.example = ""
        self.dates: DateForms | None = DateForms()
        self.urls = UrlForms()
        is_nested = any(isinstance(part, int) for part in path)
        self.exact: Distinct | None = None if absent or is_nested else scratch.column()
        self.folded: Distinct | None = None if self.exact is None else scratch.column()
        self.is_tracked = self.exact is not None
        self.id_fault = ""
        self.is_number = self.is_integer = True
        self.offset: int | None = None
        self.has_breaks = self.is_spaced = self.is_html = False
        self.separators = dict.fromkeys(SEPARATORS, 0)
        self.short_parts = dict.fromkeys(SEPARATORS, 0)
        self.mime: dict[str, int] = {}
        self.words: set[str] = set()
        self.list_types: dict[str, int] = {}
        self.list_keys: dict[str, int] = {}

    @property
    def role(self) -> str:
        """The role that the name of the column plays."""
        return role_of(self.path)

    def add_text(self, text: str, number: int) -> None:
        """Count the text of a record; `number` counts the records from 1."""
        if not text or text.isspace():
            self.empty += 1
            self.blanks += bool(text)
            return
        self._add_filled("text", text, number)
        if self.is_number and not _number(text):
            self.is_number = self.is_integer = False
        elif self.is_integer and not _integer(text):
            self.is_integer = False
        if self.filled <= SAMPLED:
            self._sample(text)
        self.has_breaks = self.has_breaks or "\n" in text
        self.urls.add(text)

    def add_other(self, kind: str, value: object, number: int) -> None:
        """Count a number or true/false."""
        self._add_filled(kind, str(value), number)
        self.is_integer = self.is_integer and kind == "integer"
        self.is_number = self.is_number and kind in ("integer", "number")

    def add_list(self, items: list[object]) -> None:
        """Count a list, and the types of its items."""
        if not items:
            self.empty += 1
            return
        self.filled += 1
        self.types["list"] = self.types.get("list", 0) + 1
        self.exact = self.folded = None
        self.is_tracked = False
        for kind in {type(item) for item in items}:
            name = "text" if kind is str else "object" if kind is dict else "other"
            self.list_types[name] = self.list_types.get(name, 0) + 1
        if not self.example and all(type(item) is str for item in items):
            self.example = ", ".join(map(str, items))[:200]
        if type(items[0]) is dict:
            common = set.intersection(*(_text_keys(item) for item in items))
            for key in common:
                self.list_keys[key] = self.list_keys.get(key, 0) + 1

    def add_object(self) -> None:
        """Count an object; its fields are columns of their own."""
        self.filled += 1
        self.types["object"] = self.types.get("object", 0) + 1
        self.exact = self.folded = None
        self.is_tracked = False

    def add_null(self) -> None:
        """Count a null."""
        self.empty += 1

    def _add_filled(self, kind: str, text: str, number: int) -> None:
        self.filled += 1
        self.types[kind] = self.types.get(kind, 0) + 1
        length = len(text)
        self.total_length += length
        if length > self.longest:
            self.longest = length
        if not self.example:
            self.example = text[:200]
        if self.dates is not None:
            self.dates.add(text)
            if not self.dates.alive:
                self.dates = None
        if self.is_tracked:
            self._add_distinct(text, number)
        if self.filled == 1 and _integer(text):
            self.offset = int(text) - number
        elif self.offset is not None and text != str(self.offset + number):
            self.offset = None

    def _add_distinct(self, text: str, number: int) -> None:
        assert self.exact is not None
        assert self.folded is not None
        if self.filled != number or len(text) > LONGEST_ID:
            self.exact.stop()
            self.folded.stop()
            self.exact = self.folded = None
            self.is_tracked = False
            return
        if not self.id_fault and not (text.isascii() and text.isprintable()):
            found = checked_id(text, "id")
            self.id_fault = found.text if isinstance(found, Problem) else ""
        self.exact.add(text, number)
        if self.folded.is_open:
            self.folded.add(folded(text), number)
        self.is_tracked = self.exact.is_open

    def _sample(self, text: str) -> None:
        if len(self.words) < MOST_WORDS:
            self.words.add(text)
        self.is_spaced = self.is_spaced or " " in text.strip()
        self.is_html = self.is_html or ("<" in text and _tag_in(text) is not None)
        for sign in SEPARATORS:
            if sign in text:
                parts = text.split(sign)
                self.separators[sign] += 1
                self.short_parts[sign] += max(map(len, parts)) <= 40
        if "/" in text and (kind := mime_kind(text)):
            self.mime[kind] = self.mime.get(kind, 0) + 1


def mime_kind(text: str) -> str:
    """Return the kind of a MIME type such as `image/jpeg`, or an empty text."""
    match = _mime(text.strip().lower())
    return "" if match is None else {"image": "images", "video": "videos"}.get(match[1], "files")


_mime = re.compile(r"(image|video|audio|application|text)/[a-z0-9][a-z0-9.+-]{0,80}").fullmatch


def folded(text: str) -> str:
    """Return a text so that ids that people confuse are equal: case, blanks, leading zeros."""
    plain = text if text.isascii() else normalize("NFC", text)
    return "".join(plain.split()).casefold().lstrip("0")


def _text_keys(item: object) -> set[str]:
    if not isinstance(item, dict):
        return set()
    return {key for key, value in item.items() if isinstance(value, str) and value.strip()}
