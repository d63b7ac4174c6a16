"""The items that the server has according to the ledger, and the content it should hold."""

from __future__ import annotations

from contextlib import closing

import pytest

from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import SqliteLedger
from ld_import.model import Content, HeldItem, State, Target
from tests.ledger.story import at, next_run, outcomes, send
from tests.makers import TARGET, make_item, make_key

SENT = hashes_from(make_item(1).body)


@pytest.fixture
def ledger(tmp_path):
    """Return the ledger of a run."""
    with closing(next_run(tmp_path)) as opened:
        yield opened


def settle(ledger, number, seconds=0, *, state=State.SUCCESS, fields=None, **changes):
    """Send and settle one item."""
    batch_id = send(ledger, number, now=at(seconds), **(fields or {}))
    (outcome,) = outcomes(number, state=state)
    outcome = outcome._replace(**{"media_id": f"m{number}", **changes})
    ledger.record_settled(batch_id, [outcome], job_state="success", now=at(seconds))


def names(items):
    """Return the externalIds of items."""
    return [item.key.external_id for item in items]


def test_success_holds_what_was_sent(ledger):
    """After a success the server should hold the content that was sent."""
    settle(ledger, 1)

    (item,) = ledger.held_after(0, 10)

    assert (item.key, item.media_id, item.field_hashes) == (make_key(1), "m1", SENT)
    assert not item.keeps_other


@pytest.mark.parametrize(
    ("content", "keeps_other"),
    [(Content.SAME, False), (Content.OTHER, True), (Content.UNKNOWN, True)],
)
def test_skipped_item_may_keep_other_content(ledger, content, keeps_other):
    """The import found an entry: equal content is held, other content is known to differ."""
    settle(ledger, 1, state=State.SKIPPED, content=content)

    (item,) = ledger.held_after(0, 10)

    assert (item.field_hashes, item.keeps_other) == (SENT, keeps_other)


def test_failed_change_leaves_the_content_before(ledger):
    """A change that failed left the earlier content; one without a result leaves it unknown."""
    settle(ledger, 1)
    settle(ledger, 1, 1, state=State.FAILED, fields={"metadata": {"title": "B"}}, media_id=None)
    (failed,) = ledger.held_after(0, 10)
    send(ledger, 1, now=at(2), metadata={"title": "C"})
    (pending,) = ledger.held_after(0, 10)

    assert (failed.media_id, failed.field_hashes) == ("m1", SENT)
    assert (pending.state, pending.field_hashes) == (State.PENDING, b"")


def test_only_items_with_an_entry_count(ledger):
    """An item that never arrived is not one that the server should have."""
    settle(ledger, 1)
    settle(ledger, 2, state=State.FAILED, media_id=None)

    assert (ledger.held_count(), ledger.not_held_count()) == (1, 1)
    assert names(ledger.held_after(0, 10)) == ["v1"]


def test_parts_follow_each_other(ledger):
    """Parts have all items exactly once, in the order of their rows, also by chosen rows."""
    for number in range(1, 8):
        settle(ledger, number)
    rows, found = list(ledger.held_rows()), list[HeldItem]()
    while part := ledger.held_after(found[-1].row if found else 0, 3):
        found += part

    assert names(found) == [f"v{number}" for number in range(1, 8)]
    assert [item.row for item in found] == rows
    assert ledger.held_in(rows[2:4]) == found[2:4]
    assert ledger.held_after(0, 10, "other-system") == []


def test_newest_successes(ledger):
    """The successes of the last batches come first; other states and targets do not count."""
    for number in range(1, 5):
        settle(ledger, number, number)
    settle(ledger, 5, 5, state=State.SKIPPED)
    settle(ledger, 1, 6)

    assert names(ledger.newest_held(3)) == ["v1", "v4", "v3"]
    other = Target("https://other.example", "", TARGET.kind)
    with closing(SqliteLedger(ledger.path, other, read_only=True)) as elsewhere:
        assert elsewhere.newest_held(3) == []
        assert elsewhere.held_count() == 0
