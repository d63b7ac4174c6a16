"""`ledger uploads`, and the files of items in `ledger items` and `ledger show`."""

from __future__ import annotations

import csv
from io import StringIO

import jsonschema_rs
import pytest

from ld_import.cli.commands.ledger.uploads import UPLOAD_COLUMNS, UPLOAD_STATES
from ld_import.cli.schemas import schema_of
from ld_import.model import Target, UploadState
from tests.ledger.story import STORED, with_files
from tests.makers import make_ledger

LIBRARY = Target("https://server.example", "", "media-library")


@pytest.fixture
def uploaded(place, monkeypatch):
    """Return a place with a ledger that has files in each state, and one import of videos."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    folder = place.ledger_path.parent
    folder.mkdir()
    with_files(folder, LIBRARY)
    make_ledger(folder, Target("https://server.example", "", "videos")).close()
    return place


def test_table(uploaded):
    """The table has one row for each file of the media library; the counts go to stderr."""
    ended = uploaded.run("ledger", "uploads")
    head, *rows = ended.lines

    assert tuple(head) == UPLOAD_COLUMNS
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["externalId"], one["state"], one["key"]) for one in told] == [
        ("v1", "stored", "town/1.jpg"),
        ("v2", "failed", ""),
        ("v3", "started", ""),
    ]
    assert told[0]["sha256"] == STORED.sha256.hex()
    assert told[1]["reason"] == "=1+1: it is a web page"
    assert ended.err.splitlines() == [
        "media-library on https://server.example",
        "1 failed, 1 started, 1 stored",
    ]


def test_json(uploaded):
    """The rows in JSON keep to their schema."""
    ended = uploaded.run("ledger", "uploads", "--json", "--state", "stored", "--state", "started")
    validator = jsonschema_rs.validator_for(schema_of("upload"), validate_formats=True)

    assert [row["externalId"] for row in ended.document] == ["v1", "v3"]
    assert all(validator.is_valid(row) for row in ended.document)


def test_csv(uploaded):
    """The CSV has all rows, and no cell acts as a formula."""
    ended = uploaded.run("ledger", "uploads", "--csv")
    head, *rows = csv.reader(StringIO(ended.out))

    assert tuple(head) == UPLOAD_COLUMNS
    assert len(rows) == 3
    assert dict(zip(head, rows[1], strict=True))["reason"] == "'=1+1: it is a web page"


def test_limit(uploaded):
    """A limited table says how many rows are missing."""
    ended = uploaded.run("ledger", "uploads", "--limit", "1")

    assert len(ended.lines) == 2
    assert ended.err.endswith("\n2 more; --limit 0 shows all\n")
    assert len(uploaded.run("ledger", "uploads", "--csv", "--limit", "1").lines) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--json", "--csv"), "--json and --csv cannot be combined"),
        (("--state", "success"), "unknown state 'success'"),
        (("--kind", "images"), "has no import of images"),
    ],
)
def test_wrong_usage(uploaded, arguments, told):
    """Each is a usage error."""
    ended = uploaded.run("ledger", "uploads", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_states_are_those_of_the_model():
    """The command knows each state of an upload."""
    assert tuple(state.value for state in UploadState) == UPLOAD_STATES


def test_items_tell_the_state_of_their_file(uploaded):
    """`ledger items` has a column for it, and the whole row in JSON."""
    items = ("ledger", "items", "--kind", "media-library")
    head, *rows = uploaded.run(*items).lines
    at = head.index("upload")
    document = uploaded.run(*items, "--json").document
    validator = jsonschema_rs.validator_for(schema_of("item"), validate_formats=True)

    assert [row[at] for row in rows] == ["stored", "", "failed"]
    assert [row.get("upload", {}).get("source") for row in document] == ["1.jpg", None, "2.jpg"]
    assert all(validator.is_valid(row) for row in document)


def test_show_tells_the_file(uploaded):
    """`ledger show` lists what is stored, besides the item."""
    show = ("ledger", "show", "v1", "--kind", "media-library")
    (shown,) = uploaded.run(*show, "--json").document
    lines = uploaded.run(*show).out.splitlines()

    assert (shown["upload"]["storage"], shown["upload"]["size"]) == ("media", 1234)
    assert "upload.key        town/1.jpg" in lines
    assert "upload.duration   " in lines
