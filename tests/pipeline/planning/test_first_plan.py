"""Decisions of a first import without a ledger: those of the planner with an empty ledger."""

from __future__ import annotations

import random
from contextlib import closing

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.kinds import KINDS
from ld_import.ledger import SeenKeys
from ld_import.manifest import Mapping
from ld_import.model import Item, Record, Send
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.first_plan import first_plan
from ld_import.pipeline.planning.items import ItemReader
from tests.harness.records import broken, video
from tests.makers import SYSTEM, make_ledger, make_planner

LARGEST = 400
MAPPING = Mapping(
    external_id="{{ id }}",
    fields={
        "url": "{{ url }}",
        "fileName": "{{ fileName }}",
        "metadata": {"title": "{{ metadata.title }}"},
    },
)


def planned(records, mapping=None):
    """Return the decisions without a ledger."""
    reader = ItemReader(
        mapping or Mapping(external_id=None, fields=None),
        KINDS["videos"],
        SYSTEM,
        keeps_fields=True,
    )
    with closing(SeenKeys()) as seen:
        yield from first_plan(records, reader, seen, LARGEST)


def random_records(rng, count):
    """Return records: valid, broken, too large, without JSON, repeated, or with another's id."""
    made = []
    for line in range(1, count + 1):
        fields = rng.choice(
            [
                video(rng.randrange(20)),
                video(rng.randrange(20), fileName="other"),
                video(line, fileName="x" * LARGEST),
                broken(line),
                None,
            ]
        )
        made.append(Record(line, b"[" if fields is None else orjson.dumps(fields)))
    return made


@pytest.mark.parametrize("mapping", [None, MAPPING])
@pytest.mark.parametrize("seed", range(5))
def test_same_decisions_as_an_empty_ledger(tmp_path, seed, mapping):
    """Each record is decided about as by the planner, in the same order."""
    records = random_records(random.Random(seed), 300)
    ledger = make_ledger(tmp_path)
    planner = make_planner(ledger, mapping=mapping, rules=Rules(largest_item_bytes=LARGEST))
    with closing(ledger):
        expected = [
            decision.item._replace(record_digest=b"") if isinstance(decision, Send) else decision
            for chunk in planner.chunks(records)
            for decision in chunk.decisions
        ]

    decisions = list(planned(records, mapping))

    assert len(decisions) == len(records)
    assert [
        decision._replace(fields=None) if isinstance(decision, Item) else decision
        for decision in decisions
    ] == expected
    assert {type(decision).__name__ for decision in decisions} == {"Item", "Leave", "Invalid"}
    for decision in decisions:
        if isinstance(decision, Item):
            assert decision.fields == orjson.loads(decision.body)


def test_records_before_an_unreadable_part_are_decided_about():
    """A file that breaks off ends the plan after the records that were read."""

    def broken_off():
        yield Record(1, orjson.dumps(video(1)))
        raise ManifestError("the file ends")

    decisions = planned(broken_off())

    assert isinstance(next(decisions), Item)
    with pytest.raises(ManifestError):
        next(decisions)
