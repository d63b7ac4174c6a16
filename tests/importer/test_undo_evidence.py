"""Evidence for an undo: each condition alone prevents that an entry is archived."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ld_import.importer import undo_evidence
from ld_import.importer.undo_evidence import Refusal, before_reading, of_entry
from ld_import.kinds.field_hashes import hashes_from
from ld_import.model import CreatedItem, ItemKey, State
from tests.clock import START

BODY = b'{"id":"v1","url":"https://a.example/1","fileName":"1","metadata":{"title":"One"}}'


def after(seconds):
    """Return a time after the start."""
    return START + timedelta(seconds=seconds)


def item(**changes):
    """Return an item that a run sent at 0 s, with a result at 20 s; the run ended at 30 s."""
    values = {
        "row": 1,
        "key": ItemKey("archive", "v1"),
        "state": State.SUCCESS,
        "media_id": "m1",
        "field_hashes": hashes_from(BODY),
        "is_existing": False,
        "first_sent_at": after(0),
        "own_sent_at": after(0),
        "next_sent_at": None,
        "settled_at": after(20),
        "ended_at": after(30),
        "missing_attempts": 0,
        "last_run": "run",
        "last_activity": "import",
    }
    return CreatedItem(**{**values, **changes})


def entry(created=10, updated=10, **changes):
    """Return the entry of the item, with times in seconds after the start."""
    return {
        "id": "m1",
        "version": 1,
        "systemName": "archive",
        "externalId": "v1",
        "metadata": {"title": "One"},
        "createdAt": after(created).isoformat(),
        "updatedAt": after(updated).isoformat(),
        **changes,
    }


def test_proof():
    """All conditions together are the proof."""
    assert before_reading(item(), "run") is None
    assert of_entry(item(), entry(), 0.0) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"last_run": "later", "state": State.FAILED}, undo_evidence.LATER_RUN),
        ({"last_run": "later", "is_existing": True}, undo_evidence.LATER_RUN),
        ({"state": State.SKIPPED}, undo_evidence.EXISTED),
        ({"is_existing": True}, undo_evidence.EXISTED),
        ({"state": State.LOST}, undo_evidence.UNKNOWN_RESULT),
        ({"state": State.PENDING}, undo_evidence.UNKNOWN_RESULT),
        ({"state": State.SUBMITTED}, undo_evidence.UNKNOWN_RESULT),
        ({"missing_attempts": 1}, undo_evidence.PRUNED),
        ({"is_existing": None}, undo_evidence.NO_EVIDENCE),
        ({"media_id": None}, undo_evidence.NO_EVIDENCE),
        ({"settled_at": None}, undo_evidence.NO_EVIDENCE),
    ],
)
def test_ledger(changes, reason):
    """The ledger alone can exclude an item."""
    verdict = before_reading(item(**changes), "run")

    assert isinstance(verdict, Refusal)
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("changes", "shown", "reason"),
    [
        ({}, entry(externalId="v2"), undo_evidence.OTHER_PAIR),
        ({}, entry(systemName="other"), undo_evidence.OTHER_PAIR),
        ({}, entry(version=None), undo_evidence.NO_VERSION),
        ({}, entry(version=True), undo_evidence.NO_VERSION),
        ({}, entry(createdAt=None), undo_evidence.NO_VERSION),
        ({}, entry(-2, -2), undo_evidence.OLDER),
        ({"first_sent_at": after(-9)}, entry(-2, -2), undo_evidence.EARLIER_RUN),
        ({"next_sent_at": after(12)}, entry(13, 13), undo_evidence.LATER_RUN),
        ({"next_sent_at": after(12)}, entry(10, 13), undo_evidence.LATER_RUN),
        ({"next_sent_at": after(12)}, entry(5, 8), undo_evidence.CHANGED),
        ({}, entry(24, 24), undo_evidence.YOUNGER),
        ({}, entry(10, 24), undo_evidence.CHANGED),
        ({}, entry(10, 18, metadata={"title": "One", "credit": "Me"}), undo_evidence.CHANGED),
        ({"ended_at": None}, entry(10, 18), undo_evidence.CHANGED),
        ({"settled_at": after(40)}, entry(10, 18), undo_evidence.CHANGED),
        ({}, entry(metadata={"title": "Two"}), undo_evidence.CHANGED),
        ({"field_hashes": b""}, entry(), undo_evidence.CHANGED),
    ],
)
def test_entry(changes, shown, reason):
    """The entry can exclude an item by its pair, its times, its version or its content."""
    verdict = of_entry(item(**changes), shown, 0.0)

    assert verdict is not None
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, entry(10, 18)),
        ({}, entry(10, 18, metadata={"title": "One"})),
        ({"first_sent_at": after(-9)}, entry(0, 0)),
        ({"next_sent_at": after(12), "last_run": "later"}, entry(10, 10)),
        ({}, entry(metadata={"title": "One", "exif": {"iso": 100}})),
    ],
)
def test_entry_of_the_run(changes, shown):
    """A server may write an entry twice while it imports, and add metadata of its own."""
    assert of_entry(item(**changes), shown, 0.0) is None


def test_clock_of_the_server():
    """Times of entries are compared by the clock of the server."""
    shown = entry(3610, 3610)

    assert of_entry(item(), shown, 3600.0) is None
    assert of_entry(item(), shown, 0.0) is not None
    assert of_entry(item(), entry(), 3600.0) is not None
