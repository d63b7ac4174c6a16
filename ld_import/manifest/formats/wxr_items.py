"""Items of a WordPress export: an attachment becomes a record, with its meta and terms."""

from __future__ import annotations

import re
from collections import Counter, deque
from functools import lru_cache
from typing import Any

from ld_import.compact_json import compact_json
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, Columns, unreadable_record
from ld_import.manifest.formats.xml_stream import XmlEvents, XmlProblem
from ld_import.model import Record
from ld_import.wording import shorten

# Elements of an item, and the fields of the record that they fill. Other fields come below.
FIELDS = {
    "wp:post_id": "id",
    "wp:attachment_url": "url",
    "title": "title",
    "link": "link",
    "guid": "guid",
    "dc:creator": "author",
    "excerpt:encoded": "caption",
    "content:encoded": "description",
    "wp:post_parent": "parentId",
    "wp:post_name": "slug",
    "wp:status": "status",
}
# The time in UTC, and the time of the site without a zone for items that lack the first.
DATES = {
    "date": ("wp:post_date_gmt", "wp:post_date"),
    "modified": ("wp:post_modified_gmt", "wp:post_modified"),
}
# Post meta with a field of its own.
META_FIELDS = {"_wp_attachment_image_alt": "alt", "_wp_attached_file": "file"}
TYPE = "wp:post_type"
READ = {*FIELDS, *(element for pair in DATES.values() for element in pair), TYPE, "category"}
AUTHOR = ("wp:author_login", "wp:author_display_name")
# Depths of elements: rss > channel > item > title, and … > item > wp:postmeta > wp:meta_key.
ITEM, FIELD, META = 3, 4, 5

# Limits for exports that are made up: names that are remembered beyond one item.
MOST_NAMES = 10_000
# The memory that an empty text takes.
TEXT_BYTES = 64

_wordpress = re.compile(r"https?://wordpress\.org/export/[\d.]+/(excerpt/)?").fullmatch
_prefixes = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
}
_utc_time = re.compile(r"(\d{4}-(?!00)\d\d-\d\d) (\d\d:\d\d:\d\d)").fullmatch


@lru_cache(maxsize=256)
def name_of(tag: str) -> str:
    """Return the name of an element with the usual prefix of its namespace, whatever the file's."""
    namespace, _, name = tag.rpartition(" ")
    if not namespace:
        return name
    if found := _wordpress(namespace):
        return f"{'excerpt' if found[1] else 'wp'}:{name}"
    return f"{_prefixes.get(namespace, '?:')}{name}"


class Item:
    """An item while it is read."""

    def __init__(self, line: int, *, is_too_large: bool = False) -> None:
        """Start an item on a line, or go on with one whose first texts were discarded."""
        self.line = line
        self.is_too_large = is_too_large
        self.texts: dict[str, str] = {}
        self.terms: dict[str, list[str]] = {}
        self.meta: dict[str, list[str]] = {}
        self.meta_key: str | None = None

    def put(self, name: str, text: str, domain: str) -> None:
        """Add the text of an element; `domain` is the taxonomy of a category."""
        if name == "category":
            self.terms.setdefault(domain, []).append(text)
        elif name == "wp:meta_key":
            self.meta_key = text
        elif name != "wp:meta_value":
            self.texts.setdefault(name, text)
        elif self.meta_key is not None:
            self.meta.setdefault(self.meta_key, []).append(text)
            self.meta_key = None

    def record(self, authors: dict[str, str]) -> Record:
        """Return the record of an attachment."""
        if self.is_too_large:
            return unreadable_record(self.line, TOO_LARGE)
        texts = self.texts
        fields: dict[str, Any] = {
            field: texts[element] for element, field in FIELDS.items() if texts.get(element)
        }
        if fields.get("parentId") == "0":
            del fields["parentId"]
        for field, (utc, local) in DATES.items():
            if date := _date(texts.get(utc, ""), "Z") or _date(texts.get(local, ""), ""):
                fields[field] = date
        if name := authors.get(fields.get("author", "")):
            fields["authorName"] = name
        for key, field in META_FIELDS.items():
            if text := next(filter(None, self.meta.pop(key, ())), None):
                fields[field] = text
        meta = {key: value for key, found in self.meta.items() if (value := _one(found))}
        raw = compact_json({**fields, "terms": self.terms, "meta": meta})
        if len(raw) > MAX_RECORD_BYTES:
            return unreadable_record(self.line, TOO_LARGE)
        return Record(self.line, raw)


