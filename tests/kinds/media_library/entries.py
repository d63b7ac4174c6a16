"""Entries, items and answers of the media library, with valid default fields."""

from __future__ import annotations

from ld_import.kinds.media_library import MEDIA_LIBRARY, MediaLibraryKind
from ld_import.model import Entry, Item

LIBRARY = MEDIA_LIBRARY
RANDOM = MediaLibraryKind(has_random_ids=True)
FILE = {
    "key": "2022/a.pdf",
    "url": "https://b.example/a.pdf",
    "size": 3028,
    "filename": "a.pdf",
    "mimeType": "application/pdf",
}
IMAGE = {**FILE, "url": "https://b.example/a.jpg", "width": 640, "height": 427}
VIDEO = {**IMAGE, "url": "https://b.example/a.mp4", "duration": 35.2}
ASSETS = {"image": IMAGE, "video": VIDEO, "file": FILE}


def make_fields(media_type="image", **fields):
    """Return the fields of a valid entry."""
    basic = {"externalId": "x1", "mediaType": media_type, "asset": ASSETS[media_type]}
    return {**basic, **fields}


def make_item(external_id="x1", system_name="archive", kind=LIBRARY, **fields):
    """Return a checked item."""
    entry = Entry(1, external_id, make_fields(externalId=external_id, **fields))
    item = kind.item_from(entry, system_name, b"digest")
    assert isinstance(item, Item), item
    return item


def created(media_id, **record):
    """Return the result of an entry that was created."""
    return {"ok": True, "status": 200, "id": media_id, "record": record}


def refused(correlation, status=400, error="ValidationError", **details):
    """Return the result of an entry that was refused."""
    return {
        "ok": False,
        "correlation": correlation,
        "status": status,
        "error": error,
        "error_details": details,
    }


def read(items, *listed, key="results"):
    """Return the results of an answer."""
    job = LIBRARY.submitted_from({key: list(listed)}, items)
    assert job is not None
    assert job.results is not None
    return job.results


def media_ids(items, *listed):
    """Return externalId and mediaId of each result."""
    return [(result.external_id, result.media_id) for result in read(items, *listed)]
