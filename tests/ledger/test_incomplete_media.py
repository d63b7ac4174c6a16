"""Items that lack facts: SQL and Python agree about what is missing."""

from __future__ import annotations

from contextlib import closing
from itertools import product

import pytest

from ld_import.ledger.incomplete_media import MediaNeed
from ld_import.model import MediaFacts, State
from tests.clock import START
from tests.ledger.story import next_run, outcomes, send

FULL = MediaFacts("https://cdn.example/1", "image/png", 1, 1, 1.0, 1, "1")
NEEDS = (
    MediaNeed(),
    MediaNeed(facts=("original_url",)),
    MediaNeed(facts=("original_url", "mime_type", "width", "height", "duration")),
)


@pytest.fixture
def ledger(tmp_path):
    """Return the ledger of a run."""
    with closing(next_run(tmp_path)) as opened:
        yield opened


def test_missing_facts(ledger):
    """An item is found if, and only if, a fact is missing that its type of file has."""
    batch_id = send(ledger, 1)
    (outcome,) = outcomes(1, state=State.SUCCESS)
    types = ("image/png", "video/mp4", "application/pdf", None)
    for name, mime_type in product([None, *MediaFacts._fields], types):
        facts = FULL._replace(mime_type=mime_type)
        facts = facts if name is None else facts._replace(**{name: None})
        # An outcome without facts removes those of the case before.
        for returned in (None, facts):
            ended = [outcome._replace(facts=returned)]
            ledger.record_settled(batch_id, ended, job_state="success", now=START)
        for need in NEEDS:
            found = ledger.incomplete_after(0, need, limit=10)
            assert bool(found) is bool(need.missing_in(facts)), (name, mime_type, need)
            assert ledger.count_incomplete(need) == len(found)
            assert [item.facts for item in found] in ([], [facts])


def test_order_and_limit(ledger):
    """Items come in the order of their rows, after a row, up to a limit."""
    batch_id = send(ledger, 1, 2, 3)
    ledger.record_settled(
        batch_id, outcomes(1, 2, 3, state=State.SUCCESS), job_state="success", now=START
    )

    rows = [item.row for item in ledger.incomplete_after(0, MediaNeed(), limit=2)]

    assert rows == sorted(rows)
    assert [item.row for item in ledger.incomplete_after(rows[-1], MediaNeed(), limit=2)] == [
        rows[-1] + 1
    ]


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED])
def test_items_without_a_medium(ledger, state):
    """Items that were not imported are not asked for."""
    batch_id = send(ledger, 1)
    ledger.record_settled(batch_id, outcomes(1, state=state), job_state="success", now=START)

    assert ledger.count_incomplete(MediaNeed()) == 0