def _one(texts: list[str]) -> str | list[str]:
    """Return the only text, or all of them if the key is repeated."""
    return texts if len(texts) > 1 else texts[0]


def _date(text: str, zone: str) -> str | None:
    """Return a time as ISO 8601, any other text unchanged; `None` for an unset one."""
    if found := _utc_time(text):
        return f"{found[1]}T{found[2]}{zone}"
    return None if not text or text.startswith("0000-00-00") else text


class Items(XmlEvents):
    """Reads an export; `ready` has the attachments that are complete."""

    def __init__(self) -> None:
        """Start before the document."""
        super().__init__()
        self.ready: deque[Record] = deque()
        self.is_wordpress = False
        self.attachment_count = 0
        self.type_counts: Counter[str] = Counter()
        self.last_line = 0
        self._authors: dict[str, str] = {}
        self._author: dict[str, str] = {}
        self._domains: set[str] = set()
        self._meta_keys: set[str] = set()
        self._item: Item | None = None
        self._is_in_meta = False
        self._domain = ""
        self._size = 0
        # Parts of the text of an element at a depth; `None` outside of the elements that are read.
        self._parts: list[str] | None = None
        self._open_depth = 0

    def columns(self) -> Columns:
        """Return the fields that a record may have, with all terms and post meta of the file."""
        names = [*FIELDS.values(), *DATES, *META_FIELDS.values(), "authorName"]
        columns: Columns = {name: index for index, name in enumerate(names)}
        for name, keys in (("terms", self._domains), ("meta", self._meta_keys)):
            columns[name] = {key: index for index, key in enumerate(sorted(keys))}
        return columns

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Receive the start of an element."""
        depth, name = self.depth, name_of(tag)
        if depth == 1:
            _check_root(name, self.line)
        elif depth == ITEM:
            self._author = {}
            self._item = Item(self.line) if name == "item" else None
        elif depth == FIELD:
            self._is_in_meta = name == "wp:postmeta"
            if name in (READ if self._item else AUTHOR):
                self._open()
                self._domain = attributes.get("domain", "category")
        elif depth == META and self._is_in_meta and name in ("wp:meta_key", "wp:meta_value"):
            self._open()
        self.is_wordpress = self.is_wordpress or name.startswith("wp:")

    def text(self, data: str) -> None:
        """Receive a part of a text."""
        if self._parts is None:
            return
        self._grow(len(data))
        self._parts.append(data)

    def end(self, tag: str) -> None:
        """Receive the end of an element."""
        if self._parts is not None and self.depth == self._open_depth:
            self._put(name_of(tag), "".join(self._parts).strip())
            self._parts = None
        if self.depth == ITEM:
            self._finish()

    def _open(self) -> None:
        """Collect the text of the current element, including that of elements in it."""
        self._parts = []
        self._open_depth = self.depth
        self._grow(TEXT_BYTES)

    def _grow(self, size: int) -> None:
        """Discard the texts of an item that become too large, so that memory stays bounded."""
        self._size += size
        if self._size > MAX_RECORD_BYTES:
            self._size = 0
            self._parts = []
            self._author = {}
            if self._item is not None:
                self._item = Item(self._item.line, is_too_large=True)

    def _put(self, name: str, text: str) -> None:
        if self._item is not None:
            self._item.put(name, text, self._domain)
        else:
            self._author[name] = text

    def _finish(self) -> None:
        if self._item is not None:
            self._finish_item(self._item)
        elif all(self._author.get(name) for name in AUTHOR) and len(self._authors) < MOST_NAMES:
            login, name = (self._author[name] for name in AUTHOR)
            self._authors[login] = name
        self._item = None
        self._size = 0

    def _finish_item(self, item: Item) -> None:
        self.last_line = item.line
        kind = item.texts.get(TYPE, "")
        if kind in self.type_counts or len(self.type_counts) < MOST_NAMES:
            self.type_counts[kind] += 1
        if kind != "attachment":
            return
        self.attachment_count += 1
        if len(self._domains) + len(self._meta_keys) < MOST_NAMES:
            self._domains.update(item.terms)
            self._meta_keys.update(item.meta.keys() - META_FIELDS.keys())
        self.ready.append(item.record(self._authors))


def _check_root(name: str, line: int) -> None:
    if name != "rss":
        shown = shorten(name.removeprefix("?:"))
        text = f"this is XML with the root element `{shown}`, not an export of WordPress"
        hint = "convert it to .csv, .xlsx or .jsonl; an export of WordPress is RSS"
        raise XmlProblem(text, line, hint=hint)
