"""The SQLite file of an export: its views agree with the other formats."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import orjson
import pytest

from ld_import.errors import UsageError
from ld_import.exports.columns import COLUMNS
from ld_import.exports.database import write_database
from ld_import.exports.documents import document_of
from tests.exports.rows import image_row, video_row

ROWS = (
    image_row(externalId="p1"),
    image_row(externalId="p2", key=None),
    image_row(externalId="p3", width=None),
    image_row(externalId="p4", kind="media-library"),
    image_row(externalId="p5", kind="files"),
    image_row(externalId="p6", mimeType="video/mp4"),
    image_row(externalId="p7", state="failed", reason="gone"),
    image_row(externalId="p8", state="skipped"),
    image_row(externalId="p9", mediaId=None),
    image_row(externalId=None, state="invalid", mediaId=None, originalUrl=None),
    video_row(externalId="v1"),
    video_row(externalId="v2", duration=None),
    video_row(externalId="v3", kind="media-library", duration=0.0),
)


@pytest.fixture
def db(tmp_path):
    """Return a database with the rows."""
    path = tmp_path / "items.sqlite3"
    path.touch()
    write_database(path, iter(ROWS), {"program": "test"})
    with closing(sqlite3.connect(path)) as opened:
        yield opened


def test_every_row_and_column(db):
    """The table has the columns of an export and their values."""
    found = db.execute(f"SELECT {', '.join(COLUMNS)} FROM items ORDER BY rowid").fetchall()

    assert [dict(zip(COLUMNS, row, strict=True)) for row in found] == [dict(row) for row in ROWS]
    assert db.execute("SELECT value FROM about").fetchall() == [("test",)]


def test_documents_view(db):
    """The view has the same objects as `--as documents`, for the same items."""
    expected = [document_of(row) for row in ROWS]
    shown = db.execute("SELECT * FROM documents").fetchall()

    found = [
        {
            "systemName": system,
            "externalId": external,
            "legacyUrl": url,
            directive: orjson.loads(text),
        }
        for system, external, url, directive, text in shown
    ]
    complete = [document for document in expected if isinstance(document, dict)]
    assert sorted(found, key=str) == sorted(complete, key=str)
    assert len(complete) == 6


def test_other_views(db):
    """Redirects are those of imported items, and problems are the others."""
    redirects = db.execute("SELECT externalId FROM redirects").fetchall()
    problems = db.execute("SELECT externalId, state, reason FROM problems").fetchall()
    counts = db.execute("SELECT sum(items) FROM counts").fetchall()

    assert {"p7", "p9", None}.isdisjoint({name for (name,) in redirects})
    assert problems == [("p7", "failed", "gone"), (None, "invalid", None)]
    assert counts == [(len(ROWS),)]


def test_full_disk(tmp_path):
    """A database that cannot be written is a sentence with advice."""
    with pytest.raises(UsageError, match="the database cannot be written"):
        write_database(tmp_path / "nowhere" / "items.sqlite3", ROWS, {})
