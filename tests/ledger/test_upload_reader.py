"""The queries for the files of items: their rows, filters and counts."""

from __future__ import annotations

import pytest

from ld_import.ledger.target_filter import TargetFilter
from ld_import.ledger.upload_reader import UploadReader
from ld_import.model import Target
from tests.ledger.story import with_files
from tests.makers import SYSTEM

TARGET = Target("https://server.example", "", "media-library")


@pytest.fixture
def reader(tmp_path):
    """Return a reader of a ledger with a stored, a failed and a begun file."""
    with_files(tmp_path, TARGET)
    with UploadReader(tmp_path / "ledger.sqlite3") as opened:
        yield opened


def test_row(reader):
    """A row shows the source, and what is stored."""
    row = next(reader.uploads())

    run = row.pop("run")
    assert run.startswith("run-")
    assert row == {
        "server": "https://server.example",
        "project": "",
        "kind": "media-library",
        "systemName": SYSTEM,
        "externalId": "v1",
        "state": "stored",
        "reason": None,
        "source": "1.jpg",
        "storage": "media",
        "key": "town/1.jpg",
        "version": 1,
        "size": 1234,
        "sha256": bytes(range(32)).hex(),
        "etag": "e",
        "mimeType": "image/jpeg",
        "width": 4,
        "height": 3,
        "duration": None,
        "attempts": 1,
        "updatedAt": "2026-11-21T01:00:00Z",
    }


def test_nothing_stored(reader):
    """Without stored content the columns about it are NULL; the reason says why."""
    _, failed, begun = reader.uploads()

    assert (failed["state"], failed["reason"], begun["state"]) == (
        "failed",
        "=1+1: it is a web page",
        "started",
    )
    assert {row[name] for row in (failed, begun) for name in ("storage", "key", "sha256")} == {None}


def test_filters(reader):
    """States, target and limit restrict the rows and the counts alike."""
    other = TargetFilter(kind="videos")

    assert [row["externalId"] for row in reader.uploads(states=["failed", "started"])] == [
        "v2",
        "v3",
    ]
    assert [row["externalId"] for row in reader.uploads(limit=1)] == ["v1"]
    assert list(reader.uploads(of=other)) == []
    assert reader.upload_counts() == {"failed": 1, "started": 1, "stored": 1}
    assert reader.upload_counts(states=["stored"]) == {"stored": 1}
    assert reader.upload_counts(of=other) == {}


def test_items_with_their_files(reader):
    """An item has its file as one value; without a file it has none."""
    items = reader.with_uploads(reader.items())

    assert [item["externalId"] for item in items] == ["v1", "v4", "v2"]
    assert items[0]["upload"]["key"] == "town/1.jpg"
    assert "externalId" not in items[0]["upload"]
    assert "upload" not in items[1]
    assert items[2]["upload"]["reason"] == "=1+1: it is a web page"


def test_file_of_an_item_is_found_by_an_index(reader):
    """A ledger with a million files answers at once."""
    from ld_import.ledger.upload_reader import UPLOAD_OF

    plan = [row["detail"] for row in reader._rows(f"EXPLAIN QUERY PLAN {UPLOAD_OF}", *"abcde")]

    assert all(step.startswith("SEARCH") for step in plan)
