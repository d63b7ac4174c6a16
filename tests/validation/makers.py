"""Items and subjects to check, made by the kinds themselves."""

from __future__ import annotations

from datetime import datetime

import orjson

from ld_import.kinds import KINDS
from ld_import.model import Entry, Item
from ld_import.validation.inspector import Inspector
from ld_import.validation.subject import Subject

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
ASSET = {
    "key": "a/1.mp4",
    "url": "https://media.example.com/a/1.mp4",
    "size": 1,
    "width": 1,
    "height": 1,
    "duration": 1,
    "filename": "1.mp4",
    "mimeType": "video/mp4",
}


def make_item(kind="videos", *, line=1, external_id=None, **fields):
    """Return a valid item; fields that are not given have usual values."""
    external_id = external_id or f"{kind}-{line}x"
    if kind == "media-library":
        usual = {"mediaType": "video", "asset": ASSET, "metadata": {}}
    else:
        ending = {"images": "jpg", "files": "pdf"}.get(kind, "mp4")
        usual = {
            "url": f"https://media.example.com/{line}.{ending}",
            "fileName": f"Title {line}",
            "mediaType": kind[:-1],
            "metadata": {},
        }
    item = KINDS[kind].item_from(Entry(line, external_id, {**usual, **fields}), "town", b"")
    assert isinstance(item, Item), item
    return item


def make_subject(kind="videos", **fields):
    """Return the subject of a valid item."""
    item = make_item(kind, **fields)
    return Subject(item, orjson.loads(item.body), kind)


def inspected(items, kind="videos", **options):
    """Return all findings about these items."""
    inspector = Inspector(kind, now=NOW, **options)
    try:
        found = [finding for item in items for finding in inspector.inspect(item)]
        return [*found, *inspector.finish()]
    finally:
        inspector.close()


def rules(items, kind="videos", **options):
    """Return line, rule and field of each finding."""
    found = inspected(items, kind, **options)
    return [(finding.line, finding.rule, finding.field) for finding in found]
