"""Outcomes of items that were all created: the ledger stores them like any other outcomes."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from ld_import.created import CreatedOutcomes, FactColumns
from ld_import.ledger import batch_writer
from ld_import.ledger.sql import INSERT_ITEMS
from ld_import.model import MediaFacts, Outcome, State
from tests.clock import START
from tests.ledger.story import next_run
from tests.makers import make_item

SECRET = "https://cdn.example/1.mp4?token=abcdefgh"
VALUES: dict[str, list[Any]] = {
    "original_url": [None, "https://cdn.example/1.mp4", "https://cdn.example/\ud800", SECRET],
    "mime_type": [None, "video/mp4", "video/webm"],
    "width": [None, 640],
    "height": [None, 360],
    "duration": [None, 12.5],
    "size": [None, 99],
    "key": [None, "1.mp4", "\udfff"],
}


@pytest.fixture
def ledgers(tmp_path):
    """Return the ledgers of two runs."""
    folders = [tmp_path / name for name in ("columns", "objects")]
    for folder in folders:
        folder.mkdir()
    with closing(next_run(folders[0])) as first, closing(next_run(folders[1])) as second:
        yield first, second


def rows(ledger):
    with closing(sqlite3.connect(ledger.path)) as db:
        return [
            db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("item", "earlier_attempt", "media", "mime_type", "batch")
        ]


def begin(ledger, numbers):
    items = [make_item(number) for number in numbers]
    batch_id = ledger.record_pending(items, [b""] * len(items), request_digest=b"", now=START)
    return batch_id, [item.key for item in items]


def settle(ledger, batch_id, created: CreatedOutcomes, *, as_objects: bool):
    outcomes = list(created) if as_objects else created
    ledger.record_settled(batch_id, outcomes, job_state="success", now=START)


def any_created(keys, rng) -> CreatedOutcomes:
    """Return outcomes of some of which, or none, the answer names facts."""
    named = [name for name in VALUES if rng.random() < 0.4]
    facts = [
        [rng.choice(VALUES[name]) if name in named else None for _ in keys]
        for name in MediaFacts._fields
    ]
    media_ids = [f"m{key.external_id}" for key in keys]
    return CreatedOutcomes(keys, media_ids, facts if named else ())


def test_columns_are_stored_like_objects(ledgers):
    """Generated batches, with new, known and open items: the tables are the same."""
    rng = random.Random(20261126)
    for _ in range(120):
        numbers = rng.sample(range(1, 200), rng.randrange(1, 45))
        numbers = sorted(numbers) if rng.random() < 0.5 else numbers
        if rng.random() < 0.5:
            start = rng.randrange(200, 5000)
            numbers = list(range(start, start + rng.randrange(1, 60)))
        seed = rng.random()
        for ledger in ledgers:
            batch_id, keys = begin(ledger, numbers)
            created = any_created(keys, random.Random(seed))
            settle(ledger, batch_id, created, as_objects=ledger is ledgers[1])
    columns, objects = map(rows, ledgers)

    assert len(columns[2]) > 500
    assert columns == objects


def test_items_that_were_sent_again_meanwhile(ledgers):
    """A late result of an earlier batch belongs to its attempt, not to the item."""
    for ledger in ledgers:
        first, keys = begin(ledger, [1, 2, 3])
        second, again = begin(ledger, [2])
        as_objects = ledger is ledgers[1]
        settle(ledger, second, CreatedOutcomes(again, ["m2"], ()), as_objects=as_objects)
        facts: FactColumns = ([f"https://cdn.example/{key}" for key in keys], *[[None] * 3] * 6)
        settle(ledger, first, CreatedOutcomes(keys, ["a", "b", "c"], facts), as_objects=as_objects)
    columns, objects = map(rows, ledgers)

    assert columns == objects
    assert [ledgers[0].find([key])[key].media_id for key in keys] == ["a", "m2", "c"]


@pytest.mark.parametrize("order", ["", "ORDER BY column2", "ORDER BY column2 DESC"])
def test_each_item_has_its_own_media_id(tmp_path, monkeypatch, order):
    """The order in which SQLite writes the rows of a batch does not matter."""

    def statement_for(count: int) -> str:
        return INSERT_ITEMS(count).replace("WHERE true", f"WHERE true {order}")

    monkeypatch.setattr(batch_writer, "INSERT_ITEMS", statement_for)
    with closing(next_run(tmp_path)) as ledger:
        batch_id, keys = begin(ledger, range(1, 51))
        media_ids = [f"m-{key.external_id}" for key in keys]
        settle(ledger, batch_id, CreatedOutcomes(keys, media_ids, ()), as_objects=False)

        known = ledger.find(keys)
    assert [known[key].media_id for key in keys] == media_ids


def test_outcomes_as_objects():
    """The outcomes of columns are the usual objects, also at a position."""
    keys = [make_item(number).key for number in (1, 2)]
    created = CreatedOutcomes(keys, ["a", "b"], ())

    assert list(created) == [
        Outcome(key, State.SUCCESS, media_id=media_id)
        for key, media_id in zip(keys, ["a", "b"], strict=True)
    ]
    assert created[1].media_id == "b"
    assert len(created[:1]) == 1
